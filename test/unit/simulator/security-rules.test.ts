import { describe, expect, test } from 'vitest';
import { mayConnect, type Place } from '../../../simulator/network/rules.ts';
import type { Network, Nic, Peering, SecurityGroup, SecurityRule } from '../../../simulator/world.ts';

const network = (name: string, space: string): Network => ({
  name,
  group: 'rg',
  location: 'westeurope',
  reachable: true,
  prefixes: [space],
  dns: [],
  tags: {},
  subnets: [{ name: 'default', prefix: space, securityGroup: `rg/nsg-${name}`, routeTable: undefined, natGateway: undefined }],
  peerings: new Map(),
  provisioning: 'Succeeded',
  version: 0,
});
const side = (remote: Network, state: Peering['state'] = 'Connected'): Peering => ({
  name: `to-${remote.name}`,
  remote: `rg/${remote.name}`,
  remotePrefixes: remote.prefixes,
  allowVirtualNetworkAccess: true,
  allowForwardedTraffic: false,
  allowGatewayTransit: false,
  state,
  provisioning: 'Succeeded',
});
const HOME = network('home', '10.1.0.0/16');
const AWAY = network('away', '10.2.0.0/16');
const STRANGE = network('strange', '10.3.0.0/16');
HOME.peerings.set('to-away', side(AWAY)).set('to-strange', side(STRANGE, 'Initiated'));
AWAY.peerings.set('to-home', side(HOME));
const machine = (address: string, of: Network): Place => ({ kind: 'machine', address, network: of });
const WEB = machine('10.1.1.11', HOME);
const APP = machine('10.1.2.11', HOME);
const DB = machine('10.1.3.11', HOME);
const REPLICA = machine('10.2.2.11', AWAY);
const STRANGER = machine('10.3.2.11', STRANGE);
const OPERATOR: Place = { kind: 'operator', address: '127.0.0.1' };
const CUSTOMER: Place = { kind: 'internet', address: '203.0.113.1' };

const rule = (direction: 'Inbound' | 'Outbound', access: 'Allow' | 'Deny', priority: number, more: object = {}): SecurityRule => ({
  name: `${direction}-${access}-${priority}`,
  properties: {
    direction,
    access,
    priority,
    protocol: '*',
    sourceAddressPrefix: '*',
    sourcePortRange: '*',
    destinationAddressPrefix: '*',
    destinationPortRange: '*',
    ...more,
  },
});
const may = (rules: readonly SecurityRule[], from: Place, to: Place, port = 8081, own: readonly SecurityRule[] = []): boolean => {
  const group = (name: string, own: readonly SecurityRule[]): SecurityGroup => ({
    name,
    group: 'rg',
    location: 'westeurope',
    tags: {},
    rules: own,
    version: 1,
  });
  const securityGroups = new Map([
    ['rg/nsg-home', group('nsg-home', rules)],
    ['rg/nsg-own', group('nsg-own', own)],
  ]);
  const nic = { network: HOME, address: APP.address, securityGroup: 'rg/nsg-own' } as Nic;
  const nics = new Map(own.length === 0 ? [] : [['rg/app-nic', nic]]);
  return mayConnect({ securityGroups, nics }, { from, fromPort: 40_000, to, port });
};

describe('what a security group lets through', () => {
  test('without own rules: what belongs to the virtual network, and nobody else', () => {
    for (const from of [WEB, REPLICA, OPERATOR]) expect(may([], from, APP), from.address).toBe(true);
    for (const from of [CUSTOMER, STRANGER]) expect(may([], from, APP), from.address).toBe(false);
    expect(may([], APP, STRANGER), 'out to a network that is not joined').toBe(false);
    expect(may([], APP, CUSTOMER), 'out to the Internet').toBe(true);
  });

  test('the rule with the lowest number decides, in its own direction only', () => {
    const rules = [
      rule('Inbound', 'Deny', 300),
      rule('Inbound', 'Allow', 200, { sourceAddressPrefix: 'Internet', destinationPortRange: '8080' }),
    ];
    expect(may(rules, CUSTOMER, WEB, 8080)).toBe(true);
    expect(may(rules, CUSTOMER, WEB, 8081)).toBe(false);
    expect(may(rules, DB, WEB, 8080), 'the virtual network is denied before the default rules').toBe(false);
    expect(may([...rules, rule('Inbound', 'Allow', 250)], DB, WEB, 8080)).toBe(true);
    expect(may([rule('Outbound', 'Deny', 100)], REPLICA, APP), 'out is not in').toBe(true);
  });

  test('a range of addresses is cut off in both directions, and reaches itself', () => {
    const cut = [
      rule('Inbound', 'Deny', 100, { destinationAddressPrefix: '10.1.2.0/24' }),
      rule('Outbound', 'Deny', 100, { sourceAddressPrefix: '10.1.2.0/24' }),
    ];
    for (const from of [WEB, REPLICA, OPERATOR]) expect(may(cut, from, APP), from.address).toBe(false);
    expect(may(cut, APP, DB, 5432)).toBe(false);
    expect(may(cut, WEB, DB, 5432)).toBe(true);
    expect(may(cut, APP, APP)).toBe(true);
  });

  test('prefixes, ports and protocols as lists, ranges and single ones', () => {
    const deny = (more: object): boolean => !may([rule('Inbound', 'Deny', 100, more)], WEB, APP);
    expect(deny({ sourceAddressPrefix: undefined, sourceAddressPrefixes: ['10.9.0.0/16', '10.1.1.11'] })).toBe(true);
    expect(deny({ sourceAddressPrefix: null, sourceAddressPrefixes: ['10.9.0.0/16'] })).toBe(false);
    expect(deny({ destinationPortRange: '8000-8090' })).toBe(true);
    expect(deny({ destinationPortRange: '', destinationPortRanges: ['22', '8081'] })).toBe(true);
    expect(deny({ destinationPortRange: '22' })).toBe(false);
    expect(deny({ sourcePortRange: '1-1024' })).toBe(false);
    expect(deny({ protocol: 'TCP' })).toBe(true);
    expect(deny({ protocol: 'Udp' })).toBe(false);
    expect(deny({ sourceAddressPrefix: 'VirtualNetwork' })).toBe(true);
    expect(deny({ sourceAddressPrefix: 'AzureLoadBalancer' })).toBe(false);
    expect(deny({ sourceAddressPrefix: 'Storage.WestEurope' })).toBe(false);
  });

  test('a group of the interface is asked as well, and both must let it through', () => {
    expect(may([], WEB, APP, 8081, [rule('Inbound', 'Deny', 100)])).toBe(false);
    expect(may([], WEB, DB, 8081, [rule('Inbound', 'Deny', 100)]), 'the interface of another machine').toBe(true);
    expect(may([rule('Inbound', 'Deny', 100)], WEB, APP, 8081, [rule('Inbound', 'Allow', 100)])).toBe(false);
  });

  test('networks that are not connected have no way to each other, whatever their rules allow', () => {
    const open = [rule('Inbound', 'Allow', 100), rule('Outbound', 'Allow', 100)];
    expect(may(open, STRANGER, APP)).toBe(false);
    expect(may(open, APP, STRANGER), 'one side alone is no peering').toBe(false);
    expect(may(open, REPLICA, APP)).toBe(true);
  });
});
