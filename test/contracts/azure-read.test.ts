import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AzureServer, Reply } from './azure-server.ts';
import { startAzureServer } from './azure-server.ts';

const SUBSCRIPTION = '/subscriptions/6f1c1b5e-0000-4000-8000-00000000a001';
const GROUP = `${SUBSCRIPTION}/resourceGroups/rg-shop-weu`;
const VM = `${GROUP}/providers/Microsoft.Compute/virtualMachines/web-01`;
const NIC = `${GROUP}/providers/Microsoft.Network/networkInterfaces/web-01-nic`;
const VAULT = `${SUBSCRIPTION}/resourceGroups/rg-dr-weu/providers/Microsoft.RecoveryServices/vaults/rsv-dr-weu`;
const ITEM = `${VAULT}/replicationFabrics/fabric-a/replicationProtectionContainers/container-a/replicationProtectedItems/item1`;
const NETWORK = `${SUBSCRIPTION}/resourceGroups/rg-dr-test/providers/Microsoft.Network/virtualNetworks/vnet-drill`;
const signal = new AbortController().signal;

let server: AzureServer;
beforeAll(async () => {
  server = await startAzureServer();
});
afterAll(() => server.close());

function once(body: unknown): ReturnType<AzureServer['connect']> {
  server.answer(() => ({ status: 200, headers: { date: 'Mon, 05 Jan 2026 09:00:00 GMT' }, body }));
  return server.connect();
}

test('a machine with its instance view', async () => {
  const azure = once({
    id: VM,
    name: 'web-01',
    location: 'westeurope',
    zones: ['1'],
    tags: { tier: 'web' },
    properties: {
      vmId: 'd0d0d0d0-0000-4000-8000-000000000001',
      provisioningState: 'Succeeded',
      hardwareProfile: { vmSize: 'Standard_D2s_v5' },
      storageProfile: {
        osDisk: { osType: 'Linux', name: 'os', createOption: 'FromImage', managedDisk: { id: '/disks/os' } },
        dataDisks: [{ lun: 3, name: 'data', createOption: 'Attach', managedDisk: { id: '/disks/data' } }],
      },
      networkProfile: {
        networkInterfaces: [
          { id: `${NIC}-second`, properties: { primary: false } },
          { id: NIC, properties: { primary: true } },
        ],
      },
      instanceView: {
        vmAgent: { statuses: [{ code: 'ProvisioningState/succeeded', displayStatus: 'Ready' }] },
        patchStatus: {
          lastPatchInstallationSummary: {
            status: 'Succeeded',
            installationActivityId: 'a1',
            installedPatchCount: 4,
            failedPatchCount: 1,
            startTime: '2026-01-05T08:00:00Z',
          },
        },
        statuses: [{ code: 'ProvisioningState/succeeded' }, { code: 'PowerState/running', displayStatus: 'VM running' }],
      },
    },
  });
  expect(await azure.read({ kind: 'vm.get', vmId: VM }, signal)).toEqual({
    kind: 'found',
    dateMs: Date.UTC(2026, 0, 5, 9),
    value: {
      id: VM,
      vmId: 'd0d0d0d0-0000-4000-8000-000000000001',
      name: 'web-01',
      location: 'westeurope',
      os: 'linux',
      powerState: 'running',
      provisioningState: 'Succeeded',
      agentStatus: 'Ready',
      size: 'Standard_D2s_v5',
      zone: '1',
      tags: { tier: 'web' },
      nicIds: [NIC, `${NIC}-second`],
      disks: [
        { id: '/disks/os', name: 'os', lun: undefined },
        { id: '/disks/data', name: 'data', lun: 3 },
      ],
      patches: { activityId: 'a1', status: 'Succeeded', startedAtMs: Date.UTC(2026, 0, 5, 8), installed: 4, failed: 1, pending: 0 },
    },
  });
  expect(server.seen).toHaveLength(1);
  expect(server.seen[0]).toMatchObject({ method: 'GET', path: VM });
  expect(server.seen[0]?.query.get('$expand')).toBe('instanceView');
  expect(server.seen[0]?.query.get('api-version')).toBe('2026-04-01');
});

