import { diskId } from '../arm-ids.ts';
import { azureTime } from '../times.ts';
import { keyOf } from '../world.ts';
import type { RestorePoint, RestorePointCollection, World } from '../world.ts';

/** Id of a collection of restore points. */
export function collectionId(world: World, given: { readonly group: string; readonly name: string }): string {
  return `/subscriptions/${world.subscriptionId}/resourceGroups/${given.group}/providers/Microsoft.Compute/restorePointCollections/${given.name}`;
}

/** A collection as ARM answers it. */
export function collectionBody(world: World, collection: RestorePointCollection): Readonly<Record<string, unknown>> {
  return {
    name: collection.name,
    id: collectionId(world, collection),
    type: 'Microsoft.Compute/restorePointCollections',
    location: collection.location,
    ...(Object.keys(collection.tags).length === 0 ? {} : { tags: collection.tags }),
    properties: {
      source: { id: collection.sourceId, location: collection.location },
      provisioningState: collection.state,
      restorePointCollectionId: world.draws.uuid(`collection:${keyOf(collection.group, collection.name)}`),
    },
  };
}

/** A restore point as ARM answers it. */
export function pointBody(world: World, collection: RestorePointCollection, point: RestorePoint): Readonly<Record<string, unknown>> {
  const { machine } = point;
  const id = `${collectionId(world, collection)}/restorePoints/${point.name}`;
  const disk = (given: RestorePoint['disks'][number]) => ({
    ...(given.lun === undefined ? { osType: 'Linux' } : { lun: given.lun }),
    name: given.name,
    caching: given.lun === undefined ? 'ReadWrite' : 'ReadOnly',
    diskSizeGB: given.sizeGb,
    managedDisk: { id: diskId(world, machine.group, given.name), storageAccountType: 'Premium_LRS' },
    diskRestorePoint: { id: `${id}/diskRestorePoints/${diskPointName(world, point, given.name)}` },
  });
  const [os, ...data] = point.disks;
  return {
    name: point.name,
    id,
    type: 'Microsoft.Compute/restorePointCollections/restorePoints',
    properties: {
      sourceMetadata: {
        hardwareProfile: { vmSize: machine.size },
        storageProfile: { ...(os === undefined ? {} : { osDisk: disk(os) }), dataDisks: data.map(disk), diskControllerType: 'SCSI' },
        vmId: machine.vmId,
        location: machine.location,
        hyperVGeneration: 'V2',
      },
      provisioningState: point.state,
      consistencyMode: point.consistency,
      timeCreated: azureTime(point.atMs),
    },
  };
}

/** Name of the restore point of one disk. */
export function diskPointName(world: World, point: RestorePoint, disk: string): string {
  return `${disk}_${world.draws.uuid(`disk-point:${point.machine.key}:${point.name}:${disk}`)}`;
}
