import { afterAll, beforeAll, expect, test } from 'vitest';
import { sdkClients } from '../support/azure-sdk.ts';
import { runOnMachine } from '../support/run-command.ts';
import { manualClock, startSimulator } from '../support/simulator.ts';
import type { SdkClients } from '../support/azure-sdk.ts';
import type { RunningSimulator } from '../support/simulator.ts';

const VAULT = 'rsv-dr-weu';
const GROUP = 'rg-dr-weu';
const FABRIC = 'asr-a2a-default-westeurope';
const CONTAINER = 'asr-a2a-default-westeurope-container';

let simulator: RunningSimulator;
let azure: SdkClients;

beforeAll(async () => {
  simulator = await startSimulator(manualClock());
  azure = sdkClients(simulator.ready);
});
afterAll(async () => simulator.stop());

const network = (): string =>
  `/subscriptions/${simulator.ready.subscriptionId}/resourceGroups/rg-dr-test/providers/Microsoft.Network/virtualNetworks/vnet-drill`;
const itemPath = (name: string): string =>
  `/subscriptions/${simulator.ready.subscriptionId}/resourceGroups/${GROUP}/providers/Microsoft.RecoveryServices/vaults/${VAULT}` +
  `/replicationFabrics/${FABRIC}/replicationProtectionContainers/${CONTAINER}/replicationProtectedItems/${name}`;
const testBody = (): unknown => ({
  properties: {
    failoverDirection: 'PrimaryToRecovery',
    networkType: 'VmNetworkAsInput',
    networkId: network(),
    providerSpecificDetails: { instanceType: 'A2A' },
  },
});
const getItem = (name: string) => azure.siteRecovery.replicationProtectedItems.get(VAULT, GROUP, FABRIC, CONTAINER, name);
const allowed = async (name: string): Promise<readonly string[]> => (await getItem(name)).properties?.allowedOperations ?? [];
const post = (name: string, verb: string, body: unknown, id: string) =>
  azure.raw('POST', `${itemPath(name)}/${verb}?api-version=2023-06-01`, { body, headers: { 'x-ms-client-request-id': id } });

test('a test failover makes a machine from the point, and its cleanup removes it', async () => {
  const answer = await post('db-01', 'testFailover', testBody(), 'aaaaaaaa-0000-4000-8000-000000000001');
  expect(answer.status).toBe(202);
  expect(answer.text).toBe('');
  const requestIds = answer.rawHeaders.filter((_text, place) => place % 2 === 1 && answer.rawHeaders[place - 1] === 'x-ms-request-id');
  expect(requestIds).toHaveLength(2);
  expect(requestIds[0]).toBe(requestIds[1]);
  expect(requestIds[0]).toMatch(/\/replicationJobs\/[0-9a-f-]{36}$/);
  const [status, result] = [String(answer.headers['azure-asyncoperation']), String(answer.headers.location)];
  expect(status.length + result.length).toBeGreaterThan(5800);
  expect(Number(answer.headers['retry-after'])).toBeGreaterThanOrEqual(1);

  const jobName = requestIds[0]?.split('/').at(-1) ?? '';
  const early = await azure.siteRecovery.replicationJobs.get(VAULT, GROUP, jobName);
  expect(early.properties?.activityId).toMatch(/^aaaaaaaa-0000-4000-8000-000000000001 ActivityId: [0-9a-f-]{36}$/);
  expect(await allowed('db-01')).toEqual([]);
  expect((await azure.raw('GET', result)).status).toBe(202);

  await simulator.until(
    async () => (await azure.siteRecovery.replicationJobs.get(VAULT, GROUP, jobName)).properties?.state === 'Succeeded',
  );
  expect(await allowed('db-01')).toEqual(['TestFailoverCleanup']);
  const item = await getItem('db-01');
  expect(item.properties?.testFailoverState).toBe('WaitingForCompletion');
  const machine = await azure.compute.virtualMachines.get('rg-shop-neu', 'db-01-test', { expand: 'instanceView' });
  expect(machine.instanceView?.statuses?.map((each) => each.code)).toContain('PowerState/running');
  expect(JSON.parse((await azure.raw('GET', status)).text)).toMatchObject({
    error: null,
    id: null,
    name: jobName,
    status: 'Succeeded',
    percentComplete: null,
  });
  expect((await azure.raw('GET', `${status}x`)).status).toBe(403);

  const poller = await azure.siteRecovery.replicationProtectedItems.beginTestFailoverCleanup(VAULT, GROUP, FABRIC, CONTAINER, 'db-01', {
    properties: { comments: 'over' },
  });
  expect(poller).toBeDefined();
  await simulator.until(async () => (await allowed('db-01')).includes('TestFailover'));
  await expect(azure.compute.virtualMachines.get('rg-shop-neu', 'db-01-test')).rejects.toMatchObject({ statusCode: 404 });
  expect(await simulator.control('doubles')).toEqual({ doubles: [] });
  // Nothing that was under way in the machine brings it back, neither by id nor in a list.
  await simulator.control('clock', { method: 'POST', body: { advanceMs: 10_000 } });
  const left = [];
  for await (const each of azure.compute.virtualMachines.list('rg-shop-neu')) left.push(each.name);
  expect(left).toEqual([]);
});

