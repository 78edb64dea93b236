import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { ManagedIdentityCredential, WorkloadIdentityCredential } from '@azure/identity';
import { sdkClients } from '../support/azure-sdk.ts';
import { readyAs } from '../support/principals.ts';
import { shopDrill } from '../support/shop-drill.ts';
import { startSimulator } from '../support/simulator.ts';
import { azureOf } from './azure-drive.ts';
import type { SdkClients } from '../support/azure-sdk.ts';
import type { RunningSimulator } from '../support/simulator.ts';

let simulator: RunningSimulator;
beforeAll(async () => {
  // Not faster than Azure: tokens live for an hour, and an hour of the estate is cheap then.
  simulator = await startSimulator(['--clock', 'manual', '--start', new Date().toISOString()]);
});
afterAll(async () => simulator.stop());

const SCOPE = 'https://management.azure.com/.default';
const as = (principal: Parameters<typeof readyAs>[1]): SdkClients => sdkClients(readyAs(simulator.ready, principal));
const group = (name: string): string => `/subscriptions/${simulator.ready.subscriptionId}/resourceGroups/${name}`;
const claimsOf = (token: string): Readonly<Record<string, unknown>> =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')) as Readonly<Record<string, unknown>>;

test('a reader reads, and is told which right he lacks for anything else', async () => {
  const { compute } = as('reader');
  expect((await compute.virtualMachines.get('rg-shop-weu', 'web-01')).name).toBe('web-01');
  await expect(compute.virtualMachines.start('rg-shop-weu', 'web-01').submitted()).rejects.toMatchObject({
    statusCode: 403,
    code: 'AuthorizationFailed',
    message: expect.stringMatching(
      /^The client '7f0e0000-0000-4000-8000-0000000000c4' with object id '[0-9a-f-]{36}' does not have authorization to perform action 'Microsoft.Compute\/virtualMachines\/start\/action' over scope '\/subscriptions\/[0-9a-f-]{36}\/resourceGroups\/rg-shop-weu\/providers\/Microsoft.Compute\/virtualMachines\/web-01' or the scope is invalid\. If access was recently granted, please refresh your credentials\.$/,
    ),
  });
  expect((await simulator.ledger()).at(-1)).toMatchObject({ effect: 'refused', status: 403, principal: 'reader' });
});

test('who has no role sees nothing: reads are refused, lists of everything are empty', async () => {
  const { compute, raw } = as('nobody');
  await expect(compute.virtualMachines.get('rg-shop-weu', 'web-01')).rejects.toMatchObject({ statusCode: 403 });
  await expect(compute.virtualMachines.listAll().next()).rejects.toMatchObject({ statusCode: 403 });
  const listed = await raw('GET', `/subscriptions/${simulator.ready.subscriptionId}/resources?api-version=2025-04-01`);
  expect([listed.status, JSON.parse(listed.text)]).toEqual([200, { value: [] }]);
  const groups = await raw('GET', `/subscriptions/${simulator.ready.subscriptionId}/resourceGroups?api-version=2025-04-01`);
  expect(JSON.parse(groups.text)).toEqual({ value: [] });
});

test('a right holds where it was given and below, not beside it', async () => {
  const { compute } = as('runward-recovery');
  const machine = { location: 'westeurope' };
  await expect(compute.virtualMachines.get('rg-shop-weu', 'web-01')).rejects.toMatchObject({ code: 'AuthorizationFailed' });
  await expect(compute.virtualMachines.get('rg-shop-neu', 'nobody')).rejects.toMatchObject({ statusCode: 404 });
  await expect(compute.virtualMachines.createOrUpdate('rg-shop-neu', 'new', machine).submitted()).rejects.toMatchObject({
    statusCode: 403,
  });
});

test('the built-in operator fails a machine over, reads the job, and may not read the operation', async () => {
  const operator = as('site-recovery-operator');
  const drill = shopDrill(operator, simulator);
  const body = {
    properties: {
      failoverDirection: 'PrimaryToRecovery',
      sourceSiteOperations: 'NotRequired',
      providerSpecificDetails: { instanceType: 'A2A' },
    },
  };
  const sent = await operator.raw('POST', `${drill.itemPath('batch-01')}/unplannedFailover?api-version=2023-06-01`, { body });
  expect(sent.status).toBe(202);
  for (const header of ['azure-asyncoperation', 'location'] as const) {
    const polled = await operator.raw('GET', String(sent.headers[header]));
    expect([polled.status, JSON.parse(polled.text)]).toMatchObject([403, { error: { code: 'AuthorizationFailed' } }]);
    expect((await as('runward-recovery').raw('GET', String(sent.headers[header]))).status).toBeLessThan(300);
  }
  const job = String(sent.headers['x-ms-request-id']).split(', ')[0] ?? '';
  expect((await operator.raw('GET', `${job}?api-version=2023-06-01`)).status).toBe(200);
});

test('the built-in operator changes points and stops jobs, and neither begins nor ends a protection', async () => {
  const operator = as('site-recovery-operator');
  const { itemPath, vaultPath } = shopDrill(operator, simulator);
  const status = async (method: string, path: string, properties?: object): Promise<number> =>
    (await operator.raw(method, `${path}?api-version=2023-06-01`, properties === undefined ? {} : { body: { properties } })).status;
  const item = itemPath('web-02');
  expect(await status('POST', `${item}/applyRecoveryPoint`, { providerSpecificDetails: { instanceType: 'A2A' } })).toBe(400);
  for (const verb of ['cancel', 'restart']) expect(await status('POST', `${vaultPath}/replicationJobs/nobody/${verb}`)).toBe(404);
  for (const verb of ['remove', 'failoverCancel']) expect(await status('POST', `${item}/${verb}`, {})).toBe(403);
  expect(await status('DELETE', item)).toBe(403);
  expect(await status('PUT', item, {})).toBe(403);
});

