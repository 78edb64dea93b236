import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openRedisStore } from '../../adapters/redis/store.ts';
import type { Store } from '../../engine/store.ts';
import { lacks } from '../support/lacks.ts';
import { silentLog } from '../support/silent-log.ts';
import type { TestRedis } from '../support/redis.ts';
import { startTestRedis } from '../support/redis.ts';
import { exerciseStore } from './store-contract.ts';

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

  it('claims no more durability than it may read', async () => {
    expect(await store.durability()).toMatchObject({
      tier: 'silver',
      findings: ['appendfsync could not be read: CONFIG GET is not allowed'],
    });
  });
});
