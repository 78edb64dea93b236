import { isShown } from '../support/shown.ts';
import { driveBackup } from './drive-backup.ts';
import { driveGroups } from './drive-groups.ts';
import { driveNetworks } from './drive-networks.ts';
import { driveMachines } from './drive-machines.ts';
import { driveFailover } from './drive-failover.ts';
import { driveRecoveryReads } from './drive-recovery-reads.ts';
import { driveProtection, driveRemoval } from './drive-protection.ts';
import { driveVaultItems } from './drive-vaults.ts';
import { call, collect, type Driven, refused } from './calls.ts';
import type { Capture } from './capture.ts';
import type { RunningSimulator } from '../support/simulator.ts';

const VAULT = ['rsv-dr-weu', 'rg-dr-weu'] as const;
const FABRIC = 'asr-a2a-default-westeurope';
const CONTAINER = `${FABRIC}-container`;
const ITEM = [...VAULT, FABRIC, CONTAINER] as const;
const WEU = 'rg-shop-weu';

/** Drives every served operation with the unmodified SDKs, in the states that matter, and asks for what is not there. */
export async function drive(capture: Capture, simulator: RunningSimulator): Promise<Driven> {
  const driven: Driven = { states: new Map(), lost: [] };
  await driveCompute(capture, driven, simulator);
  await driveRunCommands(capture, driven, simulator);
  await driveItem(capture, driven, simulator);
  await drivePlan(capture, driven, simulator);
  await driveBackup(capture, driven, simulator);
  await driveVaultItems(capture, driven, simulator);
  await driveReads(capture, simulator);
  await driveErrors(capture, simulator);
  await driveGroups(capture, driven, simulator);
  await driveNetworks(capture, simulator);
  await driveMachines(capture, driven, simulator);
  await driveProtection(capture, driven, simulator);
  await driveFailover(capture, driven, simulator);
  await driveRecoveryReads(capture, driven);
  await driveRemoval(capture, simulator);
  return driven;
}

async function driveCompute(capture: Capture, driven: Driven, simulator: RunningSimulator): Promise<void> {
  const { virtualMachines } = capture.azure.compute;
  await call(capture, driven, 'VirtualMachines_Get', () => virtualMachines.get(WEU, 'web-01'));
  await call(capture, driven, 'VirtualMachines_Get', () => virtualMachines.get(WEU, 'web-01', { expand: 'instanceView' }));
  await call(capture, driven, 'VirtualMachines_InstanceView', () => virtualMachines.instanceView(WEU, 'web-01'));
  await collect(virtualMachines.list(WEU));
  await collect(virtualMachines.listAll());
  await collect(virtualMachines.listAll({ statusOnly: 'true' }));
  await virtualMachines.deallocate(WEU, 'batch-01').submitted();
  await call(capture, driven, 'VirtualMachines_InstanceView', () => virtualMachines.instanceView(WEU, 'batch-01'));
  const start = virtualMachines.start(WEU, 'batch-01');
  await refused(() => Promise.resolve(start.submitted()));
  const power = async (): Promise<readonly (string | undefined)[]> =>
    (await virtualMachines.instanceView(WEU, 'batch-01')).statuses?.map((each) => each.code) ?? [];
  await simulator.until(async () => (await power()).includes('PowerState/deallocated'));
  await simulator.finish(virtualMachines.start(WEU, 'batch-01'));
  await simulator.until(async () => (await power()).includes('PowerState/running'));
}

