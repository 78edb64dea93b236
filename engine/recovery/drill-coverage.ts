import type { AzureReplicationItem } from '../azure-calls.ts';
import { armIdPart, armIdUpTo } from '../ids.ts';
import type { Plan } from '../plan/plan-record.ts';

/** A machine that replicates and that no drill would try. */
export interface UncoveredMachine {
  readonly machine: string;
  readonly vault: string;
}

/** The lasting identity of a protected machine, as targets are locked by it: reversing the protection moves its ARM id. */
export function replicationIdentity(itemId: string): string {
  const vault = armIdUpTo(itemId, 'vaults') ?? itemId;
  return `${vault}/replicationProtectedItems/${armIdPart(itemId, 'replicationProtectedItems') ?? ''}`.toLowerCase();
}

/** The machines that replicate and are in no target set of a drill, by name. */
export function uncoveredMachines(
  items: readonly Pick<AzureReplicationItem, 'id' | 'friendlyName'>[],
  covered: ReadonlySet<string>,
): readonly UncoveredMachine[] {
  return items
    .filter(({ id }) => !covered.has(replicationIdentity(id)))
    .map(({ id, friendlyName }) => ({ machine: friendlyName, vault: armIdPart(id, 'vaults') ?? '' }))
    .toSorted((left, right) => (left.machine < right.machine ? -1 : 1));
}

/** The machines of every target set of a plan. */
export function machinesOf({ sets }: Pick<Plan, 'sets'>): readonly string[] {
  return Object.values(sets).flatMap(({ targets }) => targets.map(({ lockId }) => lockId));
}
