import { listed } from '../lists.ts';
import type { Vault, World } from '../world.ts';
import { containers } from './discovery.ts';

const DAY_MS = 86_400_000;

interface ListedItem {
  readonly properties: { readonly healthStatus: string; readonly isScheduledForDeferredDelete?: boolean };
}

interface ListedJob {
  readonly properties: { readonly status: string; readonly startTime: string };
}

/** Numbers of a vault. They are counted from its lists, and so know a change when these do. */
export function backupUsages(world: World, vault: Vault): readonly unknown[] {
  const items = itemsOf(world, vault);
  const critical = items.filter(({ properties }) => properties.healthStatus === 'ActionRequired').length;
  const sinceMs = world.clock.nowMs() - world.clock.pacedPeriod(DAY_MS);
  const jobs = (listed(world, `backup jobs ${vault.name}`) as readonly ListedJob[]).map(({ properties }) => properties);
  const underWay = jobs.filter(({ status }) => status === 'InProgress' || status === 'Cancelling').length;
  const failed = jobs.filter(({ status, startTime }) => status === 'Failed' && Date.parse(startTime) >= sinceMs).length;
  return [
    count('ProtectedItemCount', 'Backup items/Azure virtual machine backup', items.length),
    count('ProtectedItemCriticalCount', 'Critical', critical),
    count('ProtectedItemWarningCount', 'Warning', 0),
    count('IaaSVMProtectedItemCount', 'Azure Virtual Machines', items.length),
    count('IaaSVMProtectedItemCriticalCount', 'Critical', critical),
    count('IaaSVMProtectedItemWarningCount', 'Warning', 0),
    { ...count('InProgressJobsCount', 'In progress', underWay), quotaPeriod: 'P1D' },
    { ...count('FailedJobsCount', 'Failed', failed), quotaPeriod: 'P1D' },
    count('ManagedInstances', 'Protected Instances', items.length),
  ];
}

/** How many things of each kind a vault protects; here it is machines alone. */
export const SUMMARIES: Readonly<Record<string, (world: World, vault: Vault) => readonly unknown[]>> = {
  BackupProtectedItemCountSummary: (world, vault) => [count('AzureIaasVM', 'Azure Virtual Machine', itemsOf(world, vault).length)],
  BackupProtectionContainerCountSummary: (world, vault) => [
    count('AzureIaasVM', 'Azure Virtual Machine', listed(world, containers(vault)).length),
  ],
};

interface ListedReplication {
  readonly properties: { readonly replicationHealth?: string | null };
}

interface ListedReplicationJob {
  readonly properties: { readonly state: string };
}

/** Numbers of a vault's replication, counted from its lists as well. */
export function replicationUsages(world: World, vault: Vault): unknown {
  const items = listed(world, `items ${vault.name}`) as readonly ListedReplication[];
  const states = (listed(world, `jobs ${vault.name}`) as readonly ListedReplicationJob[]).map(({ properties }) => properties.state);
  const jobs = (state: string): number => states.filter((each) => each === state).length;
  return {
    monitoringSummary: {
      unHealthyVmCount: items.filter(({ properties }) => properties.replicationHealth === 'Critical').length,
      unHealthyProviderCount: 0,
      eventsCount: 0,
      deprecatedProviderCount: 0,
      supportedProviderCount: 0,
      unsupportedProviderCount: 0,
    },
    jobsSummary: { failedJobs: jobs('Failed'), suspendedJobs: jobs('Suspended'), inProgressJobs: jobs('InProgress') },
    protectedItemCount: items.length,
    recoveryPlanCount: listed(world, `plans ${vault.name}`).length,
    registeredServersCount: 0,
    recoveryServicesProviderAuthType: 1,
  };
}

/** What is deleted and kept counts no more. */
function itemsOf(world: World, vault: Vault): readonly ListedItem[] {
  const items = listed(world, `backup items ${vault.name}`) as readonly ListedItem[];
  return items.filter(({ properties }) => properties.isScheduledForDeferredDelete !== true);
}

function count(value: string, localizedValue: string, currentValue: number): Readonly<Record<string, unknown>> {
  return { unit: 'Count', currentValue, limit: -1, name: { value, localizedValue } };
}
