import type { RunningSimulator } from '../support/simulator.ts';
import type { Capture } from './capture.ts';
import { driveChangePoint } from './drive-protection.ts';
import { call, collect, type Driven, jobOf, refused } from './calls.ts';

const VAULT = ['rsv-dr-weu', 'rg-dr-weu'] as const;
const SITE = 'asr-a2a-default-westeurope';
const OTHER = 'asr-a2a-default-northeurope';
const PLACE = [SITE, `${SITE}-container`] as const;
const OTHER_PLACE = [OTHER, `${OTHER}-container`] as const;

/** Drives a real failover of a plan and of a machine, its commit and the reversal of the protection, until the machine is protected again. */
export async function driveFailover(capture: Capture, driven: Driven, simulator: RunningSimulator): Promise<void> {
  const { replicationProtectedItems: items, replicationRecoveryPlans: plans } = capture.azure.siteRecovery;
  const last = (): unknown => capture.exchanges.at(-1)?.answer;
  const item = (name: string, place: readonly [string, string] = PLACE) =>
    call(capture, driven, 'ReplicationProtectedItems_Get', () => items.get(...VAULT, ...place, name));
  const allowed = async (name: string, word: string): Promise<boolean> =>
    (await item(name)).properties?.allowedOperations?.includes(word) === true;
  const plan = async (word: string): Promise<boolean> =>
    (
      await call(capture, driven, 'ReplicationRecoveryPlans_Get', () => plans.get(...VAULT, 'rp-shop'))
    ).properties?.allowedOperations?.includes(word) === true;

  const details = [
    { instanceType: 'A2A' as const, recoveryPointType: 'LatestProcessed', multiVmSyncPointOption: 'UseMultiVmSyncRecoveryPoint' },
  ];
  const input = {
    properties: { failoverDirection: 'PrimaryToRecovery', sourceSiteOperations: 'Required', providerSpecificDetails: details },
  };
  await simulator.until(() => plan('UnplannedFailover'));
  await refused(() =>
    plans.beginUnplannedFailover(...VAULT, 'rp-shop', { properties: { ...input.properties, failoverDirection: 'RecoveryToPrimary' } }),
  );
  await plans.beginUnplannedFailover(...VAULT, 'rp-shop', input);
  const jobName = jobOf(capture);
  const job = () => call(capture, driven, 'ReplicationJobs_Get', () => capture.azure.siteRecovery.replicationJobs.get(...VAULT, jobName));
  await refused(() => plans.beginUnplannedFailover(...VAULT, 'rp-shop', input));
  await simulator.until(async () => (await job()).properties?.state === 'Succeeded');
  driven.states.set('plan failover ended', last());
  await item('web-01');
  driven.states.set('item failed over', last());
  await plans.beginFailoverCommit(...VAULT, 'rp-shop');
  await simulator.until(() => allowed('web-01', 'SwitchProtection'));
  driven.states.set('item committed', last());
  await refused(() => plans.beginFailoverCommit(...VAULT, 'rp-shop'));
  await driveNeverAllowed(capture);
  await plans.beginReprotect(...VAULT, 'rp-shop');
  await refused(() => plans.beginReprotect(...VAULT, 'rp-shop'));
  const reprotect = jobOf(capture);
  await simulator.until(
    async () =>
      (await call(capture, driven, 'ReplicationJobs_Get', () => capture.azure.siteRecovery.replicationJobs.get(...VAULT, reprotect)))
        .properties?.state === 'Failed',
  );
  await driveItemFailover(capture, driven, simulator);
  await driveSwitch(capture, driven, simulator);
  await simulator.until(
    async () => (await item('web-01', OTHER_PLACE)).properties?.protectionState === 'InitialReplicationRecoveryCompletionPending',
  );
  driven.states.set('item waiting', last());
  await simulator.until(async () => (await item('web-01', OTHER_PLACE)).properties?.protectionState === 'Protected');
  driven.states.set('item protected again', last());
}