test('a network interface through the same pipeline as the SDKs', async () => {
  const ipConfigurations = [
    { properties: { primary: false, privateIPAddress: '10.0.0.9' } },
    { properties: { primary: true, privateIPAddress: '10.0.0.4', subnet: { id: `${NETWORK}/subnets/default` } } },
  ];
  const azure = once({ id: NIC, properties: { ipConfigurations } });
  expect(await azure.read({ kind: 'nic.get', nicId: NIC }, signal)).toMatchObject({
    value: { id: NIC, privateAddress: '10.0.0.4', subnetId: `${NETWORK}/subnets/default`, hasPublicAddress: false },
  });
  expect(server.seen[0]?.rawUrl).toBe(`${NIC}?api-version=2024-05-01`);
  expect(server.seen[0]?.headers.authorization).toBe('Bearer token-of-the-test');
});

test('AZ-24: a managed run command, whose provisioning state is ignored', async () => {
  const instanceView = {
    executionState: 'Failed',
    exitCode: 3,
    output: 'out',
    error: 'err',
    executionMessage: 'failed',
    startTime: '2026-01-05T09:00:00Z',
  };
  const azure = once({ name: 'rw-key-1', location: 'westeurope', properties: { provisioningState: 'Creating', instanceView } });
  expect(await azure.read({ kind: 'runCommand.get', vmId: VM, name: 'rw-key-1' }, signal)).toMatchObject({
    value: { executionState: 'Failed', exitCode: 3, output: 'out', error: 'err', startedAtMs: Date.UTC(2026, 0, 5, 9) },
  });
  expect(server.seen[0]).toMatchObject({ method: 'GET', path: `${VM}/runCommands/rw-key-1` });
  expect(server.seen[0]?.query.get('$expand')).toBe('instanceView');
});

test('the run commands of a machine by their names', async () => {
  const command = (name: string) => ({ id: `${VM}/runCommands/${name}`, name, location: 'westeurope', properties: {} });
  const azure = once({ value: [command('rw-key-1'), command('of-somebody')] });
  expect(await azure.read({ kind: 'runCommand.list', vmId: VM }, signal)).toMatchObject({ value: ['rw-key-1', 'of-somebody'] });
  expect(server.seen[0]).toMatchObject({ method: 'GET', path: `${VM}/runCommands` });
});

