import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createAzure } from '../../adapters/azure/azure.ts';
import type { AzureOperation } from '../../engine/azure-operations.ts';
import type { AzureServer, Reply } from './azure-server.ts';
import { accepted, startAzureServer } from './azure-server.ts';

const SUBSCRIPTION = '/subscriptions/6f1c1b5e-0000-4000-8000-00000000a001';
const VM = `${SUBSCRIPTION}/resourceGroups/rg-shop-weu/providers/Microsoft.Compute/virtualMachines/web-01`;
const VAULT = `${SUBSCRIPTION}/resourceGroups/rg-dr-weu/providers/Microsoft.RecoveryServices/vaults/rsv-dr-weu`;
const ITEM = `${VAULT}/replicationFabrics/fabric-a/replicationProtectionContainers/container-a/replicationProtectedItems/item1`;
const NETWORK = `${SUBSCRIPTION}/resourceGroups/rg-dr-test/providers/Microsoft.Network/virtualNetworks/vnet-drill`;
const POINT = `${ITEM}/recoveryPoints/0f0f0f0f-0000-4000-8000-000000000001`;
const BACKUP_NAMES = ['IaasVMContainer;iaasvmcontainerv2;rg-shop-weu;web-01', 'VM;iaasvmcontainerv2;rg-shop-weu;web-01'] as const;
const BACKUP_PATH = (names: readonly string[]) =>
  `${VAULT}/backupFabrics/Azure/protectionContainers/${names[0]}/protectedItems/${names[1]}`;
const PLAN = `${VAULT}/replicationRecoveryPlans/rp-shop`;
const POINT_WORDS = { pointType: 'LatestProcessed', multiVmSync: true } as const;
const REQUEST_ID = '11111111-2222-5333-8444-555555555555';

interface Row {
  readonly operation: AzureOperation;
  readonly method: string;
  readonly path: string;
  readonly version: string;
  readonly body: unknown;
}

