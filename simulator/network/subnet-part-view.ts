import { networkResourceId } from '../arm-ids.ts';
import { listLater, listNow } from '../lists.ts';
import { keyOf } from '../world.ts';
import { networkId } from './ids.ts';
import type { Subnet, SubnetPart, World } from '../world.ts';

/** Kinds of resources that subnets name as a way out, and the member of a subnet that names them. */
export const PART_TYPES = { routeTables: 'routeTable', natGateways: 'natGateway' } as const;
export type PartType = keyof typeof PART_TYPES;

/** The subnet's part of a kind: its key, if it has one. */
export function partOf(subnet: Subnet, type: PartType): string | undefined {
  return subnet[PART_TYPES[type]];
}

/** Id of a route table or NAT gateway. */
export function partId(world: World, type: PartType, { group, name }: Pick<SubnetPart, 'group' | 'name'>): string {
  return networkResourceId(world, { group, type, name });
}

/** Ids of the subnets that name a route table or NAT gateway. */
export function usedBy(world: World, type: PartType, part: SubnetPart): readonly string[] {
  const key = keyOf(part.group, part.name);
  return [...world.networks.values()].flatMap((network) =>
    network.subnets.filter((subnet) => partOf(subnet, type) === key).map(({ name }) => `${networkId(world, network)}/subnets/${name}`),
  );
}

/** A route table or NAT gateway as ARM answers it. */
export function partBody(world: World, type: PartType, part: SubnetPart): Readonly<Record<string, unknown>> {
  const id = partId(world, type, part);
  const etag = `W/"${world.draws.uuid(`etag:${id}:${part.version}`)}"`;
  const subnets = usedBy(world, type, part);
  const own =
    type === 'natGateways'
      ? { idleTimeoutInMinutes: 4 }
      : {
          disableBgpRoutePropagation: false,
          routes: part.routes.map(({ name, properties }) => ({
            name,
            id: `${id}/routes/${name}`,
            etag,
            properties: { provisioningState: 'Succeeded', ...properties, hasBgpOverride: false },
            type: 'Microsoft.Network/routeTables/routes',
          })),
        };
  return {
    name: part.name,
    id,
    etag,
    type: `Microsoft.Network/${type}`,
    location: part.location,
    ...(Object.keys(part.tags).length === 0 ? {} : { tags: part.tags }),
    ...(type === 'natGateways' ? { sku: { name: 'Standard' } } : {}),
    properties: {
      provisioningState: 'Succeeded',
      resourceGuid: world.draws.uuid(`guid:${id}`),
      ...own,
      ...(subnets.length === 0 ? {} : { subnets: subnets.map((each) => ({ id: each })) }),
    },
  };
}

/** Puts all of them into the lists at once: how the world was before the simulator started. */
export function partsListed(world: World): void {
  for (const type of ['routeTables', 'natGateways'] as const)
    for (const [key, part] of world[type]) listNow(world, type, key, partBody(world, type, part));
}

/** Tells the lists that one was made or is different now, or which subnets name it. */
export function partChanged(world: World, type: PartType, key: string | undefined): void {
  const part = key === undefined ? undefined : world[type].get(key);
  if (key !== undefined && part !== undefined) listLater(world, type, key, partBody(world, type, part));
}

/** Tells the lists that subnets which named them before or name them now have changed. */
export function partsChanged(world: World, subnets: readonly Subnet[]): void {
  for (const type of ['routeTables', 'natGateways'] as const)
    for (const key of new Set(subnets.map((subnet) => partOf(subnet, type)))) partChanged(world, type, key);
}

/** Tells the lists that one does not exist any more. */
export function partGone(world: World, type: PartType, { group, name }: SubnetPart): void {
  listLater(world, type, keyOf(group, name), undefined);
}
