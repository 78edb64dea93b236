import { resourceNotFound } from '../arm-errors.ts';
import { param } from '../route.ts';
import { keyOf } from '../world.ts';
import type { Answer, Call } from '../route.ts';
import type { Network, World } from '../world.ts';

/** The network whose security group a request names. */
export function groupOwner(world: World, call: Call): Network | undefined {
  const name = param(call, 'name').toLowerCase();
  if (!name.startsWith('nsg-')) return undefined;
  return world.networks.get(keyOf(param(call, 'resourceGroupName'), name.replace(/^nsg-/, '')));
}

/** 404 for a resource of the network provider. */
export function missing(call: Call, type: string): Answer {
  return resourceNotFound(`Microsoft.Network/${type}`, param(call, 'name'), param(call, 'resourceGroupName'));
}
