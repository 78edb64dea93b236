import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { leadsTo } from '../network/rules.ts';
import { writeOwned } from './owner.ts';
import type { Machine, World } from '../world.ts';

/** Whether a machine can send packets to another one. */
function sees(from: Machine, to: Machine): boolean {
  return leadsTo(from.network, to.network);
}

/** The machines that a machine can reach, those of its own network first. */
export function visibleMachines(world: World, from: Machine): readonly Machine[] {
  const others = [...world.machines.values()].filter((other) => sees(from, other));
  return others.toSorted((left, right) => Number(right.network === from.network) - Number(left.network === from.network));
}

/** The address where a host, named as a machine would name it, really listens; undefined when the machine's network does not lead there. */
export function resolveHost(world: World, from: Machine, host: string): string | undefined {
  if (host === 'localhost' || host === '127.0.0.1') return from.realAddress;
  return visibleMachines(world, from).find((other) => other.address === host || other.hostname === host)?.realAddress;
}

/** Tells every running machine who is in its sight now: the shims of network tools read this file. */
export function writeHosts(world: World): void {
  if (world.journal.replaying()) return;
  for (const machine of world.machines.values()) {
    if (!existsSync(join(machine.root, 'run/sim'))) continue;
    const lines = [`127.0.0.1 localhost ${machine.realAddress}`];
    for (const other of visibleMachines(world, machine)) lines.push(`${other.address} ${other.hostname} ${other.realAddress}`);
    writeOwned(machine.root, 'run/sim/hosts', `${lines.join('\n')}\n`);
  }
}
