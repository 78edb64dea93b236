import { rootFromManifest } from '../machine/root.ts';
import { nicChanged } from '../network/nic-view.ts';
import { bareRecord, changed } from './machines.ts';
import type { Disk, Machine, Nic, World } from '../world.ts';

/** What a machine is made from: disks and an interface that exist, and belong to nobody. */
export interface Parts {
  readonly os: Disk;
  readonly data: readonly Disk[];
  readonly nic: Nic;
}

/** Puts a machine together whose files are those of its OS disk. It is being created, and not powered on yet. */
export function assembleMachine(
  world: World,
  given: Pick<Machine, 'name' | 'group' | 'hostname' | 'role' | 'tags' | 'size' | 'deleteOption'>,
  { os, data, nic }: Parts,
): Machine {
  const place = { location: os.location, network: nic.network, address: nic.address, nic: nic.name };
  const machine = bareRecord(world, { ...given, ...place, createdMs: world.clock.nowMs() });
  machine.osDisk = os.name;
  machine.dataDisks = data.map((disk) => disk.name);
  for (const disk of [os, ...data]) disk.owner = machine.key;
  nic.machine = machine.key;
  machine.provisioning = 'Creating';
  rootFromManifest(world, machine, os.files ?? []);
  changed(world, machine);
  nicChanged(world, nic);
  return machine;
}
