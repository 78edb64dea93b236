import type { AzureReadAnswer, AzureReplicationItem } from '../azure-calls.ts';
import { armIdPart, armIdUpTo } from '../ids.ts';
import type { ActionPorts } from './action.ts';

/**
 * Reads a protected machine by what lasts, its vault and its name. Its ARM id is another one once its protection was reversed, also while
 * the run that did it goes on. Two machines of one name are none: nobody could tell which one was meant.
 */
export async function readItemNow(
  { azure }: Pick<ActionPorts, 'azure'>,
  itemId: string,
  signal: AbortSignal,
): Promise<AzureReadAnswer<AzureReplicationItem>> {
  const planned = await azure.read({ kind: 'sr.item', itemId }, signal);
  if (planned.kind !== 'missing') return planned;
  const listed = await azure.read({ kind: 'sr.items', vaultId: armIdUpTo(itemId, 'vaults') ?? '' }, signal);
  if (listed.kind !== 'found') return listed;
  const name = armIdPart(itemId, 'replicationProtectedItems')?.toLowerCase();
  const [moved, ...others] = listed.value.filter((item) => item.name.toLowerCase() === name);
  if (moved === undefined) return planned;
  if (others.length > 0) return { kind: 'missing', message: `the vault has ${others.length + 1} protected machines of this name` };
  return azure.read({ kind: 'sr.item', itemId: moved.id }, signal);
}
