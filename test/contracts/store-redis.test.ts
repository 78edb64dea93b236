import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runKeys, STORE_KEYS } from '../../adapters/redis/keys.ts';
import { openRedisStore } from '../../adapters/redis/store.ts';
import { openWakeUps } from '../../adapters/redis/wake-ups.ts';
import type { Store } from '../../engine/store.ts';
import { lacks } from '../support/lacks.ts';
import { silentLog } from '../support/silent-log.ts';
import type { TestRedis } from '../support/redis.ts';
import { startTestRedis } from '../support/redis.ts';
import { exerciseStore } from './store-contract.ts';
import { endedChecks, nextEntry, removalOf } from './store-removals-contract.ts';

// What an operator gives a process of ours: no settings, no keys and channels but our own.
const RIGHTS = ['~runward:*', '~{runward}:*', '&runward:*', '+@all', '-@dangerous', '+info'];

describe.skipIf(lacks('redis-server'))('on a real Redis', () => {
  let redis: TestRedis;
  let store: Store;
  beforeAll(async () => {
    redis = await startTestRedis();
    store = await openRedisStore({ url: await redis.asUser('runward', RIGHTS), log: silentLog });
  });
  afterAll(async () => {
    await store.close();
    await redis.stop();
  });

  exerciseStore('the Redis store', () => store);

  it('leaves no key and no value of a removed run but what says that it is gone', async () => {
    const admin = new Redis(redis.url);
    const wakeUps = await openWakeUps({ url: redis.url, log: silentLog });
    const runId = await endedChecks(store, { runbook: 'keys' });
    await wakeUps.wake(runId, 1_000_000);
    const newer = await endedChecks(store, { runbook: 'keys' });
    expect((await admin.keys(`*${runId}*`)).filter((key) => key.startsWith('runward:')).toSorted()).toEqual(
      Object.values(runKeys(runId)).toSorted(),
    );
    const removal = { ...(await removalOf(store, runId)), newer: [newer] };
    expect(await store.removeRuns({ runs: [removal], keepMs: 0, entry: await nextEntry(store, [runId]) })).toEqual({ kind: 'removed' });
    const holding: string[] = [];
    for (const key of await admin.keys('runward:*')) if (`${key} ${await contents(admin, key)}`.includes(runId)) holding.push(key);
    expect(holding.toSorted()).toEqual([STORE_KEYS.systemAudit, STORE_KEYS.removed, STORE_KEYS.removedIds].toSorted());
    await wakeUps.close();
    admin.disconnect();
  });

  it('finds the runs that a store of before its indexes by purpose holds', async () => {
    const admin = new Redis(redis.url);
    const checks = await endedChecks(store, { runbook: 'before-indexes' });
    const drill = await endedChecks(store, { runbook: 'before-indexes', purpose: 'drill' });
    await admin.del(STORE_KEYS.checkRuns, STORE_KEYS.otherRuns);
    await store.sweep();
    const list = async (purpose: 'readiness' | 'drill') =>
      (await store.listRuns({ limit: 9, runbook: 'before-indexes', purposes: [purpose] })).map(({ runId }) => runId);
    expect([await list('readiness'), await list('drill')]).toEqual([[checks], [drill]]);
    admin.disconnect();
  });

  it('claims no more durability than it may read', async () => {
    expect(await store.durability()).toMatchObject({
      tier: 'silver',
      findings: ['appendfsync could not be read: CONFIG GET is not allowed'],
    });
  });
});

/** Everything that a key holds, as text. */
async function contents(redis: Redis, key: string): Promise<string> {
  const reads: Readonly<Record<string, () => Promise<unknown>>> = {
    string: () => redis.get(key),
    hash: () => redis.hgetall(key),
    list: () => redis.lrange(key, 0, -1),
    set: () => redis.smembers(key),
    zset: () => redis.zrange(key, 0, '-1'),
    stream: () => redis.xrange(key, '-', '+'),
  };
  return JSON.stringify(await reads[await redis.type(key)]?.());
}
