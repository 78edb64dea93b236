import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Consumer } from '../../adapters/redis/consumer.ts';
import { startConsumer } from '../../adapters/redis/consumer.ts';
import type { QueuedWakeUps } from '../../adapters/redis/wake-ups.ts';
import { openWakeUps } from '../../adapters/redis/wake-ups.ts';
import type { RunId } from '../../engine/ids.ts';
import type { Log } from '../../engine/ports.ts';
import { newRunId } from '../contracts/store-requests.ts';
import { lacks } from '../support/lacks.ts';
import type { TestRedis } from '../support/redis.ts';
import { startTestRedis } from '../support/redis.ts';
import { silentLog } from '../support/silent-log.ts';

const CONCURRENCY = 4;

/** Looks that the test ends by hand. */
interface Look {
  readonly runId: RunId;
  readonly signal: AbortSignal;
  readonly end: (error?: Error) => void;
}

describe.skipIf(lacks('redis-server'))('wake-ups on BullMQ', () => {
  let redis: TestRedis;
  let wakeUps: QueuedWakeUps;
  let consumer: Consumer;
  const looks: Look[] = [];
  let backAgain = (): void => {};
  const log: Log = { ...silentLog, info: (message, fields) => (fields?.['connection'] === 'wake-ups' ? backAgain() : undefined) };
  let arrived = Promise.withResolvers<void>();

  const nextLook = async (): Promise<Look> => {
    while (looks.length === 0) {
      await arrived.promise;
      arrived = Promise.withResolvers();
    }
    const look = looks.shift();
    if (look === undefined) throw new Error('nobody looks');
    return look;
  };
  const start = (): void => {
    consumer = startConsumer({
      url: redis.url,
      concurrency: CONCURRENCY,
      log: silentLog,
      handle: (runId, signal) =>
        new Promise((resolve, reject) => {
          looks.push({ runId, signal, end: (error) => (error === undefined ? resolve() : reject(error)) });
          arrived.resolve();
        }),
    });
  };

  beforeAll(async () => {
    redis = await startTestRedis();
    wakeUps = await openWakeUps({ url: redis.url, log });
    start();
  });
  afterAll(async () => {
    await consumer.drain(1_000);
    await wakeUps.close();
    await redis.stop();
  });

  it('keeps a wake-up that comes while the run is being looked at', async () => {
    const runId = newRunId();
    await wakeUps.wake(runId);
    const first = await nextLook();
    expect(first.runId).toBe(runId);
    await wakeUps.wake(runId);
    await wakeUps.wake(runId);
    expect(looks).toEqual([]);
    first.end();
    const second = await nextLook();
    expect(second.runId).toBe(runId);
    second.end();
  });

  it('lets a timer stand beside an immediate wake-up', async () => {
    const runId = newRunId();
    await wakeUps.wake(runId, 3_600_000);
    await wakeUps.wake(runId);
    const look = await nextLook();
    expect(look.runId).toBe(runId);
    await wakeUps.wake(runId, 0);
    const beside = await nextLook();
    expect(beside.runId).toBe(runId);
    look.end();
    beside.end();
  });

  it('looks again although a holder seems to be at work, once for each time that this is asked in vain', async () => {
    const runId = newRunId();
    await wakeUps.wake(runId);
    const dead = await nextLook();
    // All other places of the consumer are taken, so what is added has to wait.
    const others: Look[] = [];
    for (let place = 1; place < CONCURRENCY; place += 1) {
      await wakeUps.wake(newRunId());
      others.push(await nextLook());
    }
    for (let scan = 0; scan < 5; scan += 1) {
      await wakeUps.wake(runId, 0);
      await wakeUps.wake(runId, 3_600_000);
    }
    for (const other of others) other.end();
    const again = await nextLook();
    expect(again.runId).toBe(runId);
    await wakeUps.wake(runId, 0);
    const third = await nextLook();
    expect(third.runId).toBe(runId);
    expect(looks).toEqual([]);
    for (const look of [dead, again, third]) look.end();
  });

  it('goes on after a handler has failed', async () => {
    const [failing, next] = [newRunId(), newRunId()];
    await wakeUps.wake(failing);
    (await nextLook()).end(new Error('broken'));
    await wakeUps.wake(next);
    const look = await nextLook();
    expect(look.runId).toBe(next);
    look.end();
  });

  it('goes on after Redis was killed and started again', async () => {
    await redis.kill();
    await wakeUps.wake(newRunId());
    const back = Promise.withResolvers<void>();
    backAgain = back.resolve;
    await redis.start();
    await back.promise;
    const runId = newRunId();
    await wakeUps.wake(runId);
    let look = await nextLook();
    for (; look.runId !== runId; look = await nextLook()) look.end();
    look.end();
  });

  it('tells handlers to stop when it drains, and waits for them', async () => {
    await consumer.drain(10_000);
    looks.length = 0;
    start();
    const runId = newRunId();
    await wakeUps.wake(runId);
    const look = await nextLook();
    const drained = consumer.drain(60_000);
    expect(look.signal.aborted).toBe(true);
    expect(consumer.active()).toBe(1);
    look.end();
    expect(await drained).toBe('drained');
    expect(consumer.active()).toBe(0);
  });
});
