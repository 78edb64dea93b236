import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { azureNetworkCheckIsolated } from '../../engine/actions/azure-network-check-isolated.ts';
import { sdkClients } from '../support/azure-sdk.ts';
import { shopDrill } from '../support/shop-drill.ts';
import { manualClock, startSimulator } from '../support/simulator.ts';
import { azureOf, contextFor, portsOf, readOf } from './azure-drive.ts';
import type { SdkClients } from '../support/azure-sdk.ts';
import type { ShopDrill } from '../support/shop-drill.ts';
import type { RunningSimulator } from '../support/simulator.ts';

/** The shop, with a network that leads out of itself from the beginning. */
const SHOP = join(import.meta.dirname, '..', '..', 'simulator', 'estates', 'contoso-shop');
const LEAKY = `
networks:
  - name: vnet-leaky
    group: rg-dr-test
    space: 10.91.0.0/16
    reachable: false
    nat: true
    routes: [{ name: to-firewall, prefix: 0.0.0.0/0, nextHop: VirtualAppliance, appliance: 10.91.0.4 }]
`;
const folder = mkdtempSync(join(tmpdir(), 'runward-networks-'));
let simulator: RunningSimulator;
let azure: SdkClients;
let drill: ShopDrill;
beforeAll(async () => {
  const estate = join(folder, 'estate.yaml');
  writeFileSync(estate, readFileSync(join(SHOP, 'estate.yaml'), 'utf8').replace('\nnetworks:\n', LEAKY));
  symlinkSync(join(SHOP, 'files'), join(folder, 'files'));
  const started = await startSimulator([...manualClock(), '--principal', 'owner', '--estate', estate]);
  simulator = started;
  azure = sdkClients(started.ready);
  drill = shopDrill(azure, started);
});
afterAll(async () => {
  await simulator.stop();
  rmSync(folder, { recursive: true });
});

interface Body {
  readonly id?: string;
  readonly location?: string;
  readonly tags?: object;
  readonly value: readonly { readonly name: string }[];
  readonly status?: string;
  readonly error?: { readonly code: string };
  readonly properties: Readonly<Record<string, unknown>>;
}
const ask = async (method: string, path: string, body?: unknown) => {
  const url = path.includes('?') ? path : `${path}?api-version=2024-05-01`;
  const answer = await azure.raw(method, url, body === undefined ? {} : { body });
  const json = (answer.text === '' ? { properties: {} } : JSON.parse(answer.text)) as Body;
  return { ...answer, json, code: json.error?.code };
};
const provider = (group: string): string =>
  `/subscriptions/${simulator.ready.subscriptionId}/resourceGroups/${group}/providers/Microsoft.Network`;
const made = (type: string, name: string): string => `${provider('rg-restore-test')}/${type}/${name}`;
const move = (advanceMs: number): Promise<unknown> => simulator.control('clock', { method: 'POST', body: { advanceMs } });
/** Longer than a change of a network takes, and than lists are late. */
const SETTLED_MS = 300;

const subnet = (name: string, addressPrefix: string, guard?: string) => ({
  name,
  properties: { addressPrefix, ...(guard === undefined ? {} : { networkSecurityGroup: { id: guard } }) },
});
const network = (...subnets: readonly object[]) => ({
  location: 'northeurope',
  properties: { addressSpace: { addressPrefixes: ['10.50.0.0/16'] }, subnets },
});
const nic = (subnetId: string, more: object = {}) => ({
  location: 'northeurope',
  properties: { ipConfigurations: [{ name: 'ipconfig1', properties: { subnet: { id: subnetId }, ...more } }] },
});

