import { networkResourceId } from '../arm-ids.ts';
import type { Network, Nic, SecurityGroup, World } from '../world.ts';

type Named<Each extends { readonly group: string; readonly name: string }> = Pick<Each, 'group' | 'name'>;

/** Id of a virtual network. */
export function networkId(world: World, { group, name }: Named<Network>): string {
  return networkResourceId(world, { group, type: 'virtualNetworks', name });
}

/** Id of a network interface. */
export function nicId(world: World, { group, name }: Named<Nic>): string {
  return networkResourceId(world, { group, type: 'networkInterfaces', name });
}

/** Id of a network security group. */
export function securityGroupId(world: World, { group, name }: Named<SecurityGroup>): string {
  return networkResourceId(world, { group, type: 'networkSecurityGroups', name });
}

/** The resource among these whose id this is, however it is spelt. */
export function byId<Each>(all: Iterable<Each>, idOf: (each: Each) => string, id: string): Each | undefined {
  return [...all].find((each) => idOf(each).toLowerCase() === id.toLowerCase());
}
