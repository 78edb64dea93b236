import type { RunningSimulator } from '../support/simulator.ts';
import type { Capture } from './capture.ts';
import { call, collect, type Driven, jobOf, refused } from './calls.ts';

const VAULT = ['rsv-dr-weu', 'rg-dr-weu'] as const;
const SITE = 'asr-a2a-default-westeurope';
const PLACE = [...VAULT, SITE, `${SITE}-container`] as const;
const A2A = { instanceType: 'A2A' as const };

/** Drives what may be done about the protection of a machine besides failing it over. */
export async function driveProtection(capture: Capture, driven: Driven, simulator: RunningSimulator): Promise<void> {
  await driveJobs(capture, driven, simulator);
  await driveChangePoint(capture, driven, simulator);
  await driveRemoval(capture, simulator);
}

/** A failover that is cancelled while it runs, and one that fails and is restarted. */
async function driveJobs(capture: Capture, driven: Driven, simulator: RunningSimulator): Promise<void> {
  const { replicationProtectedItems: items, replicationJobs: jobs } = capture.azure.siteRecovery;
  const test = () =>
    items.beginTestFailover(...PLACE, 'batch-01', {
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

  const match = { operation: 'ReplicationProtectedItems_TestFailover', resource: '/batch-01/' };
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
    (await items.get(...PLACE, 'batch-01')).properties?.allowedOperations?.includes(word) === true;
  await simulator.until(() => allows('TestFailoverCleanup'));
  await items.beginTestFailoverCleanup(...PLACE, 'batch-01', { properties: { comments: 'over' } });
  await simulator.until(() => allows('TestFailover'));
}

/** A machine that was failed over, and is not committed yet, gets another point. */
async function driveChangePoint(capture: Capture, driven: Driven, simulator: RunningSimulator): Promise<void> {
  const { replicationProtectedItems: items, recoveryPoints } = capture.azure.siteRecovery;
  const name = 'batch-01';
  const allows = async (word: string): Promise<boolean> =>
    (await call(capture, driven, 'ReplicationProtectedItems_Get', () => items.get(...PLACE, name))).properties?.allowedOperations?.includes(
      word,
    ) === true;
  const point = (await collect(recoveryPoints.listByReplicationProtectedItems(...PLACE, name)))[0]?.id ?? '';
  const change = (recoveryPointId: string) =>
    items.beginApplyRecoveryPoint(...PLACE, name, { properties: { recoveryPointId, providerSpecificDetails: A2A } });
  await refused(() => change(point));
  await items.beginUnplannedFailover(...PLACE, name, {
    properties: { failoverDirection: 'PrimaryToRecovery', sourceSiteOperations: 'NotRequired', providerSpecificDetails: A2A },
  });
  await simulator.until(() => allows('ChangePit'));
  await refused(() => change(`${point}-none`));
  await change(point);
  await allows('Commit');
  await simulator.until(() => allows('Commit'));
  await items.beginFailoverCommit(...PLACE, name);
  await simulator.until(() => allows('SwitchProtection'));
}

async function driveRemoval(capture: Capture, simulator: RunningSimulator): Promise<void> {
  const { replicationProtectedItems: items } = capture.azure.siteRecovery;
  const gone = async (name: string): Promise<boolean> =>
    items.get(...PLACE, name).then(
      () => false,
      () => true,
    );
  const end = { properties: { disableProtectionReason: 'NotSpecified' } };
  await items.beginDelete(...PLACE, 'jump-01', end);
  await refused(() => items.beginDelete(...PLACE, 'jump-01', end));
  await refused(() => items.beginPurge(...PLACE, 'jump-01'));
  await simulator.until(() => gone('jump-01'));
  await refused(() => items.beginDelete(...PLACE, 'jump-01', end));
  await items.beginPurge(...PLACE, 'jump-01');
  await items.beginPurge(...PLACE, 'batch-01');
  await simulator.until(() => gone('batch-01'));
}
