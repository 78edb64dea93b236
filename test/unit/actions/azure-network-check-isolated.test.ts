import { describe, expect, test } from 'vitest';
import { holdsAddress } from '../../../engine/actions/address-prefix.ts';
import { azureNetworkCheckIsolated } from '../../../engine/actions/azure-network-check-isolated.ts';
import type { AzureNetwork, AzureSubnet } from '../../../engine/azure-calls.ts';
import { NETWORK, context, portsWith, reader, writtenAzure } from './written-azure.ts';

const action = reader(azureNetworkCheckIsolated);
const GROUP_ID = `${NETWORK}-nsg`;
const TABLE_ID = `${NETWORK}-routes`;

const subnet = (changes: Partial<AzureSubnet> = {}): AzureSubnet => ({
  name: 'default',
  securityGroupId: GROUP_ID,
  routeTableId: TABLE_ID,
  natGatewayId: undefined,
  ...changes,
});

function check(changes: Partial<AzureNetwork>, rule: object = {}, nextHopType = 'None') {
  const azure = writtenAzure();
  const network = {
    id: NETWORK,
    location: 'northeurope',
    addressPrefixes: ['10.90.0.0/16'],
    dnsServers: [],
    peerings: [],
    subnets: [subnet()],
  };
  azure.put('net.network', NETWORK, { ...network, ...changes });
  const rules = [{ name: 'rule', direction: 'Inbound', access: 'Deny', priority: 100, sources: ['*'], ...rule }];
  azure.put('net.securityGroup', GROUP_ID, { id: GROUP_ID, location: 'westeurope', etag: undefined, tags: {}, written: [], rules });
  azure.put('net.routeTable', TABLE_ID, { id: TABLE_ID, routes: [{ name: 'route', prefix: '0.0.0.0/0', nextHopType }] });
  return { azure, outcome: () => action.read(portsWith(azure), context(action, { network: NETWORK }, { target: undefined })) };
}

test('a network without any way out is isolated', async () => {
  expect(await check({ dnsServers: ['10.90.0.4'] }).outcome()).toMatchObject({
    kind: 'succeeded',
    result: { isolated: true, findings: [] },
  });
});

describe('is not isolated', () => {
  const network = (changes: Partial<AzureNetwork>) => check(changes);
  test.each([
    ['peered', network({ peerings: [{ name: 'to-shop', state: 'Disconnected', remoteId: undefined }] }), 'peered with to-shop'],
    ['a gateway subnet', network({ subnets: [subnet({ name: 'GatewaySubnet' })] }), 'gateway subnet'],
    ['a NAT gateway', network({ subnets: [subnet({ natGatewayId: 'nat' })] }), 'NAT gateway'],
    ['DNS elsewhere', network({ dnsServers: ['10.90.0.4', '10.0.0.4'] }), '10.0.0.4'],
    ['DNS by IPv6', network({ dnsServers: ['fd00::1'] }), 'fd00::1'],
    ['open to the internet', check({}, { access: 'Allow', sources: ['Internet'] }), 'lets the internet in'],
    ['open to the internet in words that nobody knows', check({}, { direction: 'Unknown', access: 'Unknown' }), 'lets the internet in'],
    ['a route to an appliance', check({}, {}, 'VirtualAppliance'), 'VirtualAppliance'],
    ['a route to a kind of hop that nobody knows', check({}, {}, 'Wormhole'), 'Wormhole'],
  ])('%s', async (_name, { outcome }, finding) => {
    expect(await outcome()).toMatchObject({
      kind: 'failed',
      failure: { kind: 'target', message: expect.stringContaining(finding) },
      result: { isolated: false, findings: [expect.stringContaining(finding)] },
    });
  });
});

test('what cannot be read is never good', async () => {
  const { azure, outcome } = check({});
  azure.refuse('net.routeTable', TABLE_ID, { kind: 'denied', message: 'no right' });
  expect(await outcome()).toMatchObject({ kind: 'failed', failure: { kind: 'denied' } });
  azure.refuse('net.routeTable', TABLE_ID, { kind: 'unanswered', message: 'reset', retryAfterMs: 5 });
  expect(await outcome()).toMatchObject({ kind: 'unanswered' });
});

test.each([
  ['10.90.0.0/16', '10.90.255.1', true],
  ['10.90.0.0/16', '10.91.0.1', false],
  ['0.0.0.0/0', '192.168.0.1', true],
  ['10.0.0.4/32', '10.0.0.4', true],
  ['10.0.0.4/32', '10.0.0.5', false],
  ['10.0.0.0', '10.0.0.1', false],
  ['10.0.0.0/33', '10.0.0.1', false],
  ['10.0.0.0/8', '10.0.0.256', false],
  ['fd00::/8', 'fd00::1', false],
])('%s holds %s: %s', (prefix, address, expected) => {
  expect(holdsAddress(prefix, address)).toBe(expected);
});