test('a network, its guard and an interface are made, hold each other, and go one after the other', async () => {
  const [net, guard, port] = [
    made('virtualNetworks', 'vnet-made'),
    made('networkSecurityGroups', 'nsg-made'),
    made('networkInterfaces', 'nic-made'),
  ];
  expect((await ask('PUT', guard, { location: 'northeurope' })).status).toBe(201);
  const both = network(subnet('front', '10.50.1.0/24', guard), subnet('back', '10.50.2.0/29'));
  for (const [body, code] of [
    [network(subnet('front', '10.51.1.0/24')), 'NetcfgSubnetRangeOutsideVnet'],
    [network(subnet('a', '10.50.1.0/24'), subnet('b', '10.50.0.0/23')), 'NetcfgSubnetRangesOverlap'],
    [network(subnet('a', '10.50.1.1/24')), 'InvalidCIDRNotation'],
    [network(subnet('a', '10.50.1.0/24', `${guard}-else`)), 'InvalidResourceReference'],
    [{ ...both, properties: { ...both.properties, vpn: true } }, 'InvalidRequestContent'],
  ] as const)
    expect((await ask('PUT', net, body)).code, code).toBe(code);

  const created = await ask('PUT', net, both);
  expect([created.status, created.json.properties['provisioningState']]).toEqual([201, 'Updating']);
  const follow = String(created.headers['azure-asyncoperation']);
  expect((await ask('GET', follow)).json.status).toBe('InProgress');
  const listed = async (): Promise<boolean> =>
    (await ask('GET', made('virtualNetworks', '').slice(0, -1))).json.value.some(({ name }) => name === 'vnet-made');
  expect(await listed()).toBe(false);
  await move(SETTLED_MS);
  expect([(await ask('GET', follow)).json.status, await listed()]).toEqual(['Succeeded', true]);
  expect((await ask('PUT', net, { ...both, location: 'westeurope' })).code).toBe('InvalidResourceLocation');
  expect((await ask('PATCH', net, { tags: { by: 'me' } })).json.tags).toEqual({ by: 'me' });
  // What a GET told can be put back as it is.
  expect((await ask('PUT', net, (await ask('GET', net)).json)).status).toBe(200);

  expect((await ask('PUT', port, nic(`${net}/subnets/none`))).code).toBe('InvalidResourceReference');
  const outside = { privateIPAllocationMethod: 'Static', privateIPAddress: '10.50.1.9' };
  expect((await ask('PUT', port, nic(`${net}/subnets/back`, outside))).code).toBe('PrivateIPAddressNotInSubnet');
  expect((await ask('PUT', port, nic(`${net}/subnets/back`))).status).toBe(201);
  const second = { privateIPAllocationMethod: 'Static', privateIPAddress: '10.50.2.4' };
  expect((await ask('PUT', `${port}-2`, nic(`${net}/subnets/back`, second))).code).toBe('PrivateIPAddressInUse');

  expect((await ask('DELETE', net)).code).toBe('InUseSubnetCannotBeDeleted');
  expect((await ask('PUT', net, network(subnet('front', '10.50.1.0/24')))).code).toBe('InUseSubnetCannotBeDeleted');
  expect((await ask('DELETE', guard)).code).toBe('InUseNetworkSecurityGroupCannotBeDeleted');
  await move(SETTLED_MS);
  const [once, twice] = [await ask('DELETE', port), await ask('DELETE', port)];
  expect([once.status, twice.status, (await ask('GET', port)).json.properties['provisioningState']]).toEqual([202, 202, 'Deleting']);
  expect((await ask('DELETE', net)).code, 'not gone yet').toBe('InUseSubnetCannotBeDeleted');
  await move(SETTLED_MS);
  expect((await ask('GET', port)).status).toBe(404);
  const gone = await ask('DELETE', net);
  expect(gone.status).toBe(202);
  expect((await ask('DELETE', net)).code).toBe('AnotherOperationInProgress');
  await move(SETTLED_MS);
  expect((await ask('GET', String(gone.headers.location))).status).toBe(204);
  expect([(await ask('GET', net)).status, (await ask('DELETE', net)).status, await listed()]).toEqual([404, 204, false]);
  expect((await ask('DELETE', guard)).status).toBe(202);
  await move(SETTLED_MS);
  expect((await ask('GET', guard)).status).toBe(404);
  expect(await simulator.control('doubles')).toMatchObject({ doubles: [] });
});