const ROWS: readonly Row[] = [
  { operation: { kind: 'vm.start', vmId: VM }, method: 'POST', path: `${VM}/start`, version: '2026-04-01', body: undefined },
  { operation: { kind: 'vm.deallocate', vmId: VM }, method: 'POST', path: `${VM}/deallocate`, version: '2026-04-01', body: undefined },
  {
    operation: {
      kind: 'runCommand.put',
      vmId: VM,
      name: 'rw-key-1',
      location: 'westeurope',
      script: 'echo hi',
      parameters: { DB_HOST: 'db-01' },
      protectedParameters: { PASSWORD: 'secret-value' },
      timeoutMs: 90_500,
    },
    method: 'PUT',
    path: `${VM}/runCommands/rw-key-1`,
    version: '2026-04-01',
    body: {
      location: 'westeurope',
      properties: {
        source: { script: 'echo hi' },
        parameters: [{ name: 'DB_HOST', value: 'db-01' }],
        protectedParameters: [{ name: 'PASSWORD', value: 'secret-value' }],
        timeoutInSeconds: 91,
        asyncExecution: true,
        treatFailureAsDeploymentFailure: false,
      },
    },
  },
  {
    operation: { kind: 'runCommand.delete', vmId: VM, name: 'rw-key-1' },
    method: 'DELETE',
    path: `${VM}/runCommands/rw-key-1`,
    version: '2026-04-01',
    body: undefined,
  },
  {
    operation: { kind: 'backup.trigger', itemId: BACKUP_PATH(BACKUP_NAMES), expiresAtMs: Date.UTC(2026, 1, 4, 10, 4, 17) },
    method: 'POST',
    path: `${BACKUP_PATH(BACKUP_NAMES.map(encodeURIComponent))}/backup`,
    version: '2023-06-01',
    body: { properties: { objectType: 'IaasVMBackupRequest', recoveryPointExpiryTimeInUTC: '2026-02-04T10:04:17.000Z' } },
  },
  {
    operation: { kind: 'sr.testFailover', itemId: ITEM, networkId: NETWORK, recoveryPointId: POINT },
    method: 'POST',
    path: `${ITEM}/testFailover`,
    version: '2023-06-01',
    body: {
      properties: {
        failoverDirection: 'PrimaryToRecovery',
        networkType: 'VmNetworkAsInput',
        networkId: NETWORK,
        providerSpecificDetails: { instanceType: 'A2A', recoveryPointId: POINT },
      },
    },
  },
  {
    operation: { kind: 'sr.testFailover', itemId: ITEM, networkId: NETWORK },
    method: 'POST',
    path: `${ITEM}/testFailover`,
    version: '2023-06-01',
    body: {
      properties: {
        failoverDirection: 'PrimaryToRecovery',
        networkType: 'VmNetworkAsInput',
        networkId: NETWORK,
        providerSpecificDetails: { instanceType: 'A2A' },
      },
    },
  },
  {
    operation: { kind: 'sr.testFailoverCleanup', itemId: ITEM, comments: 'drill over' },
    method: 'POST',
    path: `${ITEM}/testFailoverCleanup`,
    version: '2023-06-01',
    body: { properties: { comments: 'drill over' } },
  },
  {
    operation: { kind: 'sr.plan.testFailover', planId: PLAN, direction: 'PrimaryToRecovery', networkId: NETWORK, ...POINT_WORDS },
    method: 'POST',
    path: `${PLAN}/testFailover`,
    version: '2023-06-01',
    body: {
      properties: {
        failoverDirection: 'PrimaryToRecovery',
        networkType: 'VmNetworkAsInput',
        networkId: NETWORK,
        providerSpecificDetails: [
          { instanceType: 'A2A', recoveryPointType: 'LatestProcessed', multiVmSyncPointOption: 'UseMultiVmSyncRecoveryPoint' },
        ],
      },
    },
  },
  {
    operation: { kind: 'sr.plan.testFailoverCleanup', planId: PLAN, comments: 'drill over' },
    method: 'POST',
    path: `${PLAN}/testFailoverCleanup`,
    version: '2023-06-01',
    body: { properties: { comments: 'drill over' } },
  },
  {
    operation: {
      kind: 'sr.plan.failover',
      planId: PLAN,
      direction: 'RecoveryToPrimary',
      shutdownPrimary: true,
      pointType: 'Latest',
      multiVmSync: false,
    },
    method: 'POST',
    path: `${PLAN}/unplannedFailover`,
    version: '2023-06-01',
    body: {
      properties: {
        failoverDirection: 'RecoveryToPrimary',
        sourceSiteOperations: 'Required',
        providerSpecificDetails: [{ instanceType: 'A2A', recoveryPointType: 'Latest', multiVmSyncPointOption: 'UsePerVmRecoveryPoint' }],
      },
    },
  },
  {
    operation: { kind: 'sr.plan.commit', planId: PLAN },
    method: 'POST',
    path: `${PLAN}/failoverCommit`,
    version: '2023-06-01',
    body: undefined,
  },
  {
    operation: {
      kind: 'sr.switchProtection',
      itemId: ITEM,
      containerId: '/containers/a',
      policyId: '/policies/p',
      resourceGroupId: '/groups/weu',
      disks: [{ diskId: '/disks/os', stagingAccountId: '/accounts/cache', replicaType: 'Premium_LRS', targetType: undefined }],
    },
    method: 'POST',
    path: `${ITEM.slice(0, ITEM.indexOf('/replicationProtectedItems'))}/switchprotection`,
    version: '2023-06-01',
    body: {
      properties: {
        replicationProtectedItemName: 'item1',
        providerSpecificDetails: {
          instanceType: 'A2A',
          recoveryContainerId: '/containers/a',
          policyId: '/policies/p',
          recoveryResourceGroupId: '/groups/weu',
          vmManagedDisks: [
            {
              diskId: '/disks/os',
              primaryStagingAzureStorageAccountId: '/accounts/cache',
              recoveryResourceGroupId: '/groups/weu',
              recoveryReplicaDiskAccountType: 'Premium_LRS',
            },
          ],
        },
      },
    },
  },
];

const rowsByName = ROWS.map((row, index) => [`${row.operation.kind} #${index}`, row] as const);
const signal = new AbortController().signal;

let server: AzureServer;
beforeAll(async () => {
  server = await startAzureServer();
});
afterAll(() => server.close());