async function driveRunCommands(capture: Capture, driven: Driven, simulator: RunningSimulator): Promise<void> {
  const commands = capture.azure.compute.virtualMachineRunCommands;
  const order = {
    location: 'westeurope',
    source: { script: 'echo "$WHO"; exit 3' },
    parameters: [{ name: 'WHO', value: 'me' }],
    protectedParameters: [{ name: 'SECRET', value: 'hush' }],
    timeoutInSeconds: 60,
    asyncExecution: true,
    treatFailureAsDeploymentFailure: false,
    tags: { by: 'conformance' },
  };
  await commands.createOrUpdate(WEU, 'web-01', 'conformance', order).submitted();
  const get = () =>
    call(capture, driven, 'VirtualMachineRunCommands_GetByVirtualMachine', () =>
      commands.getByVirtualMachine(WEU, 'web-01', 'conformance', { expand: 'instanceView' }),
    );
  await simulator.until(async () => isShown(get));
  await simulator.until(async () => !['Pending', 'Running'].includes((await get()).instanceView?.executionState ?? ''));
  await commands.createOrUpdate(WEU, 'web-01', 'conformance', order).submitted();
  await collect(commands.listByVirtualMachine(WEU, 'web-01'));
  await simulator.finish(commands.delete(WEU, 'web-01', 'conformance'));
  await commands.delete(WEU, 'web-01', 'conformance').submitted();
}

const networkId = (simulator: RunningSimulator): string =>
  `/subscriptions/${simulator.ready.subscriptionId}/resourceGroups/rg-dr-test/providers/Microsoft.Network/virtualNetworks/vnet-drill`;

async function driveItem(capture: Capture, driven: Driven, simulator: RunningSimulator): Promise<void> {
  const { replicationProtectedItems: items, replicationJobs: jobs } = capture.azure.siteRecovery;
  const last = (): unknown => capture.exchanges.at(-1)?.answer;
  const get = () => call(capture, driven, 'ReplicationProtectedItems_Get', () => items.get(...ITEM, 'web-01'));
  await get();
  driven.states.set('item protected', last());
  const input = {
    properties: {
      failoverDirection: 'PrimaryToRecovery',
      networkType: 'VmNetworkAsInput',
      networkId: networkId(simulator),
      providerSpecificDetails: { instanceType: 'A2A' as const },
    },
  };
  await items.beginTestFailover(...ITEM, 'web-01', input);
  const accepted = capture.exchanges.findLast((exchange) => exchange.method === 'POST');
  driven.states.set('asr 202', accepted?.headers);
  const jobName = accepted?.headers['azure-asyncoperation']?.match(/replicationOperationStatus\/([^?]+)/)?.[1] ?? '';
  const job = () => call(capture, driven, 'ReplicationJobs_Get', () => jobs.get(...VAULT, jobName));
  await job();
  driven.states.set('job early', last());
  await get();
  await refused(() => items.beginTestFailover(...ITEM, 'web-01', input));
  await capture.raw('GET', accepted?.headers['azure-asyncoperation'] ?? '');
  driven.states.set('status running', last());
  await simulator.until(async () => (await job()).properties?.state === 'Succeeded');
  driven.states.set('job ended', last());
  await capture.raw('GET', accepted?.headers['azure-asyncoperation'] ?? '');
  driven.states.set('status ended', last());
  await capture.raw('GET', accepted?.headers['location'] ?? '');
  await get();
  await simulator.until(async () => (await collect(jobs.list(...VAULT))).some((each) => each.name === jobName));
  driven.states.set('jobs list', last());
  await items.beginTestFailoverCleanup(...ITEM, 'web-01', { properties: { comments: 'over' } });
  await simulator.until(async () => (await get()).properties?.allowedOperations?.includes('TestFailover') === true);
}

