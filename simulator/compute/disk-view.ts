import { diskId, machineId } from '../arm-ids.ts';
import { listLater, listNow } from '../lists.ts';
import { azureTime } from '../times.ts';
import { keyOf } from '../world.ts';
import type { Disk, Machine, World } from '../world.ts';

/** A disk as ARM answers it. */
export function diskBody(world: World, disk: Disk): Readonly<Record<string, unknown>> {
  const owner = disk.owner === undefined ? undefined : world.machines.get(disk.owner);
  return {
    name: disk.name,
    id: diskId(world, disk.group, disk.name),
    type: 'Microsoft.Compute/disks',
    location: disk.location,
    ...(Object.keys(disk.tags).length === 0 ? {} : { tags: disk.tags }),
    sku: { name: 'Premium_LRS', tier: 'Premium' },
    ...(owner === undefined ? {} : { managedBy: machineId(world, owner.group, owner.name) }),
    properties: {
      ...(disk.os ? { osType: 'Linux', hyperVGeneration: 'V2' } : {}),
      creationData: { createOption: disk.createOption, ...(disk.sourceId === undefined ? {} : { sourceResourceId: disk.sourceId }) },
      diskSizeGB: disk.sizeGb,
      diskSizeBytes: disk.sizeGb * 1024 ** 3,
      timeCreated: azureTime(disk.createdMs),
      provisioningState: 'Succeeded',
      diskState: owner === undefined ? 'Unattached' : owner.power === 'deallocated' ? 'Reserved' : 'Attached',
      uniqueId: world.draws.uuid(`disk:${keyOf(disk.group, disk.name)}`),
    },
  };
}

/** Puts a disk into the list at once: how the world was before the simulator started. */
export function diskListed(world: World, disk: Disk): void {
  listNow(world, 'disks', keyOf(disk.group, disk.name), diskBody(world, disk));
}

/** Tells the list that a disk was made or is different now. */
export function diskChanged(world: World, disk: Disk): void {
  listLater(world, 'disks', keyOf(disk.group, disk.name), diskBody(world, disk));
}

/** Tells the list that a disk does not exist any more. */
export function diskGone(world: World, { group, name }: Pick<Disk, 'group' | 'name'>): void {
  listLater(world, 'disks', keyOf(group, name), undefined);
}

/** The disks that a machine has now. */
export function disksOf(world: World, machine: Machine): readonly Disk[] {
  return [machine.osDisk, ...machine.dataDisks].flatMap((name) => world.disks.get(keyOf(machine.group, name)) ?? []);
}
