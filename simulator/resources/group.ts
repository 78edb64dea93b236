import { groupId } from '../arm-ids.ts';
import { listLater, listNow } from '../lists.ts';
import type { World } from '../world.ts';
import type { GroupState } from './group-state.ts';

/** A resource group. */
export interface ResourceGroup {
  readonly name: string;
  readonly location: string;
  tags: Readonly<Record<string, string>>;
  managedBy: string | undefined;
  state: GroupState;
}

const LIST = 'resourceGroups';

/** The group of this name; undefined when there is none. */
export function groupNamed(world: Pick<World, 'resourceGroups'>, name: string): ResourceGroup | undefined {
  return world.resourceGroups.get(name.toLowerCase());
}

/** Makes the groups of the estate. */
export function groupsFromEstate(world: World): void {
  for (const { name, location, tags } of world.estate.resourceGroups) {
    const group: ResourceGroup = { name, location, tags, managedBy: undefined, state: 'Succeeded' };
    world.resourceGroups.set(name.toLowerCase(), group);
    listNow(world, LIST, name, groupBody(world, group));
  }
}

/** Tells the list that a group was made or is different now. */
export function groupChanged(world: World, group: ResourceGroup): void {
  listLater(world, LIST, group.name, groupBody(world, group));
}

/** Takes a group out of the world. */
export function dropGroup(world: World, group: ResourceGroup): void {
  world.resourceGroups.delete(group.name.toLowerCase());
  listLater(world, LIST, group.name, undefined);
}

/** A group as ARM answers it. */
export function groupBody(world: World, { name, location, tags, managedBy, state }: ResourceGroup) {
  return {
    id: groupId(world, name),
    name,
    type: 'Microsoft.Resources/resourceGroups',
    location,
    ...(managedBy === undefined ? {} : { managedBy }),
    ...(Object.keys(tags).length === 0 ? {} : { tags }),
    properties: { provisioningState: state },
  };
}
