import { expect, it } from 'vitest';
import { configKeys, parseConfig } from '../../../engine/config.ts';

const refusal = (env: Readonly<Record<string, string>>, file?: string): string => {
  try {
    parseConfig(env, file);
  } catch (error) {
    return (error as Error).message;
  }
  return 'accepted';
};

it('a variable wins over the file, the file over the default', () => {
  const file = 'port: 7081\nleaseMs: 20000\nazure: { timeScale: 60 }\n';
  const config = parseConfig({ RUNWARD_PORT: '7082', RUNWARD_AZURE_ARM_ENDPOINT: 'https://127.0.0.1:7443' }, file);
  expect([config.port, config.leaseMs, config.host]).toEqual([7082, 20_000, '127.0.0.1']);
  expect(config.azure).toMatchObject({
    armEndpoint: 'https://127.0.0.1:7443',
    timeScale: 60,
    authorityHost: 'https://login.microsoftonline.com',
  });
});

it('numbers, switches and lists are read from text', () => {
  const config = parseConfig({
    RUNWARD_ALLOW_LOCAL_SCRIPTS: 'true',
    RUNWARD_HTTP_ALLOW_HOSTS: '10.0.0.0/8, shop:8080',
    RUNWARD_LEASE_MS: '5000',
  });
  expect([config.allowLocalScripts, config.httpAllowHosts, config.leaseMs]).toEqual([true, ['10.0.0.0/8', 'shop:8080'], 5000]);
});

it('every wrong setting is named at once', () => {
  const message = refusal({ RUNWARD_PORT: 'many', RUNWARD_COLOUR: 'red' }, 'leaseMs: 1\nazure: { region: west }\nfoo: 1\n');
  for (const name of ['port', 'RUNWARD_COLOUR', 'leaseMs', 'azure.region', 'foo']) expect(message).toContain(name);
});

it('what is not there yet is refused by name', () => {
  expect(refusal({ RUNWARD_AUTH: 'oidc' })).toContain('oidc (sign-in with Entra ID) is not in this release');
});

it('a file that is no map of settings is refused, an empty one is fine', () => {
  expect(refusal({}, '- a\n')).toContain('settings by name');
  expect(refusal({}, 'a: [\n')).toContain('not YAML');
  expect(refusal({}, 'a: &x 1\nb: *x\n')).not.toBe('accepted');
  expect(refusal({}, '\n')).toBe('accepted');
});

it('variables of the command line and of scripts are left alone', () => {
  expect(refusal({ RUNWARD_SERVER: 'https://x', RUNWARD_TOKEN: 't', RUNWARD_RUN_ID: 'r', HOME: '/root' })).toBe('accepted');
});

it('every setting has a variable of its own and says what it is', () => {
  const keys = configKeys();
  expect(new Set(keys.map((key) => key.env)).size).toBe(keys.length);
  for (const key of keys) expect([key.key, key.description.length > 10]).toEqual([key.key, true]);
  expect(keys).toContainEqual({
    key: 'azure.caFile',
    env: 'RUNWARD_AZURE_CA_FILE',
    description: expect.stringContaining('certificate authority'),
  });
});

it.each([
  [{}, 'public', 'https://management.azure.com', 'https://login.microsoftonline.com'],
  [{ RUNWARD_AZURE_CLOUD: 'usgov' }, 'usgov', 'https://management.usgovcloudapi.net', 'https://login.microsoftonline.us'],
  [{ RUNWARD_AZURE_CLOUD: 'china' }, 'china', 'https://management.chinacloudapi.cn', 'https://login.chinacloudapi.cn'],
  [{ RUNWARD_AZURE_ARM_ENDPOINT: 'https://arm.local' }, 'custom', 'https://arm.local', 'https://login.microsoftonline.com'],
])('a cloud brings its addresses: %j', (env, cloud, armEndpoint, authorityHost) => {
  expect(parseConfig(env).azure).toMatchObject({ cloud, armEndpoint, authorityHost });
});

it.each([
  ['cloud: custom', 'azure.armEndpoint: is needed by azure.cloud custom'],
  ['cloud: usgov\n  armEndpoint: https://arm.local', 'azure.armEndpoint: has no meaning with azure.cloud usgov'],
  ['tenantId: t\n  clientId: c', 'azure.tenantId: has no meaning with azure.credential managed-identity'],
  ['credential: client-secret\n  tenantId: t', 'azure.clientSecretFile: is needed by azure.credential client-secret'],
  ['credential: workload-identity\n  tenantId: t\n  clientId: c', 'azure.federatedTokenFile: is needed'],
  [
    'credential: workload-identity\n  clientSecretFile: /s',
    'azure.clientSecretFile: has no meaning with azure.credential workload-identity',
  ],
  ['credential: cli\n  clientId: c', 'azure.clientId: has no meaning with azure.credential cli'],
  ['credential: default-chain', 'azure.credential'],
  ['proxy: http://user:secret-word@proxy:3128', 'azure.proxy: must hold no user and no password'],
  ['extraHosts: ["https://x/"]', 'must be a host or host:port'],
])('half of an identity or of a cloud is refused: %s', (azure, sentence) => {
  const message = refusal({}, `azure:\n  ${azure}\n`);
  expect(message).toContain(sentence);
  expect(message).not.toContain('secret-word');
});
