import { describe, expect, test } from 'vitest';
import { mayConnect, type Place } from '../../../simulator/network/rules.ts';
import type { Network, SecurityRule, World } from '../../../simulator/world.ts';

const network = (name: string, space: string, peerings: readonly string[] = []): Network => ({
  name,
  group: 'rg',
  location: 'westeurope',
  space,
  reachable: true,
  peerings,
  dns: [],
});
const HOME = network('home', '10.1.0.0/16', ['away']);
const AWAY = network('away', '10.2.0.0/16');
const STRANGE = network('strange', '10.3.0.0/16');
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
const may = (rules: readonly SecurityRule[], from: Place, to: Place, port = 8081): boolean => {
  const securityRules: World['securityRules'] = new Map([['rg/home', { version: 1, rules }]]);
  return mayConnect({ securityRules }, { from, fromPort: 40_000, to, port });
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
});
