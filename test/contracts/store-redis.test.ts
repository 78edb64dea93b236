import { afterAll, beforeAll, describe } from 'vitest';
import { openRedisStore } from '../../adapters/redis/store.ts';
import type { Store } from '../../engine/store.ts';
import { lacks } from '../support/lacks.ts';
import { silentLog } from '../support/silent-log.ts';
import type { TestRedis } from '../support/redis.ts';
import { startTestRedis } from '../support/redis.ts';
import { exerciseStore } from './store-contract.ts';

describe.skipIf(lacks('redis-server'))('on a real Redis', () => {
  let redis: TestRedis;
  let store: Store;
  beforeAll(async () => {
    redis = await startTestRedis();
    store = await openRedisStore({ url: redis.url, log: silentLog });
  });
  afterAll(async () => {
    await store.close();
    await redis.stop();
  });

  exerciseStore('the Redis store', () => store);
});
