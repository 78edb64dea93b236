import type { AzureRecoveryPlan, AzureReplicationItem } from '../azure-calls.ts';
import type { FailoverDirection } from '../azure-operations.ts';
import { armIdUpTo, protectedMachine, sameArmId } from '../ids.ts';
import { PLAN_READS_AT_ONCE } from '../limits.ts';
import type { ActionContext, ActionPorts, Failed } from './action.ts';
import { notThePlanned } from './asr-item-now.ts';
import { allowedText, allows } from './asr-item-state.ts';
import type { MachineSource } from './asr-test-machine.ts';
import { failed, type AzureReadProblem } from './azure-answer.ts';

/** A protected machine of a plan with the number of its boot group, from 1. */
export interface PlanMachine {
  readonly item: AzureReplicationItem;
  readonly group: number;
}

/** A recovery plan with every machine in it, in boot order. */
export interface PlanState {
  readonly plan: AzureRecoveryPlan;
  readonly machines: readonly PlanMachine[];
}

/** What reading a plan told: all of it, or the first thing that could not be read. */
export type PlanRead =
  | ({ readonly kind: 'read' } & PlanState)
  | { readonly kind: 'problem'; readonly what: string; readonly problem: AzureReadProblem };

/** Reads a plan and its machines; a plan is as good as its worst machine, so a part of it is never given. */
export async function readPlan(ports: Pick<ActionPorts, 'azure'>, planId: string, signal: AbortSignal): Promise<PlanRead> {
  const plan = await ports.azure.read({ kind: 'sr.plan', planId }, signal);
  if (plan.kind !== 'found') return { kind: 'problem', what: 'the recovery plan', problem: plan };
  const groups = plan.value.groups.filter((group) => group.type.toLowerCase() === 'boot');
  const members = groups.flatMap(({ itemIds }, index) => itemIds.map((itemId) => ({ itemId, group: index + 1 })));
  const machines: PlanMachine[] = [];
  for (let start = 0; start < members.length; start += PLAN_READS_AT_ONCE) {
    const some = members.slice(start, start + PLAN_READS_AT_ONCE);
    const answers = await Promise.all(some.map(({ itemId }) => ports.azure.read({ kind: 'sr.item', itemId }, signal)));
    for (const [index, answer] of answers.entries()) {
      const { itemId, group } = some[index] ?? { itemId: '', group: 0 };
      if (answer.kind !== 'found') return { kind: 'problem', what: `protected machine ${itemId}`, problem: answer };
      machines.push({ item: answer.value, group });
    }
  }
  return { kind: 'read', plan: plan.value, machines };
}

/** Why an operation must not be sent to a plan now; undefined when nothing speaks against it. */
export function planRefusal(
  { plan, machines }: PlanState,
  { word, needs }: { readonly word: string; readonly needs: 'every machine' | 'the plan' },
): Failed | undefined {
  const { runningScenario } = plan;
  if (runningScenario) {
    const job = runningScenario.jobId ?? 'an unnamed job';
    return failed('target', `${runningScenario.name} of plan ${plan.name} is under way and was not started by this step: ${job}`);
  }
  if (machines.length === 0) return failed('target', `plan ${plan.name} has no machines`);
  const busy = machines.filter(({ item }) => !allows(item, word));
  if (planAllows(plan, word) && (busy.length === 0 || needs === 'the plan')) return undefined;
  const details = busy.map(
    ({ item }) => `${item.friendlyName} is ${item.protectionState ?? 'in an unknown state'} and allows ${allowedText(item)}`,
  );
  const why = details.length === 0 ? `it allows ${plan.allowedOperations.join(', ') || 'nothing'}` : details.join('; ');
  return failed(
    busy.some(({ item }) => item.protectionState === 'Protected') ? 'target' : 'not_protected',
    `plan ${plan.name} does not allow ${word}: ${why}`,
  );
}

/** Why machines must not be brought up that nobody agreed to: the recovery plan holds others than when the run was planned. */
export function grownPlan(
  { plan, machines }: PlanState,
  { recoveryPlans }: Pick<ActionContext<unknown>, 'recoveryPlans'>,
): Failed | undefined {
  const planned = recoveryPlans?.[plan.id.toLowerCase()];
  if (planned === undefined) return undefined;
  const known = new Map(planned.map((machine) => [machine.lockId, machine]));
  const added: string[] = [];
  const other: string[] = [];
  for (const { item } of machines) {
    const machine = known.get(protectedMachine(item.id, item.name));
    const why = machine === undefined ? undefined : notThePlanned(machine, item);
    if (machine === undefined) added.push(item.friendlyName);
    if (why !== undefined) other.push(why);
  }
  const agree = 'nobody has agreed to that: plan and start again';
  if (added.length > 0)
    return failed('stale_plan', `${added.join(', ')} came into plan ${plan.name} after this run was planned, and ${agree}`);
  if (other.length > 0) return failed('stale_plan', `${other.join('; ')}, and ${agree}`);
  return undefined;
}

/** True when Site Recovery offers the operation for the plan at the moment. */
export function planAllows(plan: AzureRecoveryPlan, word: string): boolean {
  return plan.allowedOperations.some((allowed) => allowed.toLowerCase() === word.toLowerCase());
}

/**
 * The direction that a failover of the plan has now, as seen from the sites it was made for. The fabrics of a plan stay, its machines
 * move to the other fabric when protection is reversed. Undefined when they stand at both sites, or the plan does not tell.
 */
export function directionOf({ plan, machines }: PlanState): FailoverDirection | undefined {
  const { primaryFabricId } = plan;
  if (primaryFabricId === undefined) return undefined;
  const atPrimary = machines.filter(({ item }) => sameArmId(armIdUpTo(item.id, 'replicationFabrics') ?? '', primaryFabricId));
  if (atPrimary.length === machines.length) return 'PrimaryToRecovery';
  return atPrimary.length === 0 ? 'RecoveryToPrimary' : undefined;
}

/** Why the direction that the author wrote does not fit the plan as it stands. */
export function wrongDirection(state: PlanState, wanted: FailoverDirection): Failed | undefined {
  const direction = directionOf(state);
  if (direction === wanted) return undefined;
  const stands =
    direction === undefined ? 'its machines are not all protected from one site' : `as it stands it can only fail over ${direction}`;
  return failed('target', `plan ${state.plan.name} cannot fail over ${wanted}: ${stands}`);
}

/** A machine of the plan as the source of the one that is made from it. Its key is its name, unless another machine has the same. */
export function planMachineSource({ machines }: PlanState, { item, group }: PlanMachine): MachineSource {
  const name = item.friendlyName.toLowerCase();
  const alike = machines.filter((other) => other.item.friendlyName.toLowerCase() === name);
  return { key: alike.length > 1 ? item.name : item.friendlyName, os: item.os ?? null, recoveryGroup: group, environment: null };
}
