import { mkdirSync, watch } from 'node:fs';
import { join } from 'node:path';
import { standing } from '../faults/faults.ts';
import { writeOwned } from './owner.ts';
import { emptyScratch } from './root.ts';
import { writeHosts } from './names.ts';
import { enabledUnits, readUnit, startUnit } from './units.ts';
import { closeWorkloads, syncWorkloads } from './workload.ts';
import type { Machine, World } from '../world.ts';

/** Boots a machine: empties what does not outlive a boot, starts its enabled units, opens the ports of those that serve. */
export function boot(world: World, machine: Machine): void {
  machine.bootedMs = world.clock.nowMs();
  machine.boots += 1;
  const dead = standing(world, 'bootFails', `/${machine.key}/`) !== undefined;
  if (machine.bare || world.journal.replaying()) return;
  emptyScratch(machine.root);
  writeOwned(machine.root, 'run/sim/machine', `hostname ${machine.hostname}\nbooted ${Math.floor(machine.bootedMs / 1000)}\n`);
  for (const name of dead ? [] : enabledUnits(machine.root)) {
    const unit = readUnit(machine.root, name);
    if (unit !== undefined) startUnit(machine.root, unit, `boot-${machine.boots}`);
  }
  writeHosts(world);
  attach(world, machine);
}

/** Lets the ports of a machine follow its units, from now on. */
export function attach(world: World, machine: Machine): void {
  machine.watcher?.close();
  mkdirSync(join(machine.root, 'run/sim/units'), { recursive: true });
  syncWorkloads(world, machine);
  // systemctl inside the machine only writes files; the ports follow them.
  machine.watcher = watch(join(machine.root, 'run/sim/units'), () => syncWorkloads(world, machine));
  machine.watcher.on('error', () => undefined);
}

/** Takes the power away: scripts die, ports close. */
export function halt(world: World, machine: Machine): void {
  machine.watcher?.close();
  machine.watcher = undefined;
  for (const script of machine.scripts) script.kill();
  closeWorkloads(machine);
  world.clock.afterPaced(0, () => writeHosts(world));
}