/** What Azure has for other ways to replicate is refused. */
async function driveNeverAllowed(capture: Capture): Promise<void> {
  const { replicationProtectedItems: items, replicationRecoveryPlans: plans } = capture.azure.siteRecovery;
  const properties = { failoverDirection: 'PrimaryToRecovery' };
  const item = [...VAULT, ...PLACE, 'web-01'] as const;
  await refused(() => items.beginPlannedFailover(...item, { properties }));
  await refused(() => items.beginResolveHealthErrors(...item, { properties: { healthErrors: [{ healthErrorId: '1' }] } }));
  await refused(() => items.beginFailoverCancel(...item));
  await refused(() => items.beginReprotect(...item, { properties: { ...properties, providerSpecificDetails: { instanceType: 'A2A' } } }));
  await refused(() => plans.beginPlannedFailover(...VAULT, 'rp-shop', { properties }));
  await refused(() => plans.beginFailoverCancel(...VAULT, 'rp-shop'));
  await refused(() => plans.beginFailoverCancel(...VAULT, 'nobody'));
}

async function driveItemFailover(capture: Capture, driven: Driven, simulator: RunningSimulator): Promise<void> {
  const { replicationProtectedItems: items } = capture.azure.siteRecovery;
  const allows = async (word: string): Promise<boolean> =>
    (
      await call(capture, driven, 'ReplicationProtectedItems_Get', () => items.get(...VAULT, ...PLACE, 'jump-01'))
    ).properties?.allowedOperations?.includes(word) === true;
  const properties = {
    failoverDirection: 'PrimaryToRecovery',
    sourceSiteOperations: 'NotRequired',
    providerSpecificDetails: { instanceType: 'A2A' as const },
  };
  await driveChangePoint(capture, driven, simulator);
  await items.beginUnplannedFailover(...VAULT, ...PLACE, 'jump-01', { properties });
  await refused(() => items.beginUnplannedFailover(...VAULT, ...PLACE, 'jump-01', { properties }));
  await simulator.until(() => allows('Commit'));
  await driveChangePoint(capture, driven, simulator);
  await items.beginFailoverCommit(...VAULT, ...PLACE, 'jump-01');
  await simulator.until(() => allows('SwitchProtection'));
}

async function driveSwitch(capture: Capture, driven: Driven, simulator: RunningSimulator): Promise<void> {
  const { replicationProtectedItems: items, replicationProtectionContainers: containers } = capture.azure.siteRecovery;
  const mappings = await collect(capture.azure.siteRecovery.replicationProtectionContainerMappings.list(...VAULT));
  const back = mappings.find(({ properties }) => properties?.targetProtectionContainerId?.endsWith(PLACE[1]));
  const seen = await items.get(...VAULT, ...PLACE, 'web-01');
  const group = `/subscriptions/${simulator.ready.subscriptionId}/resourceGroups`;
  const disk = (name: string) => ({
    diskId: `${group}/rg-shop-neu/providers/Microsoft.Compute/disks/${name}`,
    primaryStagingAzureStorageAccountId: `${group}/rg-shop-neu/providers/Microsoft.Storage/storageAccounts/stcacheneu`,
    recoveryResourceGroupId: `${group}/rg-shop-weu`,
  });
  const details = {
    instanceType: 'A2A' as const,
    recoveryContainerId: back?.properties?.targetProtectionContainerId ?? '',
    policyId: back?.properties?.policyId ?? '',
    recoveryResourceGroupId: `${group}/rg-shop-weu`,
    vmManagedDisks: [disk('web-01_OsDisk_1'), disk('web-01_DataDisk_0')],
  };
  const input = (given: typeof details) => ({
    properties: { replicationProtectedItemName: seen.name ?? '', providerSpecificDetails: given },
  });
  await refused(() => containers.beginSwitchProtection(...VAULT, ...PLACE, input({ ...details, vmManagedDisks: [] })));
  await containers.beginSwitchProtection(...VAULT, ...PLACE, input(details));
  const jobName = jobOf(capture);
  await refused(() => containers.beginSwitchProtection(...VAULT, ...PLACE, input(details)));
  await simulator.until(async () => {
    const job = await call(capture, driven, 'ReplicationJobs_Get', () => capture.azure.siteRecovery.replicationJobs.get(...VAULT, jobName));
    if (job.properties?.state === 'InProgress') driven.states.set('switch job', capture.exchanges.at(-1)?.answer);
    return job.properties?.state === 'Succeeded';
  });
  await refused(() => items.get(...VAULT, ...PLACE, 'web-01'));
  await items.get(...VAULT, ...OTHER_PLACE, 'web-01');
  driven.states.set('item switched', capture.exchanges.at(-1)?.answer);
}
