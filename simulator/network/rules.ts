import { inSpace } from './addresses.ts';
import { keyOf } from '../world.ts';
import type { Network, Peering, SecurityGroup, SecurityRule, World } from '../world.ts';

/** Where a connection comes from or goes to, as security rules see it. */
export interface Place {
  readonly address: string;
  /** An operator's computer has a network of its own that is joined to the virtual ones; customers come over the Internet. */
  readonly kind: 'machine' | 'operator' | 'internet';
  /** The network of a machine. */
  readonly network?: Network;
}

/** A connection that somebody wants to make over TCP. */
export interface Flow {
  readonly from: Place;
  readonly fromPort: number;
  readonly to: Place;
  readonly port: number;
}

type Direction = 'Inbound' | 'Outbound';

/** A rule that Azure sets below those of the owner, in the order of their priorities (docs: Network security groups overview). */
export interface DefaultRule {
  readonly name: string;
  readonly priority: number;
  readonly direction: Direction;
  readonly access: 'Allow' | 'Deny';
  readonly from: string;
  readonly to: string;
}

export const DEFAULT_RULES: readonly DefaultRule[] = [
  { name: 'AllowVnetInBound', priority: 65_000, direction: 'Inbound', access: 'Allow', from: 'VirtualNetwork', to: 'VirtualNetwork' },
  { name: 'AllowAzureLoadBalancerInBound', priority: 65_001, direction: 'Inbound', access: 'Allow', from: 'AzureLoadBalancer', to: '*' },
  { name: 'DenyAllInBound', priority: 65_500, direction: 'Inbound', access: 'Deny', from: '*', to: '*' },
  { name: 'AllowVnetOutBound', priority: 65_000, direction: 'Outbound', access: 'Allow', from: 'VirtualNetwork', to: 'VirtualNetwork' },
  { name: 'AllowInternetOutBound', priority: 65_001, direction: 'Outbound', access: 'Allow', from: '*', to: 'Internet' },
  { name: 'DenyAllOutBound', priority: 65_500, direction: 'Outbound', access: 'Deny', from: '*', to: '*' },
];

/** What decides about a connection. */
export type Guards = Pick<World, 'securityGroups' | 'nics'>;

/** Whether a connection finds its way, and the security groups at both ends let it through. A machine reaches itself whatever they say. */
export function mayConnect(world: Guards, flow: Flow): boolean {
  const { from, to } = flow;
  if (from.kind === 'machine' && from.network === to.network && from.address === to.address) return true;
  if (from.network !== undefined && to.network !== undefined && !leadsTo(from.network, to.network)) return false;
  return passes(world, flow, 'Outbound') && passes(world, flow, 'Inbound');
}

/** Whether packets of a network find their way into another one: it is the same, or both sides of a peering are connected. */
export function leadsTo(from: Network, to: Network): boolean {
  return from === to || linkTo(from, to) !== undefined;
}

function linkTo(from: Network, to: Network): Peering | undefined {
  const key = keyOf(to.group, to.name);
  return [...from.peerings.values()].find(({ remote, state }) => remote === key && state === 'Connected');
}

/** Every group on the way must let it pass: that of the subnet and that of the interface. Where there is none, nothing is held up. */
function passes(world: Guards, flow: Flow, direction: Direction): boolean {
  const end = direction === 'Inbound' ? flow.to : flow.from;
  const { network } = end;
  return network === undefined || guardsOf(world, network, end.address).every(({ rules }) => decides(rules, { flow, direction, network }));
}

function guardsOf(world: Guards, network: Network, address: string): readonly SecurityGroup[] {
  const subnet = network.subnets.find(({ prefix }) => inSpace({ space: prefix }, address));
  const nic = [...world.nics.values()].find((each) => each.network === network && each.address === address);
  return [subnet?.securityGroup, nic?.securityGroup].flatMap((key) => (key === undefined ? [] : (world.securityGroups.get(key) ?? [])));
}

/** The rule with the lowest number decides. */
function decides(
  rules: readonly SecurityRule[],
  given: { readonly flow: Flow; readonly direction: Direction; readonly network: Network },
): boolean {
  const { flow, direction, network } = given;
  const own = rules
    .map(({ properties }) => properties)
    .filter((rule) => rule.direction === direction)
    .toSorted((left, right) => left.priority - right.priority);
  const first = own.find((rule) => concerns(rule, flow, network));
  if (first !== undefined) return first.access === 'Allow';
  const rest = DEFAULT_RULES.find(
    (rule) => rule.direction === direction && covers(rule.from, flow.from, network) && covers(rule.to, flow.to, network),
  );
  return rest?.access === 'Allow';
}

function concerns(rule: SecurityRule['properties'], flow: Flow, network: Network): boolean {
  const told = (single: string, several: string): readonly string[] => [rule[single], rule[several]].flat().filter(isText);
  return (
    ['*', 'tcp'].includes(rule.protocol.toLowerCase()) &&
    told('sourceAddressPrefix', 'sourceAddressPrefixes').some((prefix) => covers(prefix, flow.from, network)) &&
    told('destinationAddressPrefix', 'destinationAddressPrefixes').some((prefix) => covers(prefix, flow.to, network)) &&
    told('sourcePortRange', 'sourcePortRanges').some((range) => holds(range, flow.fromPort)) &&
    told('destinationPortRange', 'destinationPortRanges').some((range) => holds(range, flow.port))
  );
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

/** Whether a prefix or a service tag means a place, from where the network of the group is. No place of this world is behind any other tag. */
function covers(prefix: string, place: Place, network: Network): boolean {
  switch (prefix.toLowerCase()) {
    case '*':
    case '0.0.0.0/0':
      return true;
    case 'internet':
      return place.kind === 'internet';
    case 'virtualnetwork':
      return place.kind === 'operator' || (place.network !== undefined && joined(place.network, network));
  }
  return isPrefix(prefix) && inSpace({ space: prefix }, place.address);
}

/** Azure counts what is peered, and what is joined over a gateway, as part of a virtual network, unless its side of the peering says no. */
function joined(other: Network, network: Network): boolean {
  return other === network || linkTo(network, other)?.allowVirtualNetworkAccess === true;
}

function holds(range: string, port: number): boolean {
  if (range === '*') return true;
  const [low, high = low] = range.split('-').map(Number);
  return low !== undefined && high !== undefined && port >= low && port <= high;
}

/** Whether a text is an IPv4 address or a range of them. */
export function isPrefix(text: string): boolean {
  return /^(\d{1,3}\.){3}\d{1,3}(\/([0-9]|[12]\d|3[0-2]))?$/.test(text);
}
