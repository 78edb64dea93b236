import type { AzureBackupItem } from '../azure-backup.ts';
import type { ActionContext, ActionPorts, Failed, Unanswered } from './action.ts';
import { failed, failedRead } from './azure-answer.ts';

/** The protected item of a machine. */
export type BackupPlace = { readonly kind: 'found'; readonly item: AzureBackupItem } | Failed | Unanswered;

/** Finds the item that protects the target: Azure is asked which vault has it, then the vault how it stands. */
export async function backupPlace(
  { azure }: Pick<ActionPorts, 'azure'>,
  { target, signal }: Pick<ActionContext<unknown>, 'target' | 'signal'>,
): Promise<BackupPlace> {
  if (!target) return failed('target_missing', 'this action needs a virtual machine as its target');
  const location = target.location ?? (await locationOf({ azure }, target.id, signal));
  if (typeof location !== 'string') return location;
  const status = await azure.read({ kind: 'backup.status', vmId: target.id, location }, signal);
  if (status.kind !== 'found') return failedRead(`the backup status of ${target.name}`, status);
  const { itemId } = status.value;
  if (itemId === undefined) return failed('not_protected', `${target.name} is in no backup vault`);
  const item = await azure.read({ kind: 'backup.item', itemId }, signal);
  if (item.kind !== 'found') return failedRead(`the protected item of ${target.name}`, item);
  return { kind: 'found', item: item.value };
}

/** The refusal to back up what is not backed up any more: the vault would refuse it as well. Undefined when nothing stands against it. */
export function refuseEnded({ protectionState }: AzureBackupItem, name: string): Failed | undefined {
  const state = protectionState?.toLowerCase();
  if (state === 'softdeleted')
    return failed('not_protected', `the backup of ${name} was ended and its points are kept for a while: a person must take it back first`);
  if (state !== 'protectionstopped') return undefined;
  const why = `the protection of ${name} was stopped and its points are kept`;
  return failed('not_protected', `${why}: a person must start it again, with a policy, first`);
}

/** The refusal to restore from what was deleted: its points can be listed, and not restored. Undefined when nothing stands against it. */
export function refuseDeleted({ protectionState }: AzureBackupItem, name: string): Failed | undefined {
  if (protectionState?.toLowerCase() !== 'softdeleted') return undefined;
  return failed('target', `the backup of ${name} was deleted: its points can be restored once a person has taken it back`);
}

async function locationOf({ azure }: Pick<ActionPorts, 'azure'>, vmId: string, signal: AbortSignal): Promise<string | Failed | Unanswered> {
  const vm = await azure.read({ kind: 'vm.get', vmId }, signal);
  return vm.kind === 'found' ? vm.value.location : failedRead(`virtual machine ${vmId}`, vm);
}
