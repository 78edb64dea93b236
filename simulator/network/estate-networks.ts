import { keyOf } from '../world.ts';
import { networkListed } from './network-view.ts';
import { securityGroupListed } from './security-group-view.ts';
import type { Network, Peering, SecurityGroup, SecurityRule, World } from '../world.ts';

type Given = World['estate']['networks'][number];

/** Makes a network of the estate: one subnet over all of its space, guarded by a security group of its own. */
export function networkFromEstate(world: World, given: Given, location: string): void {
  const { name, group, reachable, space, dns } = given;
  const guard: SecurityGroup = { name: `nsg-${name}`, group, location, tags: {}, rules: given.rules.map(writtenRule), version: 0 };
  const securityGroup = keyOf(group, guard.name);
  world.securityGroups.set(securityGroup, guard);
  world.networks.set(keyOf(group, name), {
    name,
    group,
    location,
    reachable,
    prefixes: [space],
    dns,
    tags: {},
    subnets: [{ name: 'default', prefix: space, securityGroup }],
    peerings: new Map(),
    provisioning: 'Succeeded',
    version: 0,
  });
}

/** Peers two networks of the estate; what one of them says is so at both sides. */
export function peeringFromEstate(world: World, one: string, other: string): void {
  const named = (name: string): Network | undefined => [...world.networks.values()].find((network) => network.name === name);
  const [left, right] = [named(one), named(other)];
  if (left === undefined || right === undefined) return;
  left.peerings.set(`to-${other}`.toLowerCase(), sideTo(right));
  right.peerings.set(`to-${one}`.toLowerCase(), sideTo(left));
}

/** Puts what the estate begins with into the lists. */
export function networksListed(world: World): void {
  for (const network of world.networks.values()) networkListed(world, network);
  for (const group of world.securityGroups.values()) securityGroupListed(world, group);
}

function sideTo(remote: Network): Peering {
  return {
    name: `to-${remote.name}`,
    remote: keyOf(remote.group, remote.name),
    remotePrefixes: remote.prefixes,
    allowVirtualNetworkAccess: true,
    allowForwardedTraffic: false,
    allowGatewayTransit: false,
    state: 'Connected',
    provisioning: 'Succeeded',
  };
}

function writtenRule(rule: Given['rules'][number]): SecurityRule {
  const { name, priority, direction, access, protocol, source, destination, port } = rule;
  const ports = { sourcePortRange: '*', destinationPortRange: port };
  return {
    name,
    properties: { priority, direction, access, protocol, sourceAddressPrefix: source, destinationAddressPrefix: destination, ...ports },
  };
}
