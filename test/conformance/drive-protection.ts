import type { A2AReplicationDetails } from '@azure/arm-recoveryservices-siterecovery';
import type { RunningSimulator } from '../support/simulator.ts';
import type { Capture } from './capture.ts';
import { call, collect, type Driven, jobOf, refused } from './calls.ts';

const VAULT = ['rsv-dr-weu', 'rg-dr-weu'] as const;
const SITE = 'asr-a2a-default-westeurope';
const PLACE = [...VAULT, SITE, `${SITE}-container`] as const;
const A2A = { instanceType: 'A2A' as const };

/** Drives what may be done about the jobs and the protection of a machine that is protected. */
export async function driveProtection(capture: Capture, driven: Driven, simulator: RunningSimulator): Promise<void> {
  await driveJobs(capture, driven, simulator);
  await driveEnabling(capture, driven, simulator);
}

/** A failover that is cancelled while it runs, and one that fails and is restarted. */
async function driveJobs(capture: Capture, driven: Driven, simulator: RunningSimulator): Promise<void> {
  const { replicationProtectedItems: items, replicationJobs: jobs } = capture.azure.siteRecovery;
  const test = () =>
    items.beginTestFailover(...PLACE, 'jump-01', {
      properties: {
        failoverDirection: 'PrimaryToRecovery',
        networkType: 'VmNetworkAsInput',
        networkId: `/subscriptions/${simulator.ready.subscriptionId}/resourceGroups/rg-dr-test/providers/Microsoft.Network/virtualNetworks/vnet-drill`,
        providerSpecificDetails: A2A,
      },
    });
  const job = (name: string) => call(capture, driven, 'ReplicationJobs_Get', () => jobs.get(...VAULT, name));
  const comes = async (name: string, wanted: string): Promise<void> =>
    simulator.until(async () => (await job(name)).properties?.state === wanted);
  const follow = async (): Promise<void> => {
    const accepted = capture.exchanges.findLast(({ method, status }) => method === 'POST' && status === 202);
    await capture.raw('GET', accepted?.headers['azure-asyncoperation'] ?? '');
    await capture.raw('GET', accepted?.headers['location'] ?? '');
  };

  await test();
  const cancelled = jobOf(capture);
  await refused(() => jobs.beginCancel(...VAULT, cancelled));
  await comes(cancelled, 'InProgress');
  await jobs.beginCancel(...VAULT, cancelled);
  await job(cancelled);
  await follow();
  await refused(() => jobs.beginCancel(...VAULT, cancelled));
  await comes(cancelled, 'Cancelled');
  await follow();
  await refused(() => jobs.beginResume(...VAULT, cancelled, { properties: { comments: 'go on' } }));
  await refused(() => jobs.beginCancel(...VAULT, 'nobody'));

  const match = { operation: 'ReplicationProtectedItems_TestFailover', resource: '/jump-01/' };
  const failure = { match, when: 'duringJob', do: { failJob: { code: '28031' } }, times: 1 };
  await simulator.control('faults', { method: 'POST', body: failure });
  await test();
  const failed = jobOf(capture);
  await comes(failed, 'Failed');
  await jobs.beginRestart(...VAULT, failed);
  await refused(() => jobs.beginRestart(...VAULT, failed));
  await comes(jobOf(capture), 'Succeeded');
  await follow();
  const allows = async (word: string): Promise<boolean> =>
    (await items.get(...PLACE, 'jump-01')).properties?.allowedOperations?.includes(word) === true;
  await simulator.until(() => allows('TestFailoverCleanup'));
  await items.beginTestFailoverCleanup(...PLACE, 'jump-01', { properties: { comments: 'over' } });
  await simulator.until(() => allows('TestFailover'));
}

