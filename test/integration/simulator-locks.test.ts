import { afterAll, beforeAll, expect, test } from 'vitest';
import { sdkClients } from '../support/azure-sdk.ts';
import { readyAs } from '../support/principals.ts';
import { shopDrill } from '../support/shop-drill.ts';
import { manualClock, startSimulator } from '../support/simulator.ts';
import { azureOf } from './azure-drive.ts';
import type { SdkClients } from '../support/azure-sdk.ts';
import type { ShopDrill } from '../support/shop-drill.ts';
import type { RunningSimulator } from '../support/simulator.ts';

let simulator: RunningSimulator;
let owner: SdkClients;
let drill: ShopDrill;
beforeAll(async () => {
  const started = await startSimulator([...manualClock(), '--principal', 'owner']);
  simulator = started;
  owner = sdkClients(started.ready);
  drill = shopDrill(owner, started);
});
afterAll(async () => simulator.stop());

const group = (name: string): string => `/subscriptions/${simulator.ready.subscriptionId}/resourceGroups/${name}`;
const machine = (name: string): string => `${group('rg-shop-weu')}/providers/Microsoft.Compute/virtualMachines/${name}`;
const lockAt = (scope: string, name: string): string => `${scope}/providers/Microsoft.Authorization/locks/${name}?api-version=2020-05-01`;
const lock = async (scope: string, level: string): Promise<number> =>
  (await owner.raw('PUT', lockAt(scope, 'keep'), { body: { properties: { level, notes: 'keep it' } } })).status;
const unlock = async (scope: string): Promise<number> => (await owner.raw('DELETE', lockAt(scope, 'keep'))).status;
const { signal } = new AbortController();

test('a lock is put, read, listed above and below, and taken off by who has the right', async () => {
  const scope = machine('jump-01');
  expect(await lock(scope, 'CanNotDelete')).toBe(201);
  expect(await lock(scope, 'CanNotDelete')).toBe(200);
  expect(JSON.parse((await owner.raw('GET', lockAt(scope, 'keep'))).text)).toMatchObject({
    name: 'keep',
    properties: { level: 'CanNotDelete', notes: 'keep it' },
  });
  for (const place of [scope, group('rg-shop-weu'), `/subscriptions/${simulator.ready.subscriptionId}`]) {
    const listed = await owner.raw('GET', `${place}/providers/Microsoft.Authorization/locks?api-version=2020-05-01`);
    expect((JSON.parse(listed.text) as { readonly value: readonly unknown[] }).value).toHaveLength(1);
  }
  const reader = sdkClients(readyAs(simulator.ready, 'reader'));
  expect((await reader.raw('GET', lockAt(scope, 'keep'))).status).toBe(200);
  expect((await reader.raw('DELETE', lockAt(scope, 'keep'))).status).toBe(403);
  expect(await unlock(scope)).toBe(200);
  expect(await unlock(scope)).toBe(204);
  expect((await owner.raw('GET', lockAt(scope, 'keep'))).status).toBe(404);
  expect(await simulator.control('doubles')).toMatchObject({ doubles: [] });
});

test('a lock against deletion keeps a machine, which starts and stops as before', async () => {
  expect(await lock(group('rg-shop-weu'), 'CanNotDelete')).toBe(201);
  await expect(owner.compute.virtualMachines.delete('rg-shop-weu', 'jump-01').submitted()).rejects.toMatchObject({
    statusCode: 409,
    code: 'ScopeLocked',
    message: `The scope '${machine('jump-01')}' cannot perform delete operation because following scope(s) are locked: '${group('rg-shop-weu').toLowerCase()}'. Please remove the lock and try again.`,
  });
  const answer = await azureOf(simulator).submit(
    { kind: 'vm.delete', vmId: machine('jump-01') },
    '11111111-0000-4000-8000-000000000001',
    signal,
  );
  expect(answer).toMatchObject({ kind: 'refused', reason: 'locked', code: 'ScopeLocked' });
  expect((await owner.raw('POST', `${machine('jump-01')}/deallocate?api-version=2026-04-01`)).status).toBe(202);
  expect(await unlock(group('rg-shop-weu'))).toBe(200);
});

test('below a read-only lock nothing is changed, started or run', async () => {
  expect(await lock(machine('web-03'), 'ReadOnly')).toBe(201);
  const { virtualMachines, virtualMachineRunCommands } = owner.compute;
  await expect(virtualMachines.deallocate('rg-shop-weu', 'web-03').submitted()).rejects.toMatchObject({ code: 'ScopeLocked' });
  const order = { location: 'westeurope', source: { script: 'true' } };
  await expect(virtualMachineRunCommands.createOrUpdate('rg-shop-weu', 'web-03', 'x', order).submitted()).rejects.toMatchObject({
    code: 'ScopeLocked',
  });
  expect((await virtualMachines.get('rg-shop-weu', 'web-03')).name).toBe('web-03');
  expect(await unlock(machine('web-03'))).toBe(200);
});

const jobOf = async (answer: { readonly headers: object }): Promise<{ readonly state?: string; readonly errors?: readonly object[] }> => {
  const id =
    String((answer.headers as Readonly<Record<string, unknown>>)['x-ms-request-id'])
      .split(', ')[0]
      ?.split('/')
      .at(-1) ?? '';
  let found = await owner.siteRecovery.replicationJobs.get('rsv-dr-weu', 'rg-dr-weu', id);
  await simulator.until(async () => {
    found = await owner.siteRecovery.replicationJobs.get('rsv-dr-weu', 'rg-dr-weu', id);
    return found.properties?.endTime !== null && found.properties?.endTime !== undefined;
  });
  return found.properties ?? {};
};

test('a lock inside a job: the cleanup succeeds with a warning, and what it could not delete stays', async () => {
  await drill.tested('web-01');
  const nic = `${group('rg-shop-neu')}/providers/Microsoft.Network/networkInterfaces/web-01-nic-test`;
  expect(await lock(nic, 'CanNotDelete')).toBe(201);
  const job = await jobOf(await drill.cleanup('web-01'));
  expect(job).toMatchObject({ state: 'Succeeded', errors: [{ errorLevel: 'Warning', providerErrorDetails: { errorId: 'ScopeLocked' } }] });
  await expect(owner.compute.virtualMachines.get('rg-shop-neu', 'web-01-test')).rejects.toMatchObject({ statusCode: 404 });
  expect((await owner.raw('GET', `${nic}?api-version=2024-05-01`)).status).toBe(200);
  expect(await drill.allowed('web-01')).toContain('TestFailover');
  const read = await azureOf(simulator).read({ kind: 'sr.jobs', vaultId: drill.vaultPath, sinceMs: Date.now() - 3_600_000 }, signal);
  expect(read).toMatchObject({ kind: 'found' });
  expect(await unlock(nic)).toBe(200);
});

test('no machine is made in a group that is read only: the job fails and says why', async () => {
  expect(await lock(group('rg-shop-neu'), 'ReadOnly')).toBe(201);
  const sent = await drill.test('web-02');
  expect(sent.status).toBe(202);
  expect(await jobOf(sent)).toMatchObject({
    state: 'Failed',
    errors: [{ errorLevel: 'Error', providerErrorDetails: { errorId: 'ScopeLocked' } }],
  });
  expect(await drill.allowed('web-02')).toContain('TestFailover');
  expect(await unlock(group('rg-shop-neu'))).toBe(200);
});