describe.each(rowsByName)('%s', (_name, row) => {
  const submit = (reply: (index: number) => Reply, requestTimeoutMs?: number) => {
    server.answer((_request, index) => reply(index));
    const azure = server.connect(requestTimeoutMs === undefined ? {} : { requestTimeoutMs });
    return azure.submit(row.operation, REQUEST_ID, signal);
  };

  test('sends one request of the documented shape', async () => {
    const opUrl = `${server.origin}/operations/1?t=2026-01-05T09%3a00%3a00`;
    const answer = await submit(() => accepted({ 'azure-asyncoperation': opUrl, location: opUrl }));
    expect(answer).toMatchObject({ kind: 'accepted', handle: { opUrl }, retryAfterMs: 30_000 });
    expect(server.seen).toHaveLength(1);
    const [request] = server.seen;
    expect(request?.method).toBe(row.method);
    expect(request?.path).toBe(row.path);
    expect([...(request?.query ?? [])]).toEqual([['api-version', row.version]]);
    expect(request?.body ? JSON.parse(request.body) : undefined).toEqual(row.body);
    expect(request?.headers['x-ms-client-request-id']).toBe(REQUEST_ID);
    expect(request?.headers['user-agent']).toMatch(/^runward\/0\.0\.0-test /);
  });

  const lost: readonly (readonly [string, Reply])[] = [
    ['500', { status: 500, body: { error: { code: 'InternalServerError', message: 'try later' } } }],
    ['503', { status: 503, headers: { 'retry-after': '0' } }],
    ['502 page', { status: 502, body: '<html>bad gateway</html>' }],
    ['202 page', { status: 202, body: '<html>signed in?</html>' }],
    ['408', { status: 408 }],
    ['reset', 'reset'],
    ['307', { status: 307, headers: { location: '/elsewhere' } }],
  ];
  test.each(lost)('asks once and claims nothing after %s', async (_case, reply) => {
    expect(await submit(() => reply)).toMatchObject({ kind: 'ambiguous' });
    expect(server.seen).toHaveLength(1);
  });

  test('asks once and claims nothing when no answer comes in time', async () => {
    expect(await submit(() => 'silence', 400)).toMatchObject({ kind: 'ambiguous' });
    expect(server.seen).toHaveLength(1);
  });

  test('asks once when throttled and keeps the time to wait', async () => {
    const answer = await submit(() => ({ status: 429, headers: { 'retry-after': '17' }, body: { error: { code: 'TooManyRequests' } } }));
    expect(answer).toMatchObject({ kind: 'throttled', retryAfterMs: 17_000 });
    expect(server.seen).toHaveLength(1);
  });

  test('repeats only a request that was refused with a claims challenge', async () => {
    const claims = Buffer.from('{"access_token":{"nbf":{"essential":true}}}').toString('base64');
    const challenge = `Bearer error="insufficient_claims", claims="${claims}"`;
    const answer = await submit((index) =>
      index === 0 ? { status: 401, headers: { 'www-authenticate': challenge } } : accepted({ location: `${server.origin}/operations/2` }),
    );
    expect(answer).toMatchObject({ kind: 'accepted' });
    expect(server.seen).toHaveLength(2);
  });
});

const refusals: readonly (readonly [number, string, string])[] = [
  [403, 'AuthorizationFailed', 'denied'],
  [404, 'ResourceNotFound', 'missing'],
  [409, 'ScopeLocked', 'locked'],
  [409, 'AnotherOperationInProgress', 'conflict'],
  [412, 'PreconditionFailed', 'exists'],
  [400, 'BadRequest', 'invalid'],
];
test.each(refusals)('HTTP %i %s is refused: %s', async (status, code, reason) => {
  server.answer(() => ({ status, body: { error: { code, message: 'no' } } }));
  const answer = await server.connect().submit({ kind: 'vm.start', vmId: VM }, REQUEST_ID, signal);
  expect(answer).toMatchObject({ kind: 'refused', reason, code });
  expect(server.seen).toHaveLength(1);
});

