import { writeHosts } from '../machine/names.ts';
import type { World } from '../world.ts';

/** Lets ports and names follow what networks, peerings and rules say now. */
export function rewire(world: World): void {
  for (const machine of world.machines.values()) for (const service of machine.services.values()) service.follow();
  world.clock.afterPaced(0, () => writeHosts(world));
}
