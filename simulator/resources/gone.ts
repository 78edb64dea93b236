import { groupId } from '../arm-ids.ts';
import type { World } from '../world.ts';

/** Whether a profile or an alert rule of the estate has been deleted. */
export function isGone(world: World, given: { readonly type: string; readonly group: string; readonly name: string }): boolean {
  return world.gone.has(`${groupId(world, given.group)}/providers/${given.type}/${given.name}`.toLowerCase());
}