async function drivePlan(capture: Capture, driven: Driven, simulator: RunningSimulator): Promise<void> {
  const { replicationRecoveryPlans: plans, replicationJobs: jobs } = capture.azure.siteRecovery;
  const get = () => call(capture, driven, 'ReplicationRecoveryPlans_Get', () => plans.get(...VAULT, 'rp-shop'));
  await get();
  driven.states.set('plan idle', capture.exchanges.at(-1)?.answer);
  await collect(plans.list(...VAULT));
  driven.states.set('plans list', capture.exchanges.at(-1)?.answer);
  await plans.beginTestFailover(...VAULT, 'rp-shop', {
    properties: {
      failoverDirection: 'PrimaryToRecovery',
      networkType: 'VmNetworkAsInput',
      networkId: networkId(simulator),
      providerSpecificDetails: [
        { instanceType: 'A2A', recoveryPointType: 'LatestProcessed', multiVmSyncPointOption: 'UseMultiVmSyncRecoveryPoint' },
      ],
    },
  });
  const accepted = capture.exchanges.findLast((exchange) => exchange.method === 'POST');
  const jobName = accepted?.headers['azure-asyncoperation']?.match(/replicationOperationStatus\/([^?]+)/)?.[1] ?? '';
  await simulator.until(async () => {
    const state = (await call(capture, driven, 'ReplicationJobs_Get', () => jobs.get(...VAULT, jobName))).properties?.state;
    if (state === 'InProgress') driven.states.set('plan job', capture.exchanges.at(-1)?.answer);
    return state === 'Succeeded';
  });
  driven.states.set('plan job ended', capture.exchanges.at(-1)?.answer);
  await get();
  await plans.beginTestFailoverCleanup(...VAULT, 'rp-shop', { properties: { comments: 'over' } });
  await simulator.until(async () => (await get()).properties?.allowedOperations?.includes('TestFailover') === true);
}

async function driveReads(capture: Capture, simulator: RunningSimulator): Promise<void> {
  const { replicationProtectedItems: items, recoveryPoints, replicationJobs } = capture.azure.siteRecovery;
  await collect(items.list(...VAULT));
  await collect(items.listByReplicationProtectionContainers(...ITEM));
  const points = await collect(recoveryPoints.listByReplicationProtectedItems(...ITEM, 'db-01'));
  await recoveryPoints.get(...ITEM, 'db-01', points[0]?.name ?? '');
  await collect(
    replicationJobs.list(...VAULT, {
      filter: `startTime eq '${new Date(Date.now() - 60_000).toISOString()}' and endTime eq '${new Date().toISOString()}'`,
    }),
  );
  const group = (name: string): string =>
    `/subscriptions/${simulator.ready.subscriptionId}/resourceGroups/${name}/providers/Microsoft.Network`;
  for (const path of [
    `${group('rg-dr-test')}/virtualNetworks/vnet-drill`,
    `${group('rg-dr-test')}/networkSecurityGroups/nsg-vnet-drill`,
    `${group(WEU)}/networkInterfaces/web-01-nic`,
  ]) {
    await capture.raw('GET', `${path}?api-version=2024-05-01`);
  }
}

/** Asks each kind of read for something that is not there, and sends bodies that do not fit. */
async function driveErrors(capture: Capture, simulator: RunningSimulator): Promise<void> {
  const { siteRecovery, compute } = capture.azure;
  await refused(() => siteRecovery.replicationProtectedItems.get(...ITEM, 'nobody'));
  await refused(() => siteRecovery.replicationRecoveryPlans.get(...VAULT, 'nobody'));
  await refused(() => siteRecovery.replicationJobs.get(...VAULT, 'nobody'));
  await refused(() => siteRecovery.recoveryPoints.get(...ITEM, 'db-01', 'nobody'));
  await refused(() => compute.virtualMachines.get(WEU, 'nobody'));
  await refused(() => compute.virtualMachineRunCommands.getByVirtualMachine(WEU, 'web-01', 'nobody'));
  const vault = `/subscriptions/${simulator.ready.subscriptionId}/resourceGroups/rg-dr-weu/providers/Microsoft.RecoveryServices/vaults/rsv-dr-weu`;
  const item = `${vault}/replicationFabrics/${FABRIC}/replicationProtectionContainers/${CONTAINER}/replicationProtectedItems/web-01`;
  await capture.raw('POST', `${item}/testFailover?api-version=2023-06-01`, {});
  await capture.raw('POST', `${item}/testFailoverCleanup?api-version=2023-06-01`, { properties: {} });
  await capture.raw('GET', `${item}?api-version=1999-01-01`);
  await capture.raw('GET', item);
  await capture.raw('PUT', `${vault}/replicationRecoveryPlans/new?api-version=2023-06-01`, { properties: {} });
}