const side = (group: string, name: string, to: string): string => `${drill.network(group, name)}/virtualNetworkPeerings/${to}`;
const remote = (id: string, more: object = {}) => ({ properties: { remoteVirtualNetwork: { id }, ...more } });
const stateOf = async (path: string): Promise<unknown> => (await ask('GET', path)).json.properties['peeringState'];
const isolated = async (id: string) => {
  const ports = portsOf(azureOf(simulator));
  return readOf(azureNetworkCheckIsolated, ports, contextFor(azureNetworkCheckIsolated, undefined, { network: id }));
};

test('a peering that is made while the world runs: the network is isolated no more, in truth and in our check', async () => {
  const [island, shop] = [drill.network('rg-dr-test', 'vnet-drill'), drill.network('rg-shop-weu', 'vnet-shop-weu')];
  const [out, back] = [side('rg-dr-test', 'vnet-drill', 'to-shop'), side('rg-shop-weu', 'vnet-shop-weu', 'to-drill')];
  await drill.tested('web-02');
  const world = (await simulator.control('world')) as {
    readonly machines: readonly { readonly name: string; readonly realAddress: string }[];
  };
  const copy = world.machines.find(({ name }) => name === 'web-02-test')?.realAddress ?? '';
  // The copy asks the tier below, which is in the shop's network alone.
  const reaches = async (): Promise<boolean> => (await fetch(`http://${copy}:8080/healthz`)).status === 200;
  const settle = async (): Promise<void> => void (await move(SETTLED_MS));
  expect([await reaches(), (await isolated(island)).kind]).toEqual([false, 'succeeded']);

  const first = await ask('PUT', out, remote(shop));
  expect([first.status, first.json.properties['peeringState'], first.json.properties['provisioningState']]).toEqual([
    201,
    'Initiated',
    'Updating',
  ]);
  await settle();
  expect(await reaches(), 'one side is no way').toBe(false);
  expect(await isolated(island)).toMatchObject({ kind: 'failed', failure: { message: expect.stringContaining('(Initiated)') as string } });
  expect((await ask('PUT', back, remote(island, { allowVirtualNetworkAccess: false }))).status).toBe(201);
  await settle();
  expect([await stateOf(out), await stateOf(back)]).toEqual(['Connected', 'Connected']);
  expect(await reaches(), 'the other side does not let it in').toBe(false);
  expect((await ask('PUT', back, remote(island))).status).toBe(200);
  await settle();
  expect(await reaches()).toBe(true);
  expect(await isolated(island)).toMatchObject({
    kind: 'failed',
    result: { isolated: false },
    failure: { message: expect.stringMatching(/peered with .*vnet-shop-weu \(Connected\)/i) as string },
  });

  expect((await ask('DELETE', back)).status).toBe(202);
  await settle();
  expect([await reaches(), await stateOf(out)]).toEqual([false, 'Disconnected']);
  expect((await ask('GET', back)).status).toBe(404);
  expect((await ask('PUT', back, remote(island))).code).toBe('RemotePeeringIsDisconnected');
  expect((await ask('PUT', out, remote(shop))).status).toBe(200);
  await settle();
  expect(await stateOf(out)).toBe('Initiated');
  expect((await ask('DELETE', out)).status).toBe(202);
  await settle();
  expect((await ask('GET', out.replace('/to-shop', ''))).json.value).toEqual([]);
  expect((await isolated(island)).kind).toBe('succeeded');
  expect(await simulator.control('doubles')).toMatchObject({ doubles: [] });
});

