import { armError, resourceNotFound } from '../arm-errors.ts';
import { param } from '../route.ts';
import { keyOf } from '../world.ts';
import { byId, networkId, securityGroupId } from './ids.ts';
import type { Answer, Call } from '../route.ts';
import type { Network, SecurityGroup, Subnet, World } from '../world.ts';

/** Key of the resource that a request names. */
export function keyOfCall(call: Call): string {
  return keyOf(param(call, 'resourceGroupName'), param(call, 'name'));
}

/** 404 for a resource of the network provider. */
export function missing(call: Call, type: string): Answer {
  return resourceNotFound(`Microsoft.Network/${type}`, param(call, 'name'), param(call, 'resourceGroupName'));
}

/** The refusal of a request that names in its body what is not there. */
export function badReference(id: string): Answer {
  const message = `Resource ${id} was not found. Please make sure that the referenced resource exists, and that both resources are in the same region.`;
  return armError(400, 'InvalidResourceReference', message);
}

/** The subnet that an id names. */
export function subnetById(world: World, id: string): { readonly network: Network; readonly subnet: Subnet } | undefined {
  const [outer = '', name = ''] = id.split(/\/subnets\//i);
  const network = byId(world.networks.values(), (each) => networkId(world, each), outer);
  const subnet = network?.subnets.find((each) => each.name.toLowerCase() === name.toLowerCase());
  return network === undefined || subnet === undefined ? undefined : { network, subnet };
}

/** Key of the security group that a body names, if it names one; or the refusal, since it must be of the same region. */
export function guardOf(world: World, reference: { readonly id: string } | undefined, location: string): string | undefined | Answer {
  if (reference === undefined) return undefined;
  const group: SecurityGroup | undefined = byId(world.securityGroups.values(), (each) => securityGroupId(world, each), reference.id);
  return group === undefined || group.location !== location ? badReference(reference.id) : keyOf(group.group, group.name);
}

/** The bodies of a list of the network provider that belong to the group of a request, or all of them when it names none. */
export function ofGroup(bodies: readonly unknown[], call: Call): readonly unknown[] {
  const group = call.params['resourceGroupName']?.toLowerCase();
  return bodies.filter(
    (body) => group === undefined || (body as { readonly id: string }).id.toLowerCase().includes(`/resourcegroups/${group}/`),
  );
}