describe('a protected item', () => {
  // Shape: Azure/azure-cli-extensions, recordings of Azure-to-Azure replication (MIT).
  const properties = {
    friendlyName: 'vm1',
    testFailoverState: 'None',
    replicationHealth: 'Normal',
    currentScenario: { scenarioName: 'None', jobId: `${VAULT}/replicationJobs/None`, startTime: '1753-01-01T01:01:01Z' },
    protectionState: 'Protected',
    activeLocation: 'Primary',
    allowedOperations: ['UnplannedFailover', 'DisableProtection', 'TestFailover'],
    providerSpecificDetails: {
      instanceType: 'A2A',
      fabricObjectId: VM,
      multiVmGroupName: '',
      osType: 'Windows',
      primaryFabricLocation: 'eastus2',
      recoveryFabricLocation: 'eastus',
      tfoAzureVMName: 'vm1-test',
      rpoInSeconds: 95,
      lastRpoCalculatedTime: '2023-08-29T01:37:39.0251955Z',
      testFailoverRecoveryFabricObjectId: null,
      recoveryAzureResourceGroupId: GROUP,
    },
  };

  test('AZ-15 AZ-16: idle: "None" objects, empty texts and nulls are absent, and 1753 is no time', async () => {
    const azure = once({ id: ITEM, name: 'item1', properties });
    expect(await azure.read({ kind: 'sr.item', itemId: ITEM }, signal)).toMatchObject({
      value: {
        friendlyName: 'vm1',
        protectionState: 'Protected',
        runningScenario: undefined,
        testFailoverState: undefined,
        multiVmGroupName: undefined,
        testVmId: undefined,
        testVmName: 'vm1-test',
        recoveryResourceGroupId: GROUP,
        sourceVmId: VM,
        os: 'windows',
        rpoMs: 95_000,
        rpoCalculatedAtMs: Date.parse('2023-08-29T01:37:39.025Z'),
      },
    });
    expect(server.seen[0]).toMatchObject({ method: 'GET', path: ITEM });
    expect(server.seen[0]?.query.get('api-version')).toBe('2023-06-01');
  });

  test('what readiness and identity are judged by', async () => {
    const { providerSpecificDetails } = properties;
    const details = {
      ...providerSpecificDetails,
      lifecycleId: '6074a636-f963-45e4-a47d-df8edfc4869e',
      recoveryAzureVMName: 'vm1-dr',
      agentExpiryDate: '9999-12-31T23:59:59.9999999',
      isReplicationAgentUpdateRequired: true,
      protectedManagedDisks: [{ diskName: 'os' }, { diskName: 'data', resyncRequired: true }],
      unprotectedDisks: [{ diskLunId: 2 }],
    };
    const health = { failoverHealth: 'Warning', healthErrors: [{ errorCode: '161011', errorLevel: 'Warning' }] };
    const more = { lastSuccessfulTestFailoverTime: '2026-01-05T09:00:00Z', ...health, providerSpecificDetails: details };
    const azure = once({ id: ITEM, name: 'item1', properties: { ...properties, ...more } });
    expect(await azure.read({ kind: 'sr.item', itemId: ITEM }, signal)).toMatchObject({
      value: {
        lifecycleId: '6074a636-f963-45e4-a47d-df8edfc4869e',
        plannedRecoveryVmId: `${GROUP}/providers/Microsoft.Compute/virtualMachines/vm1-dr`,
        failoverHealth: 'Warning',
        healthErrors: ['161011'],
        lastTestFailoverAtMs: Date.UTC(2026, 0, 5, 9),
        agentUpdateRequired: true,
        agentExpiresAtMs: Date.parse('9999-12-31T23:59:59.999Z'),
        unprotectedDisks: ['disk at LUN 2'],
        resyncDisks: ['data'],
      },
    });
  });

  test('busy: the scenario names its job', async () => {
    const currentScenario = { scenarioName: 'TestFailover', jobId: `${VAULT}/replicationJobs/j1`, startTime: '2026-01-05T09:00:00Z' };
    const azure = once({ id: ITEM, name: 'item1', properties: { ...properties, currentScenario, allowedOperations: [] } });
    expect(await azure.read({ kind: 'sr.item', itemId: ITEM }, signal)).toMatchObject({
      value: { runningScenario: { name: 'TestFailover', jobId: `${VAULT}/replicationJobs/j1` }, allowedOperations: [] },
    });
  });
});

test('AZ-39: recovery points over several pages, newest first and without doubles', async () => {
  const point = (name: string, time: string) => ({
    id: `${ITEM}/recoveryPoints/${name}`,
    properties: { recoveryPointTime: time, recoveryPointType: 'CrashConsistent' },
  });
  server.answer((_request, index) =>
    index === 0
      ? { status: 200, body: { value: [point('a', '2026-01-05T08:00:00Z')], nextLink: `${server.origin}/next-page?token=%3a` } }
      : { status: 200, body: { value: [point('a', '2026-01-05T08:00:00Z'), point('b', '2026-01-05T08:30:00Z')] } },
  );
  const answer = await server.connect().read({ kind: 'sr.points', itemId: ITEM }, signal);
  expect(answer).toMatchObject({ value: [{ id: `${ITEM}/recoveryPoints/b` }, { id: `${ITEM}/recoveryPoints/a` }] });
  expect(answer.kind === 'found' && answer.value).toHaveLength(2);
});

test('AZ-14 AZ-15 AZ-16: a plan by GET: boot groups and their items, no scenario, year 1 is never', async () => {
  const azure = once({
    id: `${VAULT}/replicationRecoveryPlans/rp-shop`,
    name: 'rp-shop',
    properties: {
      allowedOperations: ['UnplannedFailover', 'TestFailover'],
      currentScenario: null,
      lastTestFailoverTime: '0001-01-01T00:00:00',
      lastUnplannedFailoverTime: '2025-04-09T08:37:42.6483072Z',
      groups: [
        { groupType: 'Shutdown', replicationProtectedItems: [] },
        { groupType: 'Boot', replicationProtectedItems: [{ id: ITEM, virtualMachineId: VM }] },
      ],
    },
  });
  expect(await azure.read({ kind: 'sr.plan', planId: `${VAULT}/replicationRecoveryPlans/rp-shop` }, signal)).toMatchObject({
    value: {
      runningScenario: undefined,
      lastTestFailoverAtMs: undefined,
      lastFailoverAtMs: Date.parse('2025-04-09T08:37:42.648Z'),
      groups: [
        { type: 'Shutdown', itemIds: [] },
        { type: 'Boot', itemIds: [ITEM] },
      ],
    },
  });
});