test('what Azure refuses of a peering', async () => {
  const [island, shop] = [drill.network('rg-dr-test', 'vnet-drill'), drill.network('rg-shop-neu', 'vnet-shop-neu')];
  const out = side('rg-dr-test', 'vnet-drill', 'one');
  expect((await ask('PUT', out, remote(`${shop}-else`))).code).toBe('InvalidResourceReference');
  expect((await ask('PUT', out, remote(shop, { useRemoteGateways: true }))).code).toBe('RemoteVnetHasNoGateways');
  const twin = made('virtualNetworks', 'vnet-twin');
  const same = { location: 'northeurope', properties: { addressSpace: { addressPrefixes: ['10.90.128.0/17'] } } };
  expect((await ask('PUT', twin, same)).status).toBe(201);
  expect((await ask('PUT', out, remote(twin))).code).toBe('VnetAddressSpacesOverlap');
  expect((await ask('PUT', out, remote(shop))).status).toBe(201);
  expect((await ask('PUT', out.replace(/one$/, 'two'), remote(shop))).code).toBe('AnotherPeeringAlreadyReferencesRemoteVnet');
  await move(SETTLED_MS);
  expect((await ask('PUT', `${twin}/virtualNetworkPeerings/to-shop`, remote(shop))).status).toBe(201);
  expect((await ask('PUT', `${shop}/virtualNetworkPeerings/to-drill`, remote(island))).status).toBe(201);
  await move(SETTLED_MS);
  const late = await ask('PUT', `${shop}/virtualNetworkPeerings/to-twin`, remote(twin));
  expect(late.code).toBe('VnetAddressSpaceOverlapsWithAlreadyPeeredVnet');
  // Peerings do not hold a network: the other side loses its own.
  await ask('DELETE', `${twin}/virtualNetworkPeerings/to-shop`);
  await move(SETTLED_MS);
  expect((await ask('DELETE', drill.network('rg-dr-test', 'vnet-drill'))).code).toBe('InUseSubnetCannotBeDeleted');
  await drill.cleanup('web-02');
  await simulator.until(async () => (await drill.allowed('web-02')).includes('TestFailover'));
  expect((await ask('DELETE', island)).status).toBe(202);
  await move(SETTLED_MS);
  expect(await stateOf(`${shop}/virtualNetworkPeerings/to-drill`)).toBe('Disconnected');
});

test('the ways out that an estate gives a network are there from the beginning', async () => {
  const ways = ['subnet default has a NAT gateway', 'route to-firewall sends 0.0.0.0/0 to a VirtualAppliance'];
  expect(await isolated(drill.network('rg-dr-test', 'vnet-leaky'))).toMatchObject({ result: { isolated: false, findings: ways } });
  const listed = async (type: string): Promise<readonly string[]> =>
    (await ask('GET', `${provider('rg-dr-test')}/${type}`)).json.value.map(({ name }) => name);
  expect([await listed('routeTables'), await listed('natGateways')]).toEqual([['rt-vnet-leaky'], ['nat-vnet-leaky']]);
});

