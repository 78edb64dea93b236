import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createAzure } from '../../adapters/azure/azure.ts';
import type { AzureConfig, AzureCredentialConfig } from '../../adapters/azure/config.ts';
import { azureConfigOf, refusePersonalIdentity } from '../../adapters/azure/configured.ts';
import { keptTokens } from '../../adapters/azure/tokens.ts';
import { parseConfig } from '../../engine/config.ts';
import { OBJECT, startSignIn, TENANT, tokenOf } from './sign-in-server.ts';
import type { SignInServer } from './sign-in-server.ts';

const SUBSCRIPTION = '6f1c1b5e-0000-4000-8000-00000000a001';
const VM = `/subscriptions/${SUBSCRIPTION}/resourceGroups/rg-shop-weu/providers/Microsoft.Compute/virtualMachines/web-01`;
const CLIENT = 'c0ffee00-0000-4000-8000-000000000001';
const REQUEST_ID = '11111111-2222-5333-8444-555555555555';
const SECRET: AzureCredentialConfig = { kind: 'client-secret', tenantId: TENANT, clientId: CLIENT, clientSecret: 'demo-only-secret' };
const signal = new AbortController().signal;

const CLOUD_HOSTS = {
  public: ['management.azure.com', 'login.microsoftonline.com'],
  usgov: ['management.usgovcloudapi.net', 'login.microsoftonline.us'],
  // The sign-in library knows login.chinacloudapi.cn as a second name of this host.
  china: ['management.chinacloudapi.cn', 'login.partner.microsoftonline.cn'],
} as const;

let server: SignInServer;
beforeAll(async () => {
  server = await startSignIn(Object.values(CLOUD_HOSTS).flat());
});
afterAll(() => server.close());

const environment = { ...process.env };
afterEach(() => {
  server.reset();
  process.env = { ...environment };
});

const connect = (credential: AzureCredentialConfig, settings: Partial<AzureConfig> = {}) =>
  createAzure({
    cloud: 'custom',
    armEndpoint: server.origin,
    authorityHost: server.origin,
    caFile: server.caFile,
    version: '0.0.0-test',
    credential,
    ...settings,
  });

const readVm = (azure: ReturnType<typeof createAzure>) => azure.read({ kind: 'vm.get', vmId: VM }, signal);
const startVm = (azure: ReturnType<typeof createAzure>) => azure.submit({ kind: 'vm.start', vmId: VM }, REQUEST_ID, signal);
const claimsOfArm = (): unknown => {
  const token = server.arm.at(-1)?.authorization.replace('Bearer ', '') ?? '..';
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
};

describe('each credential gets its token from where it says, and from nowhere else', () => {
  test('client-secret', async () => {
    await readVm(connect(SECRET));
    expect(server.tokens.map(({ path, form }) => [path, form['grant_type'], form['client_secret'], form['scope']])).toEqual([
      [
        `/${TENANT}/oauth2/v2.0/token`,
        'client_credentials',
        'demo-only-secret',
        expect.stringContaining('https://management.azure.com/.default'),
      ],
    ]);
    expect(claimsOfArm()).toMatchObject({ appid: CLIENT, oid: OBJECT });
  });

  test('workload-identity: the token of the pod is exchanged, and read again at the next exchange', async () => {
    const tokenFilePath = join(server.folder, 'federated-token');
    const azure = () => connect({ kind: 'workload-identity', tenantId: TENANT, clientId: CLIENT, tokenFilePath });
    for (const text of ['first.of.pod', 'second.of.pod']) {
      writeFileSync(tokenFilePath, text);
      await readVm(azure());
    }
    expect(server.tokens.map(({ form }) => [form['client_assertion_type'], form['client_assertion'], form['client_secret']])).toEqual([
      ['urn:ietf:params:oauth:client-assertion-type:jwt-bearer', 'first.of.pod', undefined],
      ['urn:ietf:params:oauth:client-assertion-type:jwt-bearer', 'second.of.pod', undefined],
    ]);
  });

  test.each([
    ['system-assigned', undefined],
    ['user-assigned', CLIENT],
  ])('managed-identity, %s', async (_name, clientId) => {
    process.env['IDENTITY_ENDPOINT'] = server.identityEndpoint;
    process.env['IDENTITY_HEADER'] = 'header-of-the-platform';
    await readVm(connect({ kind: 'managed-identity', ...(clientId === undefined ? {} : { clientId }) }));
    expect(server.tokens.map(({ form, headers }) => [form['resource'], form['client_id'], headers['x-identity-header']])).toEqual([
      ['https://management.azure.com', clientId, 'header-of-the-platform'],
    ]);
    expect(claimsOfArm()).toMatchObject({ appid: clientId ?? 'system' });
  });

  test('cli: the program az is asked, for the tenant that was named', async () => {
    const folder = join(server.folder, 'bin');
    mkdirSync(folder, { recursive: true });
    const token = { accessToken: tokenOf({ tid: TENANT, upn: 'ann@corp' }), expires_on: Math.floor(Date.now() / 1000) + 3600 };
    writeFileSync(join(folder, 'az'), `#!/bin/sh\necho "$@" >> ${folder}/asked\necho '${JSON.stringify(token)}'\n`);
    chmodSync(join(folder, 'az'), 0o755);
    process.env['PATH'] = `${folder}:${process.env['PATH'] ?? ''}`;
    await readVm(connect({ kind: 'cli', tenantId: TENANT }));
    expect(claimsOfArm()).toMatchObject({ upn: 'ann@corp' });
    expect(server.tokens).toEqual([]);
  });
});

