import { afterAll, beforeAll, expect, test } from 'vitest';
import { sdkClients } from '../support/azure-sdk.ts';
import { runOnMachine } from '../support/run-command.ts';
import { shopDrill } from '../support/shop-drill.ts';
import { startSimulator } from '../support/simulator.ts';
import type { SdkClients } from '../support/azure-sdk.ts';
import type { ShopDrill } from '../support/shop-drill.ts';
import type { RunningSimulator } from '../support/simulator.ts';

const NEU = { group: 'rg-shop-neu', location: 'northeurope' };
let simulator: RunningSimulator;
let azure: SdkClients;
let drill: ShopDrill;

beforeAll(async () => {
  simulator = await startSimulator(['--scale', '600']);
  azure = sdkClients(simulator.ready);
  drill = shopDrill(azure, simulator);
});
afterAll(async () => simulator.stop());

interface World {
  readonly machines: readonly {
    readonly name: string;
    readonly address: string;
    readonly realAddress: string;
    readonly services: readonly string[];
  }[];
}
const machine = async (name: string): Promise<World['machines'][number] | undefined> =>
  ((await simulator.control('world')) as World).machines.find((each) => each.name === name);
const points = async (name: string) => {
  const [, fabric = ''] = /replicationFabrics\/([^/]+)/.exec(drill.itemPath(name)) ?? [];
  const found = [];
  for await (const point of azure.siteRecovery.recoveryPoints.listByReplicationProtectedItems(
    'rsv-dr-weu',
    'rg-dr-weu',
    fabric,
    `${fabric}-container`,
    name,
  ))
    found.push(point);
  return found;
};

test('a replica holds what was there at its point, not what came later', async () => {
  const put = (text: string): Promise<unknown> =>
    simulator.control('machines/db-02/files/var/lib/shop/mark', { method: 'PUT', body: text });
  await put('early');
  // A point that is on its way already has what was there before.
  const writtenAtMs = Date.now();
  await simulator.until(async () => Date.parse(String((await points('db-02'))[0]?.properties?.recoveryPointTime)) > writtenAtMs);
  const middle = (await points('db-02'))[0];
  await put('late');
  expect(middle?.id).toMatch(/\/recoveryPoints\/[0-9a-f-]{36}$/);
  await drill.tested('db-02', { recoveryPointId: middle?.id ?? '' });
  expect(await simulator.control('machines/db-02-test/files/var/lib/shop/mark')).toBe('early');
  expect(await simulator.control('machines/db-02/files/var/lib/shop/mark')).toBe('late');
});

test('a failover without a point takes the newest files of a source that runs', async () => {
  await simulator.control('machines/jump-01/files/var/lib/mark', { method: 'PUT', body: 'newest' });
  await drill.tested('jump-01');
  expect(await simulator.control('machines/jump-01-test/files/var/lib/mark')).toBe('newest');
});

test('a test machine is seen by its own network only, and the shop recovers there tier by tier', async () => {
  for (const name of ['db-01', 'app-01', 'web-01']) await drill.tested(name);
  const [db, web] = [await machine('db-01-test'), await machine('web-01-test')];
  expect(web?.address).toMatch(/^10\.90\./);
  // Whatever a network of this computer may answer on that address, it is not the shop.
  const outside = await fetch(`http://${web?.address}:8080/healthz`, { signal: AbortSignal.timeout(300) }).catch(() => undefined);
  expect(outside?.headers.get('server')).not.toBe('shop');

  const look = `curl -s -o /dev/null -w '%{http_code}' http://${web?.address}:8080/healthz`;
  expect((await runOnMachine({ azure, simulator }, { ...NEU, machine: 'web-01-test', name: 'look-1', script: look })).output).toBe('503');
  const repoint = `pg_isready --host=${db?.address} --port=5432 && printf 'DB_HOST=%s\\n' ${db?.address} > /etc/shop/db.env && systemctl restart shop-app`;
  expect(await runOnMachine({ azure, simulator }, { ...NEU, machine: 'app-01-test', name: 'repoint', script: repoint })).toMatchObject({
    executionState: 'Succeeded',
  });
  expect((await runOnMachine({ azure, simulator }, { ...NEU, machine: 'web-01-test', name: 'look-2', script: look })).output).toBe('200');

  const elsewhere = await runOnMachine(
    { azure, simulator },
    {
      machine: 'web-02',
      name: 'outside',
      script: `curl -s -o /dev/null http://${web?.address}:8080/; echo $?`,
    },
  );
  expect(elsewhere.output).toBe('7\n');
  const smoke =
    'SMOKE_PASSWORD=x /opt/shop/bin/smoke-order --user smoke > /dev/null && SMOKE_PASSWORD=x /opt/shop/bin/smoke-order --dry --user smoke';
  expect((await runOnMachine({ azure, simulator }, { ...NEU, machine: 'web-01-test', name: 'smoke', script: smoke })).output).toContain(
    'smoke order of smoke',
  );
  const orders = (await simulator.control('orders')) as Readonly<Record<string, readonly unknown[]>>;
  expect([orders['db-01']?.length, orders['db-01-test']?.length]).toEqual([5, 6]);
});

test('the interface of a test machine has an address in the test network and none to the outside', async () => {
  const path = `/subscriptions/${simulator.ready.subscriptionId}/resourceGroups/rg-shop-neu/providers/Microsoft.Network/networkInterfaces/db-01-nic-test?api-version=2024-05-01`;
  const nic = JSON.parse((await azure.raw('GET', path)).text) as {
    readonly properties: { readonly ipConfigurations: readonly { readonly properties: Record<string, unknown> }[] };
  };
  const configuration = nic.properties.ipConfigurations[0]?.properties;
  expect(configuration?.['privateIPAddress']).toBe((await machine('db-01-test'))?.address);
  expect(configuration).not.toHaveProperty('publicIPAddress');
});

test('when replication stops no points come and the RPO grows', async () => {
  await simulator.control('items/web-04/replication', { method: 'POST', body: { state: 'stopped' } });
  const rpo = async (): Promise<number> => {
    const world = (await simulator.control('world')) as {
      readonly vaults: readonly { readonly items: readonly { readonly name: string; readonly rpoSeconds: number }[] }[];
    };
    return world.vaults[0]?.items.find((item) => item.name === 'web-04')?.rpoSeconds ?? 0;
  };
  await simulator.until(async () => (await rpo()) >= 2);
  await simulator.control('items/web-04/replication', { method: 'POST', body: { state: 'running' } });
  await simulator.until(async () => (await rpo()) <= 1);
});

test('networks tell what they are joined to', async () => {
  const peerings = async (group: string, name: string): Promise<number> => {
    const answer = await azure.raw('GET', `${drill.network(group, name)}?api-version=2024-05-01`);
    return (JSON.parse(answer.text) as { readonly properties: { readonly virtualNetworkPeerings: readonly unknown[] } }).properties
      .virtualNetworkPeerings.length;
  };
  expect([await peerings('rg-dr-test', 'vnet-drill'), await peerings('rg-shop-neu', 'vnet-shop-neu')]).toEqual([0, 1]);
});