test('a script that makes and removes files does not disturb replication', async () => {
  const script =
    'i=0; while [ $i -lt 300 ]; do mkdir -p /var/churn/$i; echo x > /var/churn/$i/f; rm -rf /var/churn/$((i - 5)); i=$((i + 1)); done';
  expect(await runOnMachine({ azure, simulator }, { machine: 'db-02', name: 'churn', script })).toMatchObject({
    executionState: 'Succeeded',
  });
});

test('a second test failover is refused while one exists, and the ledger counts one effect', async () => {
  expect((await post('web-01', 'testFailover', testBody(), 'aaaaaaaa-0000-4000-8000-000000000002')).status).toBe(202);
  const second = await post('web-01', 'testFailover', testBody(), 'aaaaaaaa-0000-4000-8000-000000000002');
  expect(second.status).toBe(400);
  expect(JSON.parse(second.text)).toMatchObject({ error: { details: [{ code: 'OperationNotAllowed' }] } });
  const lines = (await simulator.ledger()).filter((line) => line.path.includes('web-01/testFailover'));
  expect(lines.map((line) => line.effect)).toEqual(['started', 'refused']);
  await simulator.until(async () => (await allowed('web-01')).includes('TestFailoverCleanup'));
  await post('web-01', 'testFailoverCleanup', { properties: {} }, 'aaaaaaaa-0000-4000-8000-000000000003');
  await simulator.until(async () => (await allowed('web-01')).includes('TestFailover'));
});

test('a plan fails over all its machines, group by group, and cleans them up', async () => {
  const plan = await azure.siteRecovery.replicationRecoveryPlans.get(VAULT, GROUP, 'rp-shop');
  expect(plan.properties?.groups?.map((group) => group.groupType)).toEqual(['Shutdown', 'Failover', 'Boot', 'Boot', 'Boot']);
  expect(plan.properties?.groups?.flatMap((group) => group.replicationProtectedItems ?? [])).toHaveLength(10);
  for await (const listed of azure.siteRecovery.replicationRecoveryPlans.list(VAULT, GROUP)) expect(listed.properties?.groups).toEqual([]);

  await azure.siteRecovery.replicationRecoveryPlans.beginTestFailover(VAULT, GROUP, 'rp-shop', {
    properties: {
      failoverDirection: 'PrimaryToRecovery',
      networkType: 'VmNetworkAsInput',
      networkId: network(),
      providerSpecificDetails: [{ instanceType: 'A2A', recoveryPointType: 'LatestProcessed' }],
    },
  });
  const words = async (): Promise<readonly string[]> =>
    (await azure.siteRecovery.replicationRecoveryPlans.get(VAULT, GROUP, 'rp-shop')).properties?.allowedOperations ?? [];
  await simulator.until(async () => (await words()).includes('TestFailoverCleanup'));
  const world = (await simulator.control('world')) as { readonly machines: readonly { readonly name: string }[] };
  expect(world.machines.filter((machine) => machine.name.endsWith('-test'))).toHaveLength(10);

  await azure.siteRecovery.replicationRecoveryPlans.beginTestFailoverCleanup(VAULT, GROUP, 'rp-shop', { properties: { comments: 'over' } });
  await simulator.until(async () => (await words()).includes('TestFailover'));
  const after = (await simulator.control('world')) as { readonly machines: readonly unknown[]; readonly nics: readonly unknown[] };
  expect([after.machines.length, after.nics.length]).toEqual([12, 12]);
  expect(await simulator.control('doubles')).toEqual({ doubles: [] });
});
