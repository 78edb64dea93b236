import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { lacks } from '../support/lacks.ts';
import { doubled, startTestStack, type TestStack } from '../support/stack.ts';
import { until } from '../support/until.ts';

const missing = lacks('redis-server');
let stack: TestStack;

beforeAll(async () => {
  if (!missing) stack = await startTestStack({ scale: 200, leaseMs: 2_000 });
});

afterAll(async () => {
  if (!missing) await stack.stop();
});

test.skipIf(missing)('Redis is killed and started again during a drill: the drill succeeds and nothing is sent twice', async () => {
  await stack.startWorker();
  const run = await stack.startDrill();
  await until(async () => (await stack.ledger()).some(({ operation }) => operation === 'ReplicationProtectedItems_TestFailover'));
  await stack.redis.kill();
  // The outage lasts: workers and server must meet a store that does not answer.
  await delay(1_500);
  await stack.redis.start();
  await until(async () => (await stack.client.get<{ readonly status: string }>(`/runs/${run.id}`)).status !== 'running');
  const end = await stack.ended(run.id, 120_000);
  expect({ status: end.status, reason: end.reason }).toEqual({ status: 'succeeded', reason: undefined });
  expect(doubled(await stack.ledger(), 0)).toEqual([]);
});

test.skipIf(missing)('a second worker joins without configuration and goes on with the run of the first when that one dies', async () => {
  const before = (await stack.ledger()).length;
  const [first, second] = [await stack.startWorker(), await stack.startWorker()];
  await until(async () => (await stack.client.get<{ readonly items: readonly unknown[] }>('/workers')).items.length >= 2);
  const run = await stack.startDrill();
  await until(async () => (await stack.ledger()).length > before);
  first.kill('SIGKILL');
  const end = await stack.ended(run.id, 120_000);
  expect({ status: end.status, reason: end.reason }).toEqual({ status: 'succeeded', reason: undefined });
  expect(doubled(await stack.ledger(), before)).toEqual([]);
  expect(second.isAlive()).toBe(true);
});

test.skipIf(missing)('SIGTERM hands a run over at once: the worker ends by itself and another one goes on', async () => {
  const before = (await stack.ledger()).length;
  const leaver = await stack.startWorker();
  const run = await stack.startDrill();
  await until(async () => (await stack.ledger()).length > before);
  leaver.kill('SIGTERM');
  await leaver.ended;
  const end = await stack.ended(run.id, 120_000);
  expect({ status: end.status, reason: end.reason }).toEqual({ status: 'succeeded', reason: undefined });
  expect(doubled(await stack.ledger(), before)).toEqual([]);
});
