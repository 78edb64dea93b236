import type { A2AReplicationDetails } from '@azure/arm-recoveryservices-siterecovery';
import type { ReversedProtection, SwitchProtection } from '../../engine/azure-operations.ts';
import { armIdPart, armIdUpTo, sameArmId } from '../../engine/ids.ts';
import type { CallOptions } from './call-options.ts';
import type { ClientSet, Clients } from './clients.ts';
import { Unreadable } from './unreadable.ts';
import { itemPath, vaultPath } from './resource-paths.ts';
import { textOf } from './site-recovery-shapes.ts';
import { stitched } from './stitch.ts';

/**
 * Works out what a switch of protection must name: the container mapping back, its policy, the group of the original machine, the disks of
 * the one that runs now, and the cache account of its region. Throws Unreadable when one of them is not there.
 */
export async function getReversed(clients: Clients, itemId: string, abortSignal: AbortSignal): Promise<ReversedProtection> {
  const { siteRecovery } = clients.read(armIdPart(itemId, 'subscriptions') ?? '');
  const { properties } = await siteRecovery.replicationProtectedItems.get(...itemPath(itemId), { abortSignal });
  const details = properties?.providerSpecificDetails as A2AReplicationDetails | undefined;
  if (details?.instanceType !== 'A2A') throw new Error(`the answer is not a protected item: ${itemId}`);

  const here = properties?.recoveryContainerId ?? '';
  const there = armIdUpTo(itemId, 'replicationProtectionContainers') ?? '';
  const region = details.recoveryFabricLocation ?? '';
  const mappings = await stitched(() => siteRecovery.replicationProtectionContainerMappings.list(...vaultPath(itemId), { abortSignal }));
  const back = [...mappings.values()].findLast(({ id, properties: mapping }) => {
    const from = armIdUpTo(id ?? '', 'replicationProtectionContainers') ?? '';
    return sameArmId(from, here) && sameArmId(mapping?.targetProtectionContainerId ?? '', there);
  });
  const policyId = textOf(back?.properties?.policyId);
  if (policyId === undefined) throw new Unreadable(`the vault has no container mapping from ${here} back to ${there}`);
  const stagingAccountId = clients.settings.replicationCache.get(region.toLowerCase());
  if (stagingAccountId === undefined) {
    throw new Unreadable(`the setting azure.replicationCache names no cache storage account for ${region}`);
  }
  const resourceGroupId = armIdUpTo(details.fabricObjectId ?? '', 'resourceGroups');
  if (resourceGroupId === undefined) throw new Unreadable('Site Recovery does not name the original machine');
  const disks = (details.protectedManagedDisks ?? []).map((disk) => ({
    diskId: disk.recoveryTargetDiskId ?? '',
    stagingAccountId,
    replicaType: textOf(disk.recoveryReplicaDiskAccountType),
    targetType: textOf(disk.recoveryTargetDiskAccountType),
  }));
  if (disks.length === 0 || disks.some(({ diskId }) => diskId === ''))
    throw new Unreadable('Site Recovery does not name the disks of the machine');
  return { containerId: there, policyId, resourceGroupId, disks };
}

/** Sends `switchprotection` to the container that the item is in. */
export async function switchProtection(clients: ClientSet, operation: SwitchProtection, options: CallOptions): Promise<void> {
  const [vault, group, fabric, container, name] = itemPath(operation.itemId);
  const { containerId, policyId, resourceGroupId, disks } = operation;
  const input = {
    properties: {
      replicationProtectedItemName: name,
      providerSpecificDetails: {
        instanceType: 'A2A' as const,
        recoveryContainerId: containerId,
        policyId,
        recoveryResourceGroupId: resourceGroupId,
        vmManagedDisks: disks.map(({ diskId, stagingAccountId, replicaType, targetType }) => ({
          diskId,
          primaryStagingAzureStorageAccountId: stagingAccountId,
          recoveryResourceGroupId: resourceGroupId,
          ...(replicaType === undefined ? {} : { recoveryReplicaDiskAccountType: replicaType }),
          ...(targetType === undefined ? {} : { recoveryTargetDiskAccountType: targetType }),
        })),
      },
    },
  };
  await clients.siteRecovery.replicationProtectionContainers.beginSwitchProtection(vault, group, fabric, container, input, options);
}