test('each way out of a network is found by our check and named, and is there to be deleted when it is not needed', async () => {
  const [net, guard, routes, nat] = [
    made('virtualNetworks', 'vnet-ways'),
    made('networkSecurityGroups', 'nsg-ways'),
    made('routeTables', 'rt-ways'),
    made('natGateways', 'nat-ways'),
  ];
  const settle = async (): Promise<void> => void (await move(SETTLED_MS));
  const route = (name: string, nextHopType: string, more: object = {}) => ({
    name,
    properties: { addressPrefix: '0.0.0.0/0', nextHopType, ...more },
  });
  const table = (...all: readonly object[]) => ({ location: 'northeurope', properties: { routes: all } });
  const inbound = { priority: 100, direction: 'Inbound', access: 'Allow', protocol: 'Tcp', sourceAddressPrefix: 'Internet' };
  const open = { name: 'web-for-all', properties: { ...inbound, destinationAddressPrefix: '*', destinationPortRange: '443' } };
  const appliance = { nextHopIpAddress: '10.50.1.4' };
  expect((await ask('PUT', routes, table(route('out', 'VirtualAppliance')))).status).toBe(400);
  expect((await ask('PUT', routes, table(route('to-firewall', 'VirtualAppliance', appliance)))).status).toBe(201);
  expect((await ask('PUT', nat, { location: 'northeurope', sku: { name: 'Standard' } })).status).toBe(201);
  expect((await ask('PUT', guard, { location: 'northeurope', properties: { securityRules: [open] } })).status).toBe(201);
  await settle();

  const only = (properties: object) => ({ name: 'only', properties: { addressPrefix: '10.50.1.0/24', ...properties } });
  const clean = network(only({}));
  expect((await ask('PUT', net, network(only({ routeTable: { id: `${routes}-else` } })))).code).toBe('InvalidResourceReference');
  const dns = { ...clean, properties: { ...clean.properties, dhcpOptions: { dnsServers: ['10.50.1.5', '10.1.0.4'] } } };
  for (const [body, finding] of [
    [network(subnet('GatewaySubnet', '10.50.1.0/27')), 'it has a gateway subnet'],
    [network(only({ natGateway: { id: nat.toUpperCase() } })), 'subnet only has a NAT gateway'],
    [network(only({ routeTable: { id: routes } })), 'route to-firewall sends 0.0.0.0/0 to a VirtualAppliance'],
    [dns, 'it asks DNS servers outside itself: 10.1.0.4'],
    [network(only({ networkSecurityGroup: { id: guard } })), 'security rule web-for-all lets the internet in'],
  ] as const) {
    expect([200, 201], finding).toContain((await ask('PUT', net, body)).status);
    await settle();
    expect(await isolated(net)).toMatchObject({
      kind: 'failed',
      failure: { message: `the network is not isolated: ${finding}` },
      result: { isolated: false, findings: [finding] },
    });
  }
  const all = network(only({ natGateway: { id: nat }, routeTable: { id: routes } }));
  expect((await ask('PUT', net, all)).status).toBe(200);
  await settle();
  // What a GET told can be put back as it is, and a table that leads nowhere is no way out.
  expect((await ask('PUT', net, (await ask('GET', net)).json)).status).toBe(200);
  expect((await ask('DELETE', routes)).code).toBe('InUseRouteTableCannotBeDeleted');
  expect((await ask('DELETE', nat)).code).toBe('InUseNatGatewayCannotBeDeleted');
  expect((await ask('PUT', routes, table(route('nowhere', 'None')))).json.properties['routes']).toHaveLength(1);
  expect(await isolated(net)).toMatchObject({ result: { findings: ['subnet only has a NAT gateway'] } });
  expect((await ask('PUT', net, network(only({ routeTable: { id: routes } })))).status).toBe(200);
  await settle();
  expect(await isolated(net)).toMatchObject({ kind: 'succeeded', result: { isolated: true } });

  const peering = `${net}/virtualNetworkPeerings/to-shop`;
  expect((await ask('PUT', peering, remote(drill.network('rg-shop-weu', 'vnet-shop-weu')))).status).toBe(201);
  expect(await isolated(net)).toMatchObject({ result: { findings: [expect.stringMatching(/^it is peered with .*vnet-shop-weu/i)] } });

  await settle();
  for (const gone of [nat, net]) expect((await ask('DELETE', gone)).status).toBe(202);
  await settle();
  expect((await ask('DELETE', routes)).status).toBe(202);
  await settle();
  for (const gone of [net, nat, routes]) expect((await ask('GET', gone)).status).toBe(404);
  expect((await ask('GET', made('routeTables', '').slice(0, -1))).json.value).toEqual([]);
  expect(await simulator.control('doubles')).toMatchObject({ doubles: [] });
});