describe('clouds', () => {
  test.each(['public', 'usgov', 'china'] as const)('%s: its resource manager, its sign-in, its audience', async (cloud) => {
    const azure = createAzure({ cloud, caFile: server.caFile, proxy: server.proxy, version: '0.0.0-test', credential: SECRET });
    expect((await readVm(azure)).kind).toBe('missing');
    const [arm, login] = CLOUD_HOSTS[cloud];
    expect([...new Set(server.tunnels)]).toEqual([`${login}:443`, `${arm}:443`]);
    expect(server.tokens.map(({ host, form }) => [host, form['scope']])).toEqual([
      [login, expect.stringContaining(`https://${arm}/.default`)],
    ]);
    expect(server.arm.map(({ host }) => host)).toEqual([arm]);
  });

  test('custom: its own addresses and, where it is said, its own audience', async () => {
    await readVm(connect(SECRET, { audience: 'https://management.local.azurestack.external' }));
    expect(server.tokens[0]?.form['scope']).toContain('https://management.local.azurestack.external/.default');
  });

  test('a host that the settings add gets the token, any other does not', async () => {
    const { port } = new URL(server.origin);
    const handle = { opUrl: `https://127.0.0.1:${port}/operations/1` };
    expect(await connect(SECRET).poll(handle, signal)).toMatchObject({ kind: 'unanswered' });
    expect(server.arm).toEqual([]);
    expect((await connect(SECRET, { extraHosts: [`127.0.0.1:${port}`] }).poll(handle, signal)).kind).not.toBe('unanswered');
    expect(server.arm).toHaveLength(1);
  });

  test('a certificate that nobody vouches for is refused before anything is sent', async () => {
    const azure = createAzure({ armEndpoint: server.origin, authorityHost: server.origin, version: '0.0.0-test', credential: SECRET });
    expect((await startVm(azure)).kind).toBe('not_sent');
    expect(server.arm).toEqual([]);
  });
});

describe('proxy', () => {
  test('the environment is never asked for one', async () => {
    Object.assign(process.env, { HTTPS_PROXY: 'http://127.0.0.1:9', HTTP_PROXY: 'http://127.0.0.1:9', ALL_PROXY: 'http://127.0.0.1:9' });
    expect((await readVm(connect(SECRET))).kind).toBe('missing');
    expect(server.tokens).toHaveLength(1);
  });

  test('reads and submits go through the one that is set', async () => {
    server.answer = () => ({ status: 200, headers: { date: new Date(0).toUTCString() } });
    const azure = connect(SECRET, { proxy: server.proxy });
    expect((await startVm(azure)).kind).toBe('completed');
    const { host } = new URL(server.origin);
    expect(server.tunnels).toEqual([host, host]);
  });

  test('one that refuses is named, and nothing was sent', async () => {
    const azure = connect(SECRET, { proxy: server.proxy });
    await readVm(azure);
    server.proxyStatus = 407;
    const answer = await startVm(azure);
    expect(answer).toMatchObject({ kind: 'not_sent', message: expect.stringContaining('made no connection to localhost') });
    expect(server.arm.map(({ method }) => method)).toEqual(['GET']);
  });
});

