import { z } from 'zod';
import { armError } from '../arm-errors.ts';
import { canonical, contains, overlap } from './addresses.ts';
import { guardOf } from './find.ts';
import { networkId, nicId } from './ids.ts';
import { isPrefix } from './rules.ts';
import { partNamed } from './subnet-parts.ts';
import type { Answer } from '../route.ts';
import type { Network, Subnet, World } from '../world.ts';

const readOnly = z.unknown().optional();
const reference = z.strictObject({ id: z.string() });

/** Body of a virtual network, with what a GET has told of it. */
export const NETWORK_BODY = z.strictObject({
  id: readOnly,
  name: readOnly,
  etag: readOnly,
  type: readOnly,
  location: z.string(),
  tags: z.record(z.string(), z.string()).optional(),
  properties: z.strictObject({
    provisioningState: readOnly,
    resourceGuid: readOnly,
    addressSpace: z.strictObject({ addressPrefixes: z.array(z.string()).min(1) }),
    dhcpOptions: z.strictObject({ dnsServers: z.array(z.ipv4()) }).optional(),
    enableDdosProtection: z.literal(false).optional(),
    // Peerings have their own path; a body may say again which there are.
    virtualNetworkPeerings: z.array(z.looseObject({ name: z.string() })).optional(),
    subnets: z
      .array(
        z.strictObject({
          id: readOnly,
          name: z.string().min(1),
          etag: readOnly,
          type: readOnly,
          properties: z.strictObject({
            provisioningState: readOnly,
            ipConfigurations: readOnly,
            addressPrefix: z.string().optional(),
            addressPrefixes: z.array(z.string()).length(1).optional(),
            networkSecurityGroup: reference.optional(),
            routeTable: reference.optional(),
            natGateway: reference.optional(),
            delegations: z.array(z.never()).optional(),
            privateEndpointNetworkPolicies: z.literal('Disabled').optional(),
            privateLinkServiceNetworkPolicies: z.literal('Enabled').optional(),
          }),
        }),
      )
      .optional(),
  }),
});

/** What a virtual network shall be. */
export type NetworkPlan = Pick<Network, 'prefixes' | 'dns' | 'tags' | 'subnets'>;

interface Given {
  readonly name: string;
  readonly group: string;
  readonly location: string;
  readonly known: Network | undefined;
  readonly body: z.infer<typeof NETWORK_BODY>;
}

/** What a network shall be by the body of a PUT, or why it cannot. Subnets that a body does not name at all stay as they are. */
export function planNetwork(world: World, given: Given): NetworkPlan | Answer {
  const { known, location, body } = given;
  const { addressSpace, dhcpOptions, virtualNetworkPeerings = [], subnets: wanted } = body.properties;
  const prefixes = addressSpace.addressPrefixes;
  const twisted = twistedPrefix(prefixes, networkId(world, given));
  if (twisted !== undefined) return twisted;
  const unknown = virtualNetworkPeerings.find(({ name }) => known?.peerings.has(name.toLowerCase()) !== true);
  if (unknown !== undefined)
    return armError(501, 'SimulatorNotImplemented', `The peering ${unknown.name} is made by a PUT of its own in this simulator.`);
  const subnets = wanted === undefined ? (known?.subnets ?? []) : subnetsOf(world, wanted, location);
  if ('status' in subnets) return subnets;
  const plan = { prefixes, dns: dhcpOptions?.dnsServers ?? [], tags: body.tags ?? {}, subnets };
  return wrongSubnet(given.name, plan) ?? (known === undefined ? undefined : stillNeeded(world, known, subnets)) ?? plan;
}

type WantedSubnets = NonNullable<z.infer<typeof NETWORK_BODY>['properties']['subnets']>;

function subnetsOf(world: World, wanted: WantedSubnets, location: string): readonly Subnet[] | Answer {
  const subnets: Subnet[] = [];
  for (const { name, properties } of wanted) {
    const { addressPrefix = properties.addressPrefixes?.[0] ?? '', networkSecurityGroup, routeTable, natGateway } = properties;
    const twisted = twistedPrefix([addressPrefix], name);
    if (twisted !== undefined) return twisted;
    const securityGroup = guardOf(world, networkSecurityGroup, location);
    if (typeof securityGroup === 'object') return securityGroup;
    const routes = partNamed(world, 'routeTables', { reference: routeTable, location });
    if (typeof routes === 'object') return routes;
    const nat = partNamed(world, 'natGateways', { reference: natGateway, location });
    if (typeof nat === 'object') return nat;
    subnets.push({ name, prefix: addressPrefix, securityGroup, routeTable: routes, natGateway: nat });
  }
  return subnets;
}

function twistedPrefix(prefixes: readonly string[], owner: string): Answer | undefined {
  for (const prefix of prefixes) {
    if (!isPrefix(prefix) || !prefix.includes('/'))
      return armError(400, 'InvalidAddressPrefixFormat', `Address prefix ${prefix} of resource ${owner} is not formatted correctly.`);
    if (canonical(prefix) !== prefix)
      return armError(
        400,
        'InvalidCIDRNotation',
        `The address prefix ${prefix} in resource ${owner} has an invalid CIDR notation. For the given prefix length, the address prefix should be ${canonical(prefix)}.`,
      );
  }
  return undefined;
}

/** Subnets lie in the address space, and beside each other. */
function wrongSubnet(network: string, { prefixes, subnets }: NetworkPlan): Answer | undefined {
  for (const [place, subnet] of subnets.entries()) {
    if (!prefixes.some((prefix) => contains(prefix, subnet.prefix)))
      return armError(
        400,
        'NetcfgSubnetRangeOutsideVnet',
        `Subnet '${subnet.name}' is not valid because its IP address range is outside the IP address range of virtual network '${network}'.`,
      );
    const other = subnets.slice(0, place).find((each) => overlap(each.prefix, subnet.prefix));
    if (other !== undefined)
      return armError(
        400,
        'NetcfgSubnetRangesOverlap',
        `Subnet '${subnet.name}' is not valid because its IP address range overlaps with that of an existing subnet in virtual network '${network}'.`,
      );
  }
  return undefined;
}

/** What an interface is in neither goes away nor moves. */
function stillNeeded(world: World, known: Network, subnets: readonly Subnet[]): Answer | undefined {
  for (const nic of world.nics.values()) {
    if (nic.network !== known) continue;
    const before = known.subnets.find(({ name }) => name === nic.subnet);
    const after = subnets.find(({ name }) => name === nic.subnet);
    const by = `is in use by ${nicId(world, nic)}/ipConfigurations/ipconfig1 and cannot be deleted`;
    if (after === undefined) return armError(400, 'InUseSubnetCannotBeDeleted', `Subnet ${nic.subnet} ${by}.`);
    if (after.prefix !== before?.prefix)
      return armError(400, 'InUsePrefixCannotBeDeleted', `IpPrefix ${before?.prefix ?? ''} on Subnet ${nic.subnet} ${by}.`);
  }
  return undefined;
}
