import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { sdkClients } from '../support/azure-sdk.ts';
import { shopDrill } from '../support/shop-drill.ts';
import { manualClock, startSimulator } from '../support/simulator.ts';
import type { SdkClients } from '../support/azure-sdk.ts';
import type { ShopDrill } from '../support/shop-drill.ts';
import type { LedgerLine, RunningSimulator } from '../support/simulator.ts';

const OPERATION = 'ReplicationProtectedItems_TestFailover';
let simulator: RunningSimulator;
let azure: SdkClients;
let drill: ShopDrill;

beforeAll(async () => {
  simulator = await startSimulator(manualClock());
  azure = sdkClients(simulator.ready);
  drill = shopDrill(azure, simulator);
});
afterEach(async () => simulator.control('faults', { method: 'DELETE' }));
afterAll(async () => simulator.stop());

const arm = (fault: object): Promise<unknown> => simulator.control('faults', { method: 'POST', body: fault });
const lines = async (item: string): Promise<readonly LedgerLine[]> =>
  (await simulator.ledger()).filter((line) => line.path.endsWith(`/${item}/testFailover`));

test.each([
  { item: 'app-01', deed: { status: 429, retryAfter: 7 }, status: 429 },
  { item: 'app-02', deed: { status: 500 }, status: 500 },
])('$status before the effect: nothing happens', async ({ item, deed, status }) => {
  await arm({ match: { operation: OPERATION, resource: `/${item}/` }, when: 'before', do: deed });
  const answer = await drill.test(item);
  expect(answer.status).toBe(status);
  expect(JSON.parse(answer.text)).toHaveProperty('error.code');
  if (status === 429) expect(answer.headers['retry-after']).toBe('7');
  expect(await drill.allowed(item)).toContain('TestFailover');
  expect((await lines(item)).map((line) => line.effect)).toEqual(['none']);
});

test('500 after the effect: the answer is lost, the failover is under way', async () => {
  await arm({ id: 'lost', match: { operation: OPERATION, resource: '/app-03/' }, when: 'after', do: { status: 500 } });
  expect((await drill.test('app-03')).status).toBe(500);
  expect(await drill.allowed('app-03')).toEqual([]);
  expect((await lines('app-03')).map((line) => [line.effect, line.fault])).toEqual([['started', 'lost']]);
  await simulator.until(async () => (await drill.allowed('app-03')).includes('TestFailoverCleanup'));
});

test.each([
  { item: 'app-04', when: 'before', effect: 'none' },
  { item: 'web-01', when: 'after', effect: 'started' },
])('a reset $when the effect', async ({ item, when, effect }) => {
  await arm({ match: { operation: OPERATION, resource: `/${item}/` }, when, do: { reset: true } });
  await expect(drill.test(item)).rejects.toMatchObject({ code: 'ECONNRESET' });
  expect((await lines(item)).map((line) => line.effect)).toEqual([effect]);
});

test('a hanging answer is silent until the client gives up', async () => {
  await arm({ match: { operation: OPERATION, resource: '/web-02/' }, when: 'before', do: { hang: 100 } });
  await expect(drill.test('web-02')).rejects.toMatchObject({ code: 'ECONNRESET' });
});

test('a fault strikes as often as ordered, and the nth request only', async () => {
  await arm({ match: { operation: 'VirtualMachines_Get' }, when: 'before', do: { status: 503 }, times: 2 });
  const get = async (): Promise<number> => {
    const id = `/subscriptions/${simulator.ready.subscriptionId}/resourceGroups/rg-shop-weu/providers/Microsoft.Compute/virtualMachines/web-03`;
    return (await azure.raw('GET', `${id}?api-version=2026-04-01`)).status;
  };
  expect([await get(), await get(), await get()]).toEqual([503, 503, 200]);
  await simulator.control('faults', { method: 'DELETE' });
  await arm({ match: { operation: 'VirtualMachines_Get', nth: 2 }, when: 'before', do: { status: 504 } });
  expect([await get(), await get(), await get()]).toEqual([200, 504, 200]);
});

test('a job that fails says why inside, and lets the item be tested again', async () => {
  await arm({
    match: { operation: OPERATION, resource: '/web-03/' },
    when: 'duringJob',
    do: { failJob: { code: '28031', message: 'No capacity.' } },
  });
  const answer = await drill.test('web-03');
  expect(answer.status).toBe(202);
  const id = String(answer.headers['x-ms-request-id']).split(', ')[0]?.split('/').at(-1) ?? '';
  await simulator.until(
    async () => (await azure.siteRecovery.replicationJobs.get('rsv-dr-weu', 'rg-dr-weu', id)).properties?.state === 'Failed',
  );
  const job = await azure.siteRecovery.replicationJobs.get('rsv-dr-weu', 'rg-dr-weu', id);
  expect(job.properties?.errors?.[0]?.providerErrorDetails).toMatchObject({ errorCode: 28_031, errorMessage: 'No capacity.' });
  expect(await drill.allowed('web-03')).toContain('TestFailover');
});

test('what the catalogue does not know is refused by name', async () => {
  await expect(arm({ match: { operation: OPERATION }, when: 'before', do: { explode: true } })).rejects.toThrow('400');
  await expect(arm({ match: { operation: OPERATION }, when: 'before', do: { failJob: { code: '1' } } })).rejects.toThrow('duringJob');
});

test('every effect was on disk before its answer', async () => {
  await drill.test('web-04', { requestId: 'dddddddd-0000-4000-8000-000000000001' });
  const written = readFileSync(join(simulator.ready.state, 'ledger.jsonl'), 'utf8').trim().split('\n');
  expect(JSON.parse(written.at(-1) ?? '')).toMatchObject({
    clientRequestId: 'dddddddd-0000-4000-8000-000000000001',
    effect: 'started',
    operation: OPERATION,
  });
  expect(written).toHaveLength((await simulator.ledger()).length);
});