describe('tokens', () => {
  test('the read before a request brings the token that the request uses', async () => {
    server.answer = () => ({ status: 200 });
    const azure = connect(SECRET);
    await readVm(azure);
    server.fault = { status: 400, error: 'invalid_client', description: 'AADSTS7000222: expired' };
    expect((await startVm(azure)).kind).toBe('completed');
    expect(server.tokens).toHaveLength(1);
  });

  test.each([
    ['AADSTS7000222: The provided client secret keys are expired.', 'the client secret has expired', 'azure.clientSecretFile'],
    ['AADSTS7000215: Invalid client secret provided.', 'the client secret is wrong', 'not its id'],
    ['AADSTS700016: Application was not found.', 'does not know this client id', 'azure.tenantId'],
    ['AADSTS90002: Tenant not found.', 'does not exist in this cloud', 'azure.cloud'],
    ['something else', 'something else', 'check azure.tenantId, azure.clientId and azure.clientSecretFile'],
  ])('a sign-in that refuses with "%s" is "not sent" and says what to do', async (description, what, repair) => {
    server.fault = { status: 401, error: 'invalid_client', description };
    const answer = await startVm(connect(SECRET));
    expect(answer).toMatchObject({ kind: 'not_sent', message: expect.stringContaining(what) });
    expect(answer).toMatchObject({ message: expect.stringContaining(repair) });
    expect(JSON.stringify(answer)).not.toContain('demo-only-secret');
    expect(server.arm).toEqual([]);
  });

  test('a computer without az, and one without a managed identity, are "not sent" as well', async () => {
    process.env['PATH'] = '/nowhere';
    expect(await startVm(connect({ kind: 'cli' }))).toMatchObject({ kind: 'not_sent', message: expect.stringContaining('az login') });
    process.env['IDENTITY_ENDPOINT'] = server.identityEndpoint;
    server.fault = { status: 400, error: 'invalid_request', description: 'Identity not found' };
    process.env['IDENTITY_HEADER'] = 'x';
    const answer = await startVm(connect({ kind: 'managed-identity', clientId: 'a1b2c3d4-0000-4000-8000-000000000009' }));
    expect(answer).toMatchObject({ kind: 'not_sent', message: expect.stringContaining('check that an identity is assigned') });
  });

  test('one is kept until five minutes before its end; while the sign-in fails, the old one serves until its end', async () => {
    let nowMs = 0;
    let asked = 0;
    let fails = false;
    const inner = {
      getToken: async () => {
        asked += 1;
        if (fails) throw new Error('the sign-in is down');
        return { token: `token-${asked}`, expiresOnTimestamp: nowMs + 3_600_000 };
      },
    };
    const tokens = keptTokens(inner, SECRET, () => nowMs);
    const get = async () => (await tokens.getToken('scope'))?.token;
    expect(await Promise.all([get(), get()])).toEqual(['token-1', 'token-1']);
    nowMs = 3_299_000;
    expect(await get()).toBe('token-1');
    nowMs = 3_300_000;
    expect(await get()).toBe('token-2');
    fails = true;
    nowMs += 3_599_000;
    expect(await get()).toBe('token-2');
    nowMs += 1_000;
    await expect(get()).rejects.toMatchObject({ code: 'ARM_NO_TOKEN' });
  });
});

describe('settings', () => {
  const configOf = (env: Readonly<Record<string, string>>) => azureConfigOf(parseConfig(env), '0.0.0-test');

  test('a workload identity', async () => {
    const config = await configOf({
      RUNWARD_AZURE_CLOUD: 'usgov',
      RUNWARD_AZURE_CREDENTIAL: 'workload-identity',
      RUNWARD_AZURE_TENANT_ID: TENANT,
      RUNWARD_AZURE_CLIENT_ID: CLIENT,
      RUNWARD_AZURE_FEDERATED_TOKEN_FILE: '/var/run/token',
    });
    expect(config).toMatchObject({
      armEndpoint: 'https://management.usgovcloudapi.net',
      credential: { kind: 'workload-identity', tenantId: TENANT, clientId: CLIENT, tokenFilePath: '/var/run/token' },
    });
  });

  test('a managed identity is not silently replaced by the workload identity of the environment', async () => {
    Object.assign(process.env, { AZURE_TENANT_ID: TENANT, AZURE_CLIENT_ID: CLIENT, AZURE_FEDERATED_TOKEN_FILE: '/var/run/token' });
    await expect(configOf({})).rejects.toMatchObject({
      code: 'USAGE_CONFIG_INVALID',
      message: expect.stringContaining('workload-identity'),
    });
  });

  test('a worker in production does not act as the person who is signed in to the CLI; elsewhere it may', () => {
    const cli = { RUNWARD_AZURE_CREDENTIAL: 'cli' };
    expect(() => refusePersonalIdentity(parseConfig(cli))).toThrow(expect.objectContaining({ code: 'USAGE_CONFIG_INVALID' }));
    expect(() => refusePersonalIdentity(parseConfig({ ...cli, RUNWARD_ENVIRONMENT: 'sandbox' }))).not.toThrow();
    expect(() => refusePersonalIdentity(parseConfig({}))).not.toThrow();
  });
});