test('joining a network needs a right at the network', async () => {
  const operator = as('site-recovery-operator');
  const refused = await shopDrill(operator, simulator).test('web-01');
  expect([refused.status, JSON.parse(refused.text)]).toMatchObject([
    403,
    {
      error: {
        code: 'LinkedAuthorizationFailed',
        message: expect.stringContaining(
          "does not have permission to perform action(s) 'Microsoft.Network/virtualNetworks/subnets/join/action'",
        ),
      },
    },
  ]);
  expect(await shopDrill(as('owner'), simulator).allowed('web-01')).toContain('TestFailover');
});

test('permissions are told per scope, and agree with what is allowed there', async () => {
  const at = async (principal: Parameters<typeof readyAs>[1], scope: string): Promise<readonly string[]> => {
    const answer = await as(principal).raw('GET', `${scope}/providers/Microsoft.Authorization/permissions?api-version=2022-04-01`);
    if (answer.status !== 200) return [String(answer.status)];
    return (JSON.parse(answer.text) as { readonly value: readonly { readonly actions: readonly string[] }[] }).value.flatMap(
      ({ actions }) => actions,
    );
  };
  expect(await at('owner', group('rg-dr-weu'))).toEqual(['*']);
  expect(await at('reader', `${group('rg-shop-weu')}/providers/Microsoft.Compute/virtualMachines/web-01`)).toEqual(['*/read']);
  const vault = `${group('rg-dr-weu')}/providers/Microsoft.RecoveryServices/vaults/rsv-dr-weu`;
  expect(await at('site-recovery-operator', vault)).toContain('Microsoft.RecoveryServices/vaults/replicationJobs/*');
  expect(await at('site-recovery-operator', vault)).not.toContain('Microsoft.RecoveryServices/vaults/replicationOperationStatus/read');
  expect(await at('runward-recovery', vault)).toContain('Microsoft.RecoveryServices/vaults/replicationOperationStatus/read');
  expect(await at('site-recovery-operator', group('rg-shop-weu'))).toEqual(['403']);
});

test('a workload signs in with the token of its cluster, and nobody else with it', async () => {
  const { tenantId, clientId, authorityHost, caFile, federatedTokenFile = '' } = simulator.ready;
  const options = {
    tenantId,
    tokenFilePath: federatedTokenFile,
    authorityHost,
    disableInstanceDiscovery: true,
    tlsOptions: { ca: readFileSync(caFile, 'utf8') },
  };
  const token = await new WorkloadIdentityCredential({ ...options, clientId }).getToken(SCOPE);
  expect(claimsOf(token.token)).toMatchObject({ appid: clientId, tid: tenantId, aud: 'https://management.azure.com' });
  const other = new WorkloadIdentityCredential({
    ...options,
    clientId: readyAs(simulator.ready, 'owner').clientId,
    retryOptions: { maxRetries: 0 },
  });
  await expect(other.getToken(SCOPE)).rejects.toThrow('AADSTS700213');
});

test('a computer gets tokens of its own identity, or of one that was given to it', async () => {
  vi.stubEnv('AZURE_POD_IDENTITY_AUTHORITY_HOST', simulator.ready.endpoint);
  const options = { tlsOptions: { ca: readFileSync(simulator.ready.caFile, 'utf8') } };
  const own = await new ManagedIdentityCredential(options).getToken(SCOPE);
  expect(claimsOf(own.token)).toMatchObject({ appid: simulator.ready.clientId });
  const { clientId } = readyAs(simulator.ready, 'runward-recovery');
  const given = await new ManagedIdentityCredential({ ...options, clientId }).getToken(SCOPE);
  expect(claimsOf(given.token)).toMatchObject({ appid: clientId });
  vi.unstubAllEnvs();
  const bare = await as('owner').raw('GET', '/metadata/identity/oauth2/token?resource=https://management.azure.com&api-version=2018-02-01');
  expect([bare.status, JSON.parse(bare.text)]).toMatchObject([400, { error: 'invalid_request' }]);
});

test('a token of another issuer, tenant, audience or time is refused with a challenge, and the adapter fetches a new one', async () => {
  const azure = azureOf(simulator);
  const { raw } = as('owner');
  const vmId = `${group('rg-shop-weu')}/providers/Microsoft.Compute/virtualMachines/web-01`;
  const { signal } = new AbortController();
  expect(await azure.read({ kind: 'vm.get', vmId }, signal)).toMatchObject({ kind: 'found' });
  expect((await raw('GET', `${vmId}?api-version=2026-04-01`)).status).toBe(200);
  const federated = { headers: { authorization: `Bearer ${readFileSync(simulator.ready.federatedTokenFile ?? '', 'utf8')}` } };
  const foreign = await raw('GET', `${vmId}?api-version=2026-04-01`, federated);
  expect([foreign.status, JSON.parse(foreign.text)]).toMatchObject([401, { error: { code: 'InvalidAuthenticationTokenTenant' } }]);

  await simulator.control('clock', { method: 'POST', body: { advanceMs: 3_601_000 } });
  const late = await raw('GET', `${vmId}?api-version=2026-04-01`);
  expect([late.status, JSON.parse(late.text)]).toMatchObject([401, { error: { code: 'ExpiredAuthenticationToken' } }]);
  expect(late.headers['www-authenticate']).toContain('error="invalid_token"');
  expect(await azure.read({ kind: 'vm.get', vmId }, signal)).toMatchObject({ kind: 'unanswered' });
  expect(await azure.read({ kind: 'vm.get', vmId }, signal)).toMatchObject({ kind: 'found' });
});
