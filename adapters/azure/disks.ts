import type { Disk } from '@azure/arm-compute';
import type { AzureDisk, AzureRestorePoint } from '../../engine/azure-compute.ts';
import type { DiskCreate, RestorePointsPut } from '../../engine/azure-operations.ts';
import { armIdPart } from '../../engine/ids.ts';
import type { CallOptions } from './call-options.ts';
import type { ClientSet } from './clients.ts';
import { collectionPath, diskPath, groupPath, pointPath } from './resource-paths.ts';
import { stitched } from './stitch.ts';
import { timeOf } from './times.ts';

/** Reads a disk. */
export async function getDisk(clients: ClientSet, diskId: string, abortSignal: AbortSignal): Promise<AzureDisk> {
  return diskOf(await clients.compute.disks.get(...diskPath(diskId), { abortSignal }), diskId);
}

/** Lists the disks of a resource group. */
export async function listDisks(clients: ClientSet, groupId: string, abortSignal: AbortSignal): Promise<readonly AzureDisk[]> {
  const [group] = groupPath(groupId);
  const disks = await stitched(() => clients.compute.disks.listByResourceGroup(group, { abortSignal }));
  return [...disks.values()].map((disk) => diskOf(disk, disk.id ?? ''));
}

/** Sends PUT of a disk that is made from a restore point. */
export async function createDisk(clients: ClientSet, operation: DiskCreate, options: CallOptions): Promise<void> {
  const { diskId, location, sourceId, tags } = operation;
  const disk = { location, tags, creationData: { createOption: 'Restore', sourceResourceId: sourceId } };
  await clients.compute.disks.createOrUpdate(...diskPath(diskId), disk, options).submitted();
}

/** Sends PATCH of a disk's tags. */
export async function tagDisk(
  clients: ClientSet,
  operation: { readonly diskId: string; readonly tags: Readonly<Record<string, string>> },
  options: CallOptions,
): Promise<void> {
  await clients.compute.disks.update(...diskPath(operation.diskId), { tags: operation.tags }, options).submitted();
}

/** Sends DELETE of a disk. */
export async function deleteDisk(clients: ClientSet, diskId: string, options: CallOptions): Promise<void> {
  await clients.compute.disks.delete(...diskPath(diskId), options).submitted();
}

/** Reads whether a collection of restore points exists, and its tags. */
export async function getCollection(
  clients: ClientSet,
  collectionId: string,
  abortSignal: AbortSignal,
): Promise<{ readonly id: string; readonly tags: Readonly<Record<string, string>> }> {
  const collection = await clients.compute.restorePointCollections.get(...collectionPath(collectionId), { abortSignal });
  if (collection.id === undefined) throw new Error(`the answer is not a collection of restore points: ${collectionId}`);
  return { id: collection.id, tags: collection.tags ?? {} };
}

/** Reads a restore point with the points of its disks. */
export async function getRestorePoint(clients: ClientSet, pointId: string, abortSignal: AbortSignal): Promise<AzureRestorePoint> {
  const point = await clients.compute.restorePoints.get(...pointPath(pointId), { abortSignal });
  if (point.id === undefined) throw new Error(`the answer is not a restore point: ${pointId}`);
  const profile = point.sourceMetadata?.storageProfile;
  const all = [{ disk: profile?.osDisk, lun: undefined }, ...(profile?.dataDisks ?? []).map((disk) => ({ disk, lun: disk.lun }))];
  return {
    id: point.id,
    provisioningState: point.provisioningState,
    createdAtMs: timeOf(point.timeCreated),
    consistency: point.consistencyMode ?? undefined,
    disks: all.flatMap(({ disk, lun }) => {
      const diskId = disk?.managedDisk?.id;
      const sourceId = disk?.diskRestorePoint?.id;
      return diskId === undefined || sourceId === undefined ? [] : [{ diskId, name: disk?.name ?? '', lun, sourceId }];
    }),
  };
}

/** Sends PUT of a collection of restore points of one machine; on one that exists it replaces the tags. */
export async function createCollection(clients: ClientSet, operation: RestorePointsPut, options: CallOptions): Promise<void> {
  const { collectionId, vmId, location, tags } = operation;
  await clients.compute.restorePointCollections.createOrUpdate(
    ...collectionPath(collectionId),
    { location, source: { id: vmId }, ...(tags === undefined ? {} : { tags }) },
    options,
  );
}

/** Sends PUT of a restore point. */
export async function createRestorePoint(
  clients: ClientSet,
  operation: { readonly pointId: string; readonly consistency: string },
  options: CallOptions,
): Promise<void> {
  const point = { consistencyMode: operation.consistency };
  await clients.compute.restorePoints.create(...pointPath(operation.pointId), point, options).submitted();
}

/** Sends DELETE of a restore point. */
export async function deleteRestorePoint(clients: ClientSet, pointId: string, options: CallOptions): Promise<void> {
  await clients.compute.restorePoints.delete(...pointPath(pointId), options).submitted();
}

function diskOf(disk: Disk, asked: string): AzureDisk {
  if (disk.id === undefined && disk.name === undefined) throw new Error(`the answer is not a disk: ${asked}`);
  const id = disk.id ?? asked;
  return {
    id,
    name: disk.name ?? armIdPart(id, 'disks') ?? id,
    provisioningState: disk.provisioningState,
    // What is not so may be told as null.
    sizeGb: disk.diskSizeGB ?? undefined,
    isOs: Boolean(disk.osType),
    ownerId: disk.managedBy || undefined,
    createdAtMs: timeOf(disk.timeCreated),
    tags: disk.tags ?? {},
  };
}
