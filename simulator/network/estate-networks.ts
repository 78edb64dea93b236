import { keyOf } from '../world.ts';
import { networkListed } from './network-view.ts';
import { securityGroupListed } from './security-group-view.ts';
import { partsListed } from './subnet-part-view.ts';
import type { Network, Peering, SecurityGroup, SecurityRule, SubnetPart, World } from '../world.ts';
import type { PartType } from './subnet-part-view.ts';

type Given = World['estate']['networks'][number];

/** Makes a network of the estate: one subnet over all of its space, guarded by a security group of its own, with the ways out that it shall have. */
export function networkFromEstate(world: World, given: Given, location: string): void {
  const { name, group, reachable, space, dns } = given;
  const guard: SecurityGroup = { name: `nsg-${name}`, group, location, tags: {}, rules: given.rules.map(writtenRule), version: 0 };
  const securityGroup = keyOf(group, guard.name);
  world.securityGroups.set(securityGroup, guard);
  const part = (type: PartType, prefix: string, routes: SubnetPart['routes']): string => {
    const made = { name: `${prefix}-${name}`, group, location, tags: {}, routes, version: 0 };
    world[type].set(keyOf(group, made.name), made);
    return keyOf(group, made.name);
  };
  const routeTable = given.routes.length === 0 ? undefined : part('routeTables', 'rt', given.routes.map(writtenRoute));
  const natGateway = given.nat ? part('natGateways', 'nat', []) : undefined;
  world.networks.set(keyOf(group, name), {
    name,
    group,
    location,
    reachable,
    prefixes: [space],
    dns,
    tags: {},
    subnets: [{ name: 'default', prefix: space, securityGroup, routeTable, natGateway }],
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
  partsListed(world);
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

function writtenRoute({ name, prefix, nextHop, appliance }: Given['routes'][number]): SubnetPart['routes'][number] {
  const address = appliance === undefined ? {} : { nextHopIpAddress: appliance };
  return { name, properties: { addressPrefix: prefix, nextHopType: nextHop, ...address } };
}

function writtenRule(rule: Given['rules'][number]): SecurityRule {
  const { name, priority, direction, access, protocol, source, destination, port } = rule;
  const ports = { sourcePortRange: '*', destinationPortRange: port };
  return {
    name,
    properties: { priority, direction, access, protocol, sourceAddressPrefix: source, destinationAddressPrefix: destination, ...ports },
  };
}
