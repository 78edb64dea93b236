import type { IaasVMRecoveryPoint } from '@azure/arm-recoveryservicesbackup';
import type { AzureReads } from '../../engine/azure-calls.ts';
import type { RestoreDisks } from '../../engine/azure-operations.ts';
import { armIdPart } from '../../engine/ids.ts';
import type { CallOptions } from './call-options.ts';
import type { Clients, ClientSet } from './clients.ts';
import { tiersOf } from './backup.ts';
import { backupItemPath, backupPointPath } from './resource-paths.ts';
import { timeOf } from './times.ts';
import { Unreadable } from './unreadable.ts';

/** Reads a recovery point, and names the staging account for a restore in a region. Throws Unreadable when the settings have none. */
export async function getRestoreSource(
  clients: Clients,
  query: { readonly pointId: string; readonly region: string },
  abortSignal: AbortSignal,
): Promise<AzureReads['backup.source']['value']> {
  const { pointId, region } = query;
  const { backup } = clients.read(armIdPart(pointId, 'subscriptions') ?? '');
  const { properties } = await backup.recoveryPoints.get(...backupPointPath(pointId), { abortSignal });
  const point = properties as IaasVMRecoveryPoint | undefined;
  const atMs = timeOf(point?.recoveryPointTime);
  if (atMs === undefined) throw new Error(`the answer is not a recovery point: ${pointId}`);
  const stagingAccountId = clients.settings.restoreStaging.get(region.toLowerCase());
  if (stagingAccountId === undefined) throw new Unreadable(`the setting azure.restoreStaging names no storage account for ${region}`);
  return { tiers: tiersOf(point), atMs, stagingAccountId };
}

/** Sends `restore` of the disks of a recovery point. */
export async function restoreDisks(clients: ClientSet, operation: RestoreDisks, options: CallOptions): Promise<void> {
  const { itemId, pointId, sourceVmId, targetGroupId, stagingAccountId, region } = operation;
  const [, , , , , point] = backupPointPath(pointId);
  const request = {
    properties: {
      objectType: 'IaasVMRestoreRequest' as const,
      recoveryPointId: point,
      recoveryType: 'RestoreDisks',
      sourceResourceId: sourceVmId,
      targetResourceGroupId: targetGroupId,
      storageAccountId: stagingAccountId,
      region,
      createNewCloudService: false,
      originalStorageAccountOption: false,
      restoreWithManagedDisks: true,
    },
  };
  await clients.backup.restores.beginTrigger(...backupItemPath(itemId), point, request, options);
}
