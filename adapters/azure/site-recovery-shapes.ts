import type {
  A2AReplicationDetails,
  CurrentScenarioDetails,
  RecoveryPlan,
  ReplicationProtectedItem,
} from '@azure/arm-recoveryservices-siterecovery';
import type { AzureRecoveryPlan, AzureReplicationItem, AzureScenario } from '../../engine/azure-calls.ts';
import { armIdPart } from '../../engine/ids.ts';
import { timeOf } from './times.ts';
import { osOf } from './virtual-machines.ts';

/** A protected item as the engine reads it. Empty texts, nulls and the word `None` mean absent. */
export function itemOf(item: ReplicationProtectedItem, asked: string): AzureReplicationItem {
  const id = item.id ?? asked;
  const name = item.name ?? armIdPart(id, 'replicationProtectedItems') ?? id;
  const { properties } = item;
  // Without its list nothing would be allowed and nothing left to clean up: an answer like that must not decide anything.
  if (!properties?.allowedOperations) throw new Error(`the answer is not a protected item: ${asked}`);
  const details = detailsOf(item);
  return {
    id,
    name,
    friendlyName: textOf(properties.friendlyName) ?? name,
    activeLocation: textOf(properties.activeLocation),
    protectionState: textOf(properties.protectionState),
    replicationHealth: textOf(properties.replicationHealth),
    failoverHealth: textOf(properties.failoverHealth),
    testFailoverState: textOf(properties.testFailoverState),
    allowedOperations: properties.allowedOperations,
    runningScenario: runningScenario(properties.currentScenario),
    rpoMs: typeof details?.rpoInSeconds === 'number' ? details.rpoInSeconds * 1000 : undefined,
    rpoCalculatedAtMs: timeOf(details?.lastRpoCalculatedTime),
    sourceVmId: textOf(details?.fabricObjectId),
    testVmId: textOf(details?.testFailoverRecoveryFabricObjectId),
    testVmName: textOf(details?.tfoAzureVMName),
    recoveryVmId: textOf(details?.recoveryFabricObjectId),
    recoveryContainerId: textOf(properties.recoveryContainerId),
    recoveryResourceGroupId: textOf(details?.recoveryAzureResourceGroupId),
    primaryRegion: textOf(details?.primaryFabricLocation),
    recoveryRegion: textOf(details?.recoveryFabricLocation),
    os: osOf(details?.osType),
    multiVmGroupName: textOf(details?.multiVmGroupName),
    lifecycleId: textOf(details?.lifecycleId),
    plannedRecoveryVmId: plannedVmId(details),
    failoverPointId: textOf(properties.failoverRecoveryPointId),
    healthErrors: (properties.healthErrors ?? []).flatMap(({ errorCode }) => textOf(errorCode) ?? []),
    lastTestFailoverAtMs: timeOf(properties.lastSuccessfulTestFailoverTime),
    agentUpdateRequired: details?.isReplicationAgentUpdateRequired ?? undefined,
    agentExpiresAtMs: timeOf(details?.agentExpiryDate),
    unprotectedDisks: unprotectedDisks(details),
    resyncDisks: details?.protectedManagedDisks?.flatMap(({ resyncRequired, diskName }) =>
      resyncRequired === true ? [diskName ?? '?'] : [],
    ),
  };
}

function plannedVmId(details: A2AReplicationDetails | undefined): string | undefined {
  const group = textOf(details?.recoveryAzureResourceGroupId);
  const name = textOf(details?.recoveryAzureVMName);
  return group === undefined || name === undefined ? undefined : `${group}/providers/Microsoft.Compute/virtualMachines/${name}`;
}

function unprotectedDisks(details: A2AReplicationDetails | undefined): readonly string[] | undefined {
  if (!details?.protectedManagedDisks) return undefined;
  const left = details.protectedManagedDisks.filter(({ diskState }) => /^unprotected/i.test(diskState ?? ''));
  const never = (details.unprotectedDisks ?? []).map(({ diskLunId }) => `disk at LUN ${diskLunId ?? '?'}`);
  return [...left.map(({ diskName }) => diskName ?? '?'), ...never];
}

/** A recovery plan as the engine reads it; groups stay in Azure's order. */
export function planOf(plan: RecoveryPlan, asked: string): AzureRecoveryPlan {
  const id = plan.id ?? asked;
  const { properties } = plan;
  if (!properties?.groups) throw new Error(`the answer is not a recovery plan: ${asked}`);
  const failovers = [timeOf(properties.lastPlannedFailoverTime), timeOf(properties.lastUnplannedFailoverTime)];
  const lastFailoverAtMs = Math.max(...failovers.map((time) => time ?? -Infinity));
  return {
    id,
    name: plan.name ?? armIdPart(id, 'replicationRecoveryPlans') ?? id,
    allowedOperations: properties.allowedOperations ?? [],
    runningScenario: runningScenario(properties.currentScenario),
    lastTestFailoverAtMs: timeOf(properties.lastTestFailoverTime),
    lastFailoverAtMs: lastFailoverAtMs === -Infinity ? undefined : lastFailoverAtMs,
    primaryFabricId: textOf(properties.primaryFabricId),
    groups: properties.groups.map((group) => ({
      type: group.groupType,
      itemIds: (group.replicationProtectedItems ?? []).flatMap((item) => (item.id === undefined ? [] : [item.id])),
    })),
  };
}

/** Idle plans say null, idle items say an object named "None" whose job id ends in "None". */
function runningScenario(scenario: CurrentScenarioDetails | null | undefined): AzureScenario | undefined {
  const name = textOf(scenario?.scenarioName);
  if (name === undefined) return undefined;
  const jobId = textOf(scenario?.jobId);
  return { name, jobId: jobId?.toLowerCase().endsWith('/none') === true ? undefined : jobId };
}

/** A text, if it says something: empty, null and "None" do not. */
export function textOf(text: string | null | undefined): string | undefined {
  return text === undefined || text === null || text === '' || text === 'None' ? undefined : text;
}

function detailsOf(item: ReplicationProtectedItem): A2AReplicationDetails | undefined {
  const details = item.properties?.providerSpecificDetails;
  return details?.instanceType === 'A2A' ? (details as A2AReplicationDetails) : undefined;
}
