import { syncWorkloads } from '../machine/workload.ts';
import type { Machine, World } from '../world.ts';

/** Takes a region down or lets it come back; the ports of its machines follow. */
export function standInRegion(world: World, region: string | undefined): void {
  if (world.downRegion === region) return;
  world.downRegion = region;
  for (const machine of world.machines.values()) if (!machine.bare) syncWorkloads(world, machine);
}

/** Whether a machine runs and its region is there: only then can it be asked, shut down, or copied as it is now. */
export function isReachable(world: World, machine: Machine): boolean {
  return machine.power === 'running' && machine.location !== world.downRegion;
}
