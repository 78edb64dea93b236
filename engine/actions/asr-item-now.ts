import type { AzureReadAnswer, AzureReplicationItem } from '../azure-calls.ts';
import { armIdPart, armIdUpTo, sameArmId } from '../ids.ts';
import type { JsonObject } from '../json.ts';
import type { Target } from '../target.ts';
import { storedText } from '../values.ts';
import type { ActionPorts } from './action.ts';

/**
 * Reads a protected machine by what lasts: its vault, its name, and which machine it copies. Its ARM id is another one once its protection
 * was reversed, also while the run that did it goes on. Another machine under the same name is not it, and of two nobody could tell which was
 * meant: both are missing.
 */
export async function readItemNow(
  { azure }: Pick<ActionPorts, 'azure'>,
  target: Pick<Target, 'id' | 'replicated'>,
  signal: AbortSignal,
): Promise<AzureReadAnswer<AzureReplicationItem>> {
  const planned = await azure.read({ kind: 'sr.item', itemId: target.id }, signal);
  if (planned.kind !== 'missing') return recognised(target, planned);
  const listed = await azure.read({ kind: 'sr.items', vaultId: armIdUpTo(target.id, 'vaults') ?? '' }, signal);
  if (listed.kind !== 'found') return listed;
  const name = armIdPart(target.id, 'replicationProtectedItems')?.toLowerCase();
  const [moved, ...others] = listed.value.filter((item) => item.name.toLowerCase() === name);
  if (moved === undefined) return planned;
  if (others.length > 0) return { kind: 'missing', message: `the vault has ${others.length + 1} protected machines of this name` };
  return recognised(target, await azure.read({ kind: 'sr.item', itemId: moved.id }, signal));
}

/** The ARM id under which the precheck found the machine: requests go there. */
export function itemBefore({ id }: Pick<Target, 'id'>, before: JsonObject | undefined): string {
  return storedText(before?.['item']) || id;
}

/** The machines between which an item copies, and the id of its protection: what is kept of it in a plan. */
export function replicatedMachine({
  sourceVmId,
  recoveryVmId,
  plannedRecoveryVmId,
  lifecycleId,
}: Pick<AzureReplicationItem, 'sourceVmId' | 'recoveryVmId' | 'plannedRecoveryVmId' | 'lifecycleId'>): Target['replicated'] {
  if (sourceVmId === undefined) return undefined;
  const machines = [sourceVmId, recoveryVmId ?? plannedRecoveryVmId].flatMap((id) => id?.toLowerCase() ?? []);
  return { machines, ...(lifecycleId === undefined ? {} : { lifecycleId }) };
}

/** Why an item is not the one that was planned, although it has its name; undefined when it is. */
export function notThePlanned({ id, replicated }: Pick<Target, 'id' | 'replicated'>, item: AzureReplicationItem): string | undefined {
  if (replicated === undefined) return undefined;
  const { machines, lifecycleId } = replicated;
  if (lifecycleId !== undefined && item.lifecycleId !== undefined && lifecycleId !== item.lifecycleId)
    return `${item.friendlyName} was protected anew since the plan was made`;
  // Only what was reversed may copy the machine of the other side.
  const allowed = sameArmId(id, item.id) ? machines.slice(0, 1) : machines;
  const source = item.sourceVmId?.toLowerCase();
  if (source === undefined || allowed.includes(source)) return undefined;
  return `the protection of this name now copies ${item.sourceVmId}, and the plan was made for ${machines[0]}`;
}

function recognised(
  target: Pick<Target, 'id' | 'replicated'>,
  answer: AzureReadAnswer<AzureReplicationItem>,
): AzureReadAnswer<AzureReplicationItem> {
  const message = answer.kind === 'found' ? notThePlanned(target, answer.value) : undefined;
  return message === undefined ? answer : { kind: 'missing', message };
}
