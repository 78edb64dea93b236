import { diskChanged } from '../compute/disk-view.ts';
import { azureTime } from '../times.ts';
import { keyOf } from '../world.ts';
import type { Disk, World } from '../world.ts';
import type { BackupPoint } from './item.ts';

/** What the disks of a restore are made from, where, and how their names begin. */
interface Wanted {
  readonly point: BackupPoint;
  readonly prefix: string;
  readonly group: string;
  readonly location: string;
  /** When the restore was asked for: it stands in the names. */
  readonly startMs: number;
}

/** Makes real disks, with names of Backup's own and without tags; the files of the point lie on the OS disk. They belong to nobody. */
export function makeDisks(world: World, wanted: Wanted): { readonly os: Disk; readonly data: readonly Disk[] } {
  const { point, prefix, group, location } = wanted;
  const { osDiskGb, dataDisksGb } = world.estate.machineDefaults;
  const stamp = freeStamp(world, wanted);
  const make = (part: string, sizeGb: number, os: boolean): Disk => {
    const disk: Disk = {
      name: `${prefix}-${part}-${stamp}`,
      group,
      location,
      sizeGb,
      os,
      createOption: 'Restore',
      sourceId: undefined,
      createdMs: world.clock.nowMs(),
      tags: {},
      owner: undefined,
      files: os ? (point.files ?? []) : undefined,
    };
    world.disks.set(keyOf(group, disk.name), disk);
    diskChanged(world, disk);
    return disk;
  };
  const os = make('osdisk', osDiskGb, true);
  return { os, data: dataDisksGb.map((sizeGb, lun) => make(`datadisk-${String(lun).padStart(3, '0')}`, sizeGb, false)) };
}

/** The instant of the request as names have it; of two requests at one instant the second has the next. */
function freeStamp(world: World, { prefix, group, startMs }: Wanted): string {
  let atMs = startMs;
  const stamp = (): string => azureTime(atMs).replace(/\D/g, '').slice(0, 17);
  while (world.disks.has(keyOf(group, `${prefix}-osdisk-${stamp()}`))) atMs += 1;
  return stamp();
}
