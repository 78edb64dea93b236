import type { AzureRecoveryPoint, AzureReplicationItem, ListedReplicationItem } from '../../engine/azure-calls.ts';
import type { AzureOperation } from '../../engine/azure-operations.ts';
import type { CallOptions } from './call-options.ts';
import type { ClientSet } from './clients.ts';
import { itemPath, vaultPath } from './resource-paths.ts';
import { itemOf } from './site-recovery-shapes.ts';

type TestFailover = Extract<AzureOperation, { kind: 'sr.testFailover' }>;
type TestFailoverCleanup = Extract<AzureOperation, { kind: 'sr.testFailoverCleanup' }>;

/**
 * Sends `testFailover` of an item; without a recovery point id Azure processes what is in flight and takes the latest. The
 * direction of an item is always the forward one: its labels swap when protection is reversed.
 */
export async function testFailover(clients: ClientSet, operation: TestFailover, options: CallOptions): Promise<void> {
  const { itemId, networkId, recoveryPointId } = operation;
  const input = {
    properties: {
      failoverDirection: 'PrimaryToRecovery',
      networkType: 'VmNetworkAsInput',
      networkId,
      providerSpecificDetails: { instanceType: 'A2A' as const, ...(recoveryPointId === undefined ? {} : { recoveryPointId }) },
    },
  };
  await clients.siteRecovery.replicationProtectedItems.beginTestFailover(...itemPath(itemId), input, options);
}

/** Sends `testFailoverCleanup` of an item. */
export async function cleanUpTestFailover(clients: ClientSet, operation: TestFailoverCleanup, options: CallOptions): Promise<void> {
  const input = { properties: { comments: operation.comments } };
  await clients.siteRecovery.replicationProtectedItems.beginTestFailoverCleanup(...itemPath(operation.itemId), input, options);
}

/** Reads an item. */
export async function getItem(clients: ClientSet, itemId: string, abortSignal: AbortSignal): Promise<AzureReplicationItem> {
  return itemOf(await clients.siteRecovery.replicationProtectedItems.get(...itemPath(itemId), { abortSignal }), itemId);
}

/** Lists the protected items of a vault, whatever fabric they are in. */
export async function listItems(clients: ClientSet, vaultId: string, abortSignal: AbortSignal): Promise<readonly ListedReplicationItem[]> {
  const items = new Map<string, ListedReplicationItem>();
  for await (const { id, name, properties } of clients.siteRecovery.replicationProtectedItems.list(...vaultPath(vaultId), { abortSignal }))
    if (id !== undefined && name !== undefined) items.set(id.toLowerCase(), { id, name, friendlyName: properties?.friendlyName ?? name });
  return [...items.values()];
}

/** Reads all recovery points of an item, newest first. */
export async function listPoints(clients: ClientSet, itemId: string, abortSignal: AbortSignal): Promise<readonly AzureRecoveryPoint[]> {
  const points = new Map<string, AzureRecoveryPoint>();
  for await (const point of clients.siteRecovery.recoveryPoints.listByReplicationProtectedItems(...itemPath(itemId), { abortSignal })) {
    const atMs = point.properties?.recoveryPointTime?.getTime();
    if (point.id === undefined || atMs === undefined) continue;
    points.set(point.id.toLowerCase(), { id: point.id, kind: point.properties?.recoveryPointType ?? 'Unknown', atMs });
  }
  return [...points.values()].toSorted((left, right) => right.atMs - left.atMs);
}
