import type { AzureReplicationItem } from '../azure-calls.ts';

/** True when Site Recovery offers the operation for the item at the moment. */
export function allows(item: AzureReplicationItem, word: string): boolean {
  return item.allowedOperations.some((allowed) => allowed.toLowerCase() === word.toLowerCase());
}

/** What Site Recovery offers for the item, for people. */
export function allowedText(item: AzureReplicationItem): string {
  return item.allowedOperations.length === 0 ? 'nothing' : item.allowedOperations.join(', ');
}

/** True for a machine that has failed over and has not been protected again. */
export function isFailedOver(item: AzureReplicationItem): boolean {
  return /^unplannedfailovercommit/i.test(item.protectionState ?? '');
}

/** True for a machine whose failover is final. */
export function isCommitted(item: AzureReplicationItem): boolean {
  return /^unplannedfailovercommitted/i.test(item.protectionState ?? '');
}

/**
 * How much would be lost now, in milliseconds: the value that Azure keeps is as old as its calculation. Undefined before the first point,
 * when Azure does not say when it was calculated, and outside protection, where the value stays as it was at the failover. `nowMs` is Azure's own clock.
 */
export function rpoNowMs(
  item: Pick<AzureReplicationItem, 'rpoMs' | 'rpoCalculatedAtMs' | 'protectionState'>,
  nowMs: number,
): number | undefined {
  if (item.rpoMs === undefined || item.rpoCalculatedAtMs === undefined) return undefined;
  if (item.protectionState?.toLowerCase() !== 'protected') return undefined;
  return item.rpoMs + Math.max(0, nowMs - item.rpoCalculatedAtMs);
}
