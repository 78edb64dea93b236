import type { RecoveryPlanA2AFailoverInput } from '@azure/arm-recoveryservices-siterecovery';
import type { AzureRecoveryPlan } from '../../engine/azure-calls.ts';
import type { PlanFailover, PlanPoint, PlanTestFailover } from '../../engine/azure-operations.ts';
import type { CallOptions } from './call-options.ts';
import type { ClientSet } from './clients.ts';
import { planPath } from './resource-paths.ts';
import { planOf } from './site-recovery-shapes.ts';

/** Reads a recovery plan by GET: the list leaves its groups empty. */
export async function getPlan(clients: ClientSet, planId: string, abortSignal: AbortSignal): Promise<AzureRecoveryPlan> {
  return planOf(await clients.siteRecovery.replicationRecoveryPlans.get(...planPath(planId), { abortSignal }), planId);
}

/** Sends `testFailover` of a plan. */
export async function testFailoverPlan(clients: ClientSet, operation: PlanTestFailover, options: CallOptions): Promise<void> {
  const { planId, direction, networkId } = operation;
  const input = {
    properties: {
      failoverDirection: direction,
      networkType: 'VmNetworkAsInput',
      networkId,
      providerSpecificDetails: [pointOf(operation)],
    },
  };
  await clients.siteRecovery.replicationRecoveryPlans.beginTestFailover(...planPath(planId), input, options);
}

/** Sends `testFailoverCleanup` of a plan. */
export async function cleanUpPlan(
  clients: ClientSet,
  operation: { readonly planId: string; readonly comments: string },
  options: CallOptions,
): Promise<void> {
  const input = { properties: { comments: operation.comments } };
  await clients.siteRecovery.replicationRecoveryPlans.beginTestFailoverCleanup(...planPath(operation.planId), input, options);
}

/** Sends `unplannedFailover` of a plan. Azure-to-Azure protection has no planned one: a planned move shuts the source down first. */
export async function failOverPlan(clients: ClientSet, operation: PlanFailover, options: CallOptions): Promise<void> {
  const { planId, direction, shutdownPrimary } = operation;
  const input = {
    properties: {
      failoverDirection: direction,
      sourceSiteOperations: shutdownPrimary ? 'Required' : 'NotRequired',
      providerSpecificDetails: [pointOf(operation)],
    },
  };
  await clients.siteRecovery.replicationRecoveryPlans.beginUnplannedFailover(...planPath(planId), input, options);
}

/** Sends `failoverCommit` of a plan. */
export async function commitPlan(clients: ClientSet, planId: string, options: CallOptions): Promise<void> {
  await clients.siteRecovery.replicationRecoveryPlans.beginFailoverCommit(...planPath(planId), options);
}

function pointOf({ pointType, multiVmSync }: PlanPoint): RecoveryPlanA2AFailoverInput {
  return {
    instanceType: 'A2A',
    recoveryPointType: pointType,
    multiVmSyncPointOption: multiVmSync ? 'UseMultiVmSyncRecoveryPoint' : 'UsePerVmRecoveryPoint',
  };
}
