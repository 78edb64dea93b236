import { replicatedMachine } from '../actions/asr-item-now.ts';
import type { Azure, AzureReadAnswer, AzureReplicationItem } from '../azure-calls.ts';
import { armIdPart, protectedMachine } from '../ids.ts';
import type { TargetSource } from '../language/runbook.ts';
import { PLAN_READS_AT_ONCE } from '../limits.ts';
import type { PlannedMachine, Target } from '../target.ts';
import type { PinnedRunbook, Plan } from './plan-record.ts';
import { withShortKeys } from './short-keys.ts';

type RecoveryPlanSource = Extract<TargetSource, { kind: 'recovery_plan' }>;

/** The machines of a recovery plan, or why they could not be read: then there is no set, never a part of one. */
export type RecoveryPlanTargets =
  | { readonly kind: 'resolved'; readonly planId: string; readonly targets: readonly Target[] }
  | { readonly kind: 'failed'; readonly message: string };

/**
 * Reads a recovery plan and every protected machine in it. Targets stand in boot order; `recoveryGroup` is the number of the
 * boot group, from 1. Shutdown and failover groups of a plan hold no machines of their own.
 */
export async function recoveryPlanTargets(
  azure: Pick<Azure, 'read'>,
  source: RecoveryPlanSource,
  environment: string | null,
  signal: AbortSignal,
): Promise<RecoveryPlanTargets> {
  const planId = recoveryPlanId(source);
  const plan = await azure.read({ kind: 'sr.plan', planId }, signal);
  if (plan.kind !== 'found') return { kind: 'failed', message: `recovery plan ${source.name}: ${why(plan)}` };

  const bootGroups = plan.value.groups.filter((group) => group.type.toLowerCase() === 'boot');
  const members = bootGroups.flatMap((group, index) => group.itemIds.map((itemId) => ({ itemId, recoveryGroup: index + 1 })));
  const targets: Target[] = [];
  for (let start = 0; start < members.length; start += PLAN_READS_AT_ONCE) {
    const some = members.slice(start, start + PLAN_READS_AT_ONCE);
    const items = await Promise.all(some.map(({ itemId }) => azure.read({ kind: 'sr.item', itemId }, signal)));
    for (const [index, { itemId, recoveryGroup }] of some.entries()) {
      const item = items[index];
      if (item?.kind !== 'found') return { kind: 'failed', message: `protected machine ${itemId}: ${item ? why(item) : 'not read'}` };
      targets.push(itemTarget(item.value, { recoveryGroup, environment }));
    }
  }
  return { kind: 'resolved', planId: plan.value.id, targets: withShortKeys(targets) };
}

/** A protected machine as a target. Its lock names vault and item, not fabric: reversing the protection moves an item to another fabric. */
function itemTarget(item: AzureReplicationItem, place: { readonly recoveryGroup: number; readonly environment: string | null }): Target {
  const machine = item.sourceVmId ?? item.id;
  const replicated = replicatedMachine(item);
  return {
    key: item.friendlyName,
    name: item.friendlyName,
    kind: 'replication_item',
    id: item.id,
    lockId: protectedMachine(item.id, item.name),
    os: item.os ?? null,
    address: null,
    via: null,
    port: null,
    user: null,
    credential: null,
    tags: {},
    location: item.primaryRegion ?? null,
    resourceGroup: armIdPart(machine, 'resourceGroups') ?? null,
    subscription: armIdPart(machine, 'subscriptions') ?? null,
    recoveryGroup: place.recoveryGroup,
    powerState: null,
    environment: place.environment,
    ...(replicated === undefined ? {} : { replicated }),
  };
}

/** All machines of each recovery plan that a runbook names, before its sets take a part of them: what a run may bring up. */
export function heldMachines({ members }: Pick<PinnedRunbook, 'members'>): NonNullable<Plan['recoveryPlans']> {
  return Object.fromEntries(
    Object.values(members).flatMap(({ planId, targets }) =>
      planId === undefined ? [] : [[planId.toLowerCase(), targets.map(plannedMachine)] as const],
    ),
  );
}

function plannedMachine({ id, lockId, name, replicated }: Target): PlannedMachine {
  return { id, lockId, name, ...(replicated === undefined ? {} : { replicated }) };
}

/** The ARM id of a recovery plan. */
export function recoveryPlanId(source: RecoveryPlanSource): string {
  const vault = `/subscriptions/${source.subscription}/resourceGroups/${source.resourceGroup}/providers/Microsoft.RecoveryServices/vaults/${source.vault}`;
  return `${vault}/replicationRecoveryPlans/${source.name}`;
}

function why(answer: Exclude<AzureReadAnswer<unknown>, { kind: 'found' }>): string {
  switch (answer.kind) {
    case 'missing':
      return `does not exist (${answer.message})`;
    case 'denied':
      return `may not be read (${answer.message})`;
    case 'invalid':
    case 'unanswered':
      return `could not be read (${answer.message})`;
  }
}