test('reads flat error bodies of Site Recovery, whose code the SDK loses', async () => {
  server.answer(() => ({ status: 400, body: { code: '28031', message: 'Virtual machine could not be created.' } }));
  const answer = await server.connect().submit({ kind: 'sr.testFailover', itemId: ITEM, networkId: NETWORK }, REQUEST_ID, signal);
  expect(answer).toMatchObject({ kind: 'refused', code: '28031', message: 'Virtual machine could not be created.' });
});

test('takes the job of Site Recovery from the request id that comes twice', async () => {
  const job = `${VAULT}/replicationJobs/aaaaaaaa-0000-4000-8000-000000000001`;
  server.answer(() => accepted({ 'x-ms-request-id': [job, job], 'azure-asyncoperation': `${server.origin}/op` }));
  const answer = await server.connect().submit({ kind: 'sr.testFailover', itemId: ITEM, networkId: NETWORK }, REQUEST_ID, signal);
  expect(answer).toMatchObject({ kind: 'accepted', handle: { jobId: job }, receipt: { requestId: job } });
});

test('takes the job of Site Recovery from the operation URL when the header is missing', async () => {
  server.answer(() =>
    accepted({ 'azure-asyncoperation': `${server.origin}${VAULT}/replicationOperationStatus/aaaa-1?api-version=2022-08-01` }),
  );
  const answer = await server.connect().submit({ kind: 'sr.testFailover', itemId: ITEM, networkId: NETWORK }, REQUEST_ID, signal);
  expect(answer).toMatchObject({ kind: 'accepted', handle: { jobId: `${VAULT}/replicationJobs/aaaa-1` } });
});

describe('nothing was sent', () => {
  test.each([
    ['connection refused', 'https://localhost:1'],
    ['unknown host', 'https://nowhere.invalid'],
  ])('%s', async (_case, endpoint) => {
    server.answer(() => ({ status: 500 }));
    const answer = await server.connect({ endpoint }).submit({ kind: 'vm.start', vmId: VM }, REQUEST_ID, signal);
    expect(answer).toMatchObject({ kind: 'not_sent' });
    expect(server.seen).toHaveLength(0);
  });

  test('an authority that is not trusted', async () => {
    server.answer(() => ({ status: 500 }));
    // The certificate names localhost and 127.0.0.1, not this alias of loopback.
    const endpoint = server.origin.replace('localhost', '127.0.0.2');
    const answer = await server.connect({ endpoint }).submit({ kind: 'vm.start', vmId: VM }, REQUEST_ID, signal);
    expect(answer).toMatchObject({ kind: 'not_sent' });
    expect(server.seen).toHaveLength(0);
  });

  test('an authority file that cannot be read', async () => {
    const azure = createAzure({
      armEndpoint: server.origin,
      authorityHost: server.origin,
      caFile: '/nowhere/ca.pem',
      credential: { kind: 'client-secret', tenantId: 't', clientId: 'c', clientSecret: 's' },
      version: '0.0.0-test',
    });
    expect(await azure.submit({ kind: 'vm.start', vmId: VM }, REQUEST_ID, signal)).toMatchObject({ kind: 'not_sent' });
    expect(await azure.read({ kind: 'vm.get', vmId: VM }, signal)).toMatchObject({ kind: 'unanswered' });
  });

  test('an id that is not that of a machine', async () => {
    server.answer(() => ({ status: 500 }));
    const answer = await server.connect().submit({ kind: 'vm.start', vmId: ITEM }, REQUEST_ID, signal);
    expect(answer).toMatchObject({ kind: 'not_sent' });
    expect(server.seen).toHaveLength(0);
  });
});

test('a refused token is fetched anew once; refused again it is final', async () => {
  server.answer(() => ({ status: 401, body: { error: { code: 'ExpiredAuthenticationToken', message: 'expired' } } }));
  const azure = server.connect();
  const start = () => azure.submit({ kind: 'vm.start', vmId: VM }, REQUEST_ID, signal);
  expect(await start()).toMatchObject({ kind: 'not_sent' });
  expect(await start()).toMatchObject({ kind: 'refused', reason: 'denied' });
  expect(server.seen).toHaveLength(2);
  expect(server.tokensIssued).toBe(2);
});

test('tokens never travel in plain text', () => {
  expect(() => server.connect({ endpoint: 'http://localhost:1' })).toThrow('must be an https URL');
});