describe('jobs', () => {
  const activityId = '11111111-2222-5333-8444-555555555555 ActivityId: 99999999-0000-4000-8000-000000000000';

  test('AZ-13: fresh after the 202: no scenario, no target, but our request id', async () => {
    const azure = once({
      id: `${VAULT}/replicationJobs/j1`,
      properties: { scenarioName: null, targetObjectName: null, state: 'NotStarted', tasks: [], activityId },
    });
    expect(await azure.read({ kind: 'sr.job', jobId: `${VAULT}/replicationJobs/j1` }, signal)).toMatchObject({
      value: { clientRequestId: '11111111-2222-5333-8444-555555555555', scenario: undefined, targetName: undefined, state: 'NotStarted' },
    });
    expect(server.seen[0]).toMatchObject({ path: `${VAULT}/replicationJobs/j1` });
  });

  test('AZ-30 AZ-38: ended: point used and innermost fault, whose code is a number', async () => {
    const azure = once({
      id: `${VAULT}/replicationJobs/j1`,
      properties: {
        scenarioName: 'TestFailover',
        targetObjectName: 'vm1',
        state: 'Failed',
        activityId,
        errors: [
          {
            serviceErrorDetails: { code: '539', message: 'The requested action could not be performed by the provider.' },
            providerErrorDetails: { errorCode: 28092, errorMessage: 'The quota is used up.', recommendedAction: 'Ask for more.' },
          },
        ],
        customDetails: {
          instanceType: 'TestFailoverJobDetails',
          protectedItemDetails: [{ friendlyName: 'vm1', recoveryPointTime: '2022-10-11T21:52:08.0160738Z' }],
        },
      },
    });
    expect(await azure.read({ kind: 'sr.job', jobId: `${VAULT}/replicationJobs/j1` }, signal)).toMatchObject({
      value: {
        errors: [{ code: '28092', message: 'The quota is used up. Ask for more.' }],
        recoveryPoints: [{ machine: 'vm1', atMs: Date.parse('2022-10-11T21:52:08.016Z') }],
      },
    });
  });

  test('AZ-12: listed from a time on, without what only a GET of the job tells', async () => {
    const job = (name: string, startTime: string) => ({
      id: `${VAULT}/replicationJobs/${name}`,
      properties: { state: 'Succeeded', startTime },
    });
    const azure = once({ value: [job('old', '2026-01-05T07:59:59Z'), job('new', '2026-01-05T08:00:01Z')] });
    const answer = await azure.read({ kind: 'sr.jobs', vaultId: VAULT, sinceMs: Date.UTC(2026, 0, 5, 8) }, signal);
    expect(answer).toMatchObject({ value: [{ id: `${VAULT}/replicationJobs/new` }] });
    expect(server.seen[0]?.query.get('$filter')).toBe("startTime eq '2026-01-05T08:00:00.000Z'");
  });
});

describe('a read without a value', () => {
  const cases: readonly (readonly [string, Reply, object])[] = [
    ['404', { status: 404, body: { error: { code: 'ResourceNotFound', message: 'gone' } } }, { kind: 'missing' }],
    [
      '403',
      { status: 403, body: { error: { code: 'AuthorizationFailed', message: 'no right' } } },
      { kind: 'denied', message: 'no right' },
    ],
    ['400', { status: 400, body: { error: { code: 'BadRequest', message: 'no' } } }, { kind: 'invalid' }],
    ['307', { status: 307, headers: { location: 'https://elsewhere.invalid/' } }, { kind: 'unanswered' }],
    ['an empty object', { status: 200, body: {} }, { kind: 'unanswered' }],
    ['page', { status: 200, body: '<html>login</html>' }, { kind: 'unanswered' }],
  ];
  test.each(cases)('%s', async (_name, reply, expected) => {
    server.answer(() => reply);
    expect(await server.connect().read({ kind: 'vm.get', vmId: VM }, signal)).toMatchObject(expected);
    expect(await server.connect().read({ kind: 'nic.get', nicId: NIC }, signal)).toMatchObject(expected);
    expect(await server.connect().read({ kind: 'sr.item', itemId: ITEM }, signal)).toMatchObject(expected);
  });

  test('is repeated while it is worth it', async () => {
    server.answer((_request, index) =>
      index === 0 ? { status: 503, headers: { 'retry-after': '0' } } : { status: 200, body: { id: NIC, properties: {} } },
    );
    expect(await server.connect().read({ kind: 'nic.get', nicId: NIC }, signal)).toMatchObject({ kind: 'found' });
    expect(server.seen).toHaveLength(2);
  });

  test('names the time to wait when the limit of the read is over first', async () => {
    server.answer(() => ({
      status: 429,
      headers: { 'retry-after': '300' },
      body: { error: { code: 'TooManyRequests', message: 'slow down' } },
    }));
    const azure = server.connect({ requestTimeoutMs: 500 });
    expect(await azure.read({ kind: 'vm.get', vmId: VM }, signal)).toMatchObject({ kind: 'unanswered', retryAfterMs: 300_000 });
  });
});

