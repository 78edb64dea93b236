import { afterAll, beforeAll, expect, test } from 'vitest';
import { createLimitedAzure } from '../../adapters/azure/azure.ts';
import { openRedisStore } from '../../adapters/redis/store.ts';
import { systemClock } from '../../adapters/system/clock.ts';
import type { Azure } from '../../engine/azure-calls.ts';
import type { Store } from '../../engine/store.ts';
import { shareLimits } from '../../worker/limits.ts';
import type { AzureServer } from '../contracts/azure-server.ts';
import { startAzureServer } from '../contracts/azure-server.ts';
import { startTestRedis, type TestRedis } from '../support/redis.ts';
import { silentLog } from '../support/silent-log.ts';
import { until } from '../support/until.ts';

const GROUP = '/subscriptions/6f1c1b5e-0000-4000-8000-00000000a001/resourceGroups/rg-shop-weu';
const start = { kind: 'vm.start', vmId: `${GROUP}/providers/Microsoft.Compute/virtualMachines/web-01` } as const;
const REQUEST = '11111111-0000-4000-8000-000000000001';
const { signal } = new AbortController();

let redis: TestRedis;
let server: AzureServer;
const stores: Store[] = [];
const stop = new AbortController();
beforeAll(async () => {
  [redis, server] = await Promise.all([startTestRedis(), startAzureServer()]);
});
afterAll(async () => {
  stop.abort();
  await Promise.all([...stores.map((store) => store.close()), server.close()]);
  await redis.stop();
});

/** Azure as a worker of its own asks it, which tells the other workers and hears of them through the store. */
async function worker(clientId: string): Promise<Azure> {
  const store = await openRedisStore({ url: redis.url, log: silentLog });
  stores.push(store);
  const { azure, limits } = createLimitedAzure({
    armEndpoint: server.origin,
    authorityHost: server.origin,
    caFile: server.caFile,
    version: '0.0.0-test',
    credential: { kind: 'client-secret', tenantId: '7f0e0000-0000-4000-8000-000000000071', clientId, clientSecret: 'demo-only' },
  });
  void shareLimits({ store, clock: systemClock, log: silentLog }, limits, stop.signal);
  return azure;
}

test('what one worker was refused for its number holds the others of its identity until Azure takes requests again', async () => {
  const [first, second, other] = [await worker('recovery'), await worker('recovery'), await worker('backup')];
  const body = { error: { code: 'SubscriptionRequestsThrottled', message: 'Number of write requests exceeded.' } };
  server.answer(() => ({ status: 429, headers: { 'retry-after': '600' }, body }));
  expect((await first.submit(start, REQUEST, signal)).kind).toBe('throttled');
  expect(server.seen).toHaveLength(1);

  server.answer(() => ({ status: 202, headers: { 'retry-after': '30' } }));
  const held = await untilHeld(second);
  expect(held.retryAfterMs).toBeGreaterThan(500_000);
  expect(held.retryAfterMs).toBeLessThanOrEqual(600_000);
  const sent = server.seen.length;
  expect((await second.submit(start, REQUEST, signal)).kind).toBe('not_sent');
  expect(server.seen).toHaveLength(sent);
  expect((await other.submit(start, REQUEST, signal)).kind).toBe('accepted');
});

test('a store that does not answer stops no request: a lost hint costs one that is refused', async () => {
  const azure = await worker('alone');
  await redis.kill();
  server.answer(() => ({ status: 429, headers: { 'retry-after': '600' } }));
  expect((await azure.submit(start, REQUEST, signal)).kind).toBe('throttled');
  expect((await azure.submit(start, REQUEST, signal)).kind).toBe('not_sent');
  expect(server.seen).toHaveLength(1);
});

async function untilHeld(azure: Azure): Promise<{ readonly retryAfterMs: number }> {
  let held: { readonly retryAfterMs: number } | undefined;
  await until(async () => {
    const answer = await azure.submit(start, REQUEST, signal);
    held = answer.kind === 'not_sent' ? answer : undefined;
    return held !== undefined;
  });
  if (held === undefined) throw new Error('it was not held');
  return held;
}