/** A machine that was failed over, and is not committed yet, gets another point; one that is not is refused. */
export async function driveChangePoint(capture: Capture, driven: Driven, simulator: RunningSimulator): Promise<void> {
  const { replicationProtectedItems: items, recoveryPoints } = capture.azure.siteRecovery;
  const name = 'jump-01';
  const words = async (): Promise<readonly string[]> =>
    (await call(capture, driven, 'ReplicationProtectedItems_Get', () => items.get(...PLACE, name))).properties?.allowedOperations ?? [];
  const point = (await collect(recoveryPoints.listByReplicationProtectedItems(...PLACE, name)))[0]?.id ?? '';
  const change = (recoveryPointId: string) =>
    items.beginApplyRecoveryPoint(...PLACE, name, { properties: { recoveryPointId, providerSpecificDetails: A2A } });
  if (!(await words()).includes('ChangePit')) return refused(() => change(point));
  await refused(() => change(`${point}-none`));
  await change(point);
  await words();
  return simulator.until(async () => (await words()).includes('Commit'));
}

/** The protection of a machine is disabled and enabled again. */
async function driveEnabling(capture: Capture, driven: Driven, simulator: RunningSimulator): Promise<void> {
  const { replicationProtectedItems: items } = capture.azure.siteRecovery;
  const name = 'jump-01';
  const get = () => call(capture, driven, 'ReplicationProtectedItems_Get', () => items.get(...PLACE, name));
  const { properties } = await get();
  const details = properties?.providerSpecificDetails as A2AReplicationDetails;
  const disks = (details.protectedManagedDisks ?? []).map((disk) => ({
    diskId: disk.diskId ?? '',
    primaryStagingAzureStorageAccountId: disk.primaryStagingAzureStorageAccountId ?? '',
    recoveryResourceGroupId: disk.recoveryResourceGroupId ?? '',
  }));
  const enable = (fabricObjectId: string) =>
    items.beginCreate(...PLACE, name, {
      properties: {
        policyId: properties?.policyId ?? '',
        providerSpecificDetails: {
          ...A2A,
          fabricObjectId,
          recoveryContainerId: properties?.recoveryContainerId ?? '',
          recoveryResourceGroupId: details.recoveryAzureResourceGroupId ?? '',
          vmManagedDisks: disks,
        },
      },
    });
  const machine = details.fabricObjectId ?? '';
  await refused(() => enable(machine));
  await items.beginDelete(...PLACE, name, END);
  await simulator.until(() => isGone(capture, name));
  await refused(() => enable(`${machine}-none`));
  await enable(machine);
  const accepted = capture.exchanges.at(-1)?.headers;
  await refused(() => enable(machine));
  await get();
  await simulator.until(async () => (await get()).properties?.protectionState === 'InitialReplicationInProgress');
  await capture.raw('GET', accepted?.['location'] ?? '');
  await simulator.control('clock', { method: 'POST', body: { advanceMs: 30_000 } });
  await simulator.until(async () => (await get()).properties?.protectionState === 'Protected');
}

const END = { properties: { disableProtectionReason: 'NotSpecified' } };

const isGone = (capture: Capture, name: string): Promise<boolean> =>
  capture.azure.siteRecovery.replicationProtectedItems.get(...PLACE, name).then(
    () => false,
    () => true,
  );
/** What was failed over and committed is disabled, and deleted where it is there no more. */
export async function driveRemoval(capture: Capture, simulator: RunningSimulator): Promise<void> {
  const { replicationProtectedItems: items } = capture.azure.siteRecovery;
  await items.beginDelete(...PLACE, 'jump-01', END);
  await refused(() => items.beginDelete(...PLACE, 'jump-01', END));
  await refused(() => items.beginPurge(...PLACE, 'jump-01'));
  await simulator.until(() => isGone(capture, 'jump-01'));
  await refused(() => items.beginDelete(...PLACE, 'jump-01', END));
  await items.beginPurge(...PLACE, 'jump-01');
  await items.beginPurge(...PLACE, 'batch-01');
  await simulator.until(() => isGone(capture, 'batch-01'));
}