test('a read takes its own time, however little a submit gets', async () => {
  server.answer(() => ({ status: 200, body: { value: [{ id: ITEM, name: 'web-01' }] } }));
  const azure = server.connect({ submitTimeoutMs: 1 });
  expect(await azure.read({ kind: 'sr.items', vaultId: VAULT }, signal)).toMatchObject({ kind: 'found', value: [{ name: 'web-01' }] });
  expect(server.seen.map(({ path }) => path)).toEqual([`${VAULT}/replicationProtectedItems`]);
});

describe('AZ-02: a token never goes to a host that is not listed', () => {
  test('named by a next link', async () => {
    server.answer(() => ({ status: 200, body: { value: [], nextLink: 'https://evil.invalid/next' } }));
    expect(await server.connect().read({ kind: 'sr.points', itemId: ITEM }, signal)).toMatchObject({
      kind: 'unanswered',
    });
    expect(server.seen).toHaveLength(1);
  });

  test('named by an operation URL, even one on the same machine', async () => {
    const opUrl = server.origin.replace('localhost', '127.0.0.1');
    server.answer(() => ({ status: 200, body: { status: 'Succeeded' } }));
    expect(await server.connect().poll({ opUrl }, signal)).toMatchObject({ kind: 'unanswered' });
    expect(server.seen).toHaveLength(0);
  });
});

describe('AZ-06 AZ-07 AZ-36: an operation URL', () => {
  const cases: readonly (readonly [string, Reply, object])[] = [
    [
      'in progress',
      { status: 200, headers: { 'retry-after': '7' }, body: { status: 'InProgress' } },
      { kind: 'running', retryAfterMs: 7000 },
    ],
    ['an unknown word', { status: 200, body: { status: 'Thinking' } }, { kind: 'running' }],
    ['succeeded', { status: 200, body: { status: 'Succeeded' } }, { kind: 'succeeded' }],
    [
      'failed',
      { status: 200, body: { status: 'Failed', error: { code: 'AllocationFailed', message: 'no room' } } },
      { kind: 'failed', code: 'AllocationFailed', message: 'no room' },
    ],
    ['cancelled in either spelling', { status: 200, body: { status: 'Cancelled' } }, { kind: 'failed', code: 'Cancelled' }],
    ['empty', { status: 200 }, { kind: 'no_information' }],
    ['204', { status: 204 }, { kind: 'no_information' }],
    ['202 without words', { status: 202 }, { kind: 'running' }],
    ['404', { status: 404, body: { error: { code: 'OperationNotFound', message: 'expired' } } }, { kind: 'gone' }],
    ['410', { status: 410 }, { kind: 'gone' }],
    ['403', { status: 403, body: { error: { code: 'AuthorizationFailed', message: 'no right' } } }, { kind: 'denied' }],
  ];
  test.each(cases)('%s', async (_name, reply, expected) => {
    server.answer(() => reply);
    const opUrl = `${server.origin}/operationStatus/1?api-version=2022-08-01&t=2023-08-29T01%3a54%3a23&c=abc`;
    expect(await server.connect().poll({ opUrl }, signal)).toMatchObject(expected);
    expect(server.seen[0]?.rawUrl).toBe(opUrl.slice(server.origin.length));
  });
});
