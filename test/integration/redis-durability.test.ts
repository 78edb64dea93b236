import { Redis } from 'ioredis';
import { afterEach, describe, expect, it } from 'vitest';
import { storeError } from '../../adapters/redis/connection.ts';
import type { ServerFacts } from '../../adapters/redis/durability.ts';
import { judge } from '../../adapters/redis/durability.ts';
import { openRedisStore } from '../../adapters/redis/store.ts';
import type { Log } from '../../engine/ports.ts';
import type { Durability, Store } from '../../engine/store.ts';
import { makeClaimed, makeCommand, makeCreate, makeTransition, newRunId, readBack } from '../contracts/store-requests.ts';
import { lacks } from '../support/lacks.ts';
import type { TestRedis } from '../support/redis.ts';
import { startTestRedis } from '../support/redis.ts';
import { silentLog } from '../support/silent-log.ts';

const ALWAYS = { appendfsync: 'always', 'no-appendfsync-on-rewrite': 'no', 'min-replicas-to-write': '0', 'min-replicas-max-lag': '10' };
const GOLD: ServerFacts = {
  version: '7.4.0',
  aofOn: true,
  aofWriteOk: true,
  evictionPolicy: 'noeviction',
  replicas: 0,
  isReplica: false,
  waitaof: false,
  settings: ALWAYS,
};

describe('the durability tier', () => {
  const tier = (changes: Partial<ServerFacts>): Durability['tier'] => judge({ ...GOLD, ...changes }).durability.tier;
  const everysec = { ...ALWAYS, appendfsync: 'everysec' };
  const replicated = { ...ALWAYS, 'min-replicas-to-write': '1', 'min-replicas-max-lag': '2' };

  it('is gold only with a file that is always forced to disk, or with WAITAOF on every write', () => {
    expect(judge(GOLD)).toEqual({ durability: { tier: 'gold', server: 'Redis 7.4.0', findings: [] } });
    expect(judge({ ...GOLD, settings: everysec, waitaof: true })).toMatchObject({
      durability: { tier: 'gold' },
      confirmation: { kind: 'waitaof', replicas: 0 },
    });
    expect(tier({ settings: everysec })).toBe('silver');
    expect(tier({ settings: { ...ALWAYS, 'no-appendfsync-on-rewrite': 'yes' } })).toBe('silver');
  });

  it('is never gold when it could not be read', () => {
    expect(tier({ settings: undefined })).toBe('silver');
    expect(tier({ settings: undefined, waitaof: true })).toBe('silver');
  });

  it('needs confirmed replicas where there are replicas', () => {
    expect(tier({ replicas: 1 })).toBe('silver');
    expect(tier({ replicas: 1, settings: { ...replicated, 'min-replicas-max-lag': '10' } })).toBe('silver');
    expect(judge({ ...GOLD, replicas: 2, settings: replicated })).toMatchObject({
      durability: { tier: 'gold' },
      confirmation: { kind: 'wait', replicas: 2 },
    });
  });

  it('is none without the file, with eviction, with failing writes or on a replica', () => {
    const faults: readonly Partial<ServerFacts>[] = [
      { aofOn: false },
      { evictionPolicy: 'allkeys-lru' },
      { evictionPolicy: '' },
      { aofWriteOk: false },
      { isReplica: true },
      { settings: { ...ALWAYS, appendfsync: 'no' } },
    ];
    for (const fault of faults)
      expect(judge({ ...GOLD, ...fault }).durability).toMatchObject({ tier: 'none', findings: [expect.any(String)] });
  });
});

describe.skipIf(lacks('redis-server'))('the Redis store on its bad days', () => {
  const started: TestRedis[] = [];
  const stores: Store[] = [];
  const begin = async (
    settings: readonly string[] = [],
    log: Log = silentLog,
  ): Promise<{ readonly redis: TestRedis; readonly store: Store }> => {
    const redis = await startTestRedis(settings);
    started.push(redis);
    const store = await openRedisStore({ url: redis.url, log });
    stores.push(store);
    return { redis, store };
  };
  const ask = async (redis: TestRedis, ...words: [string, ...string[]]): Promise<unknown> => {
    const client = new Redis(redis.url);
    const answer = await client.call(...words);
    client.disconnect();
    return answer;
  };
  afterEach(async () => {
    for (const store of stores.splice(0)) await store.close();
    for (const redis of started.splice(0)) await redis.stop();
  });

  it('reads the tier from the server, also when it changes', async () => {
    const { redis, store } = await begin();
    expect(await store.durability()).toMatchObject({ tier: 'gold', findings: [] });
    await ask(redis, 'CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru');
    expect(await store.durability()).toMatchObject({ tier: 'none', findings: ['records may be evicted (maxmemory-policy allkeys-lru)'] });
    const runId = newRunId();
    await store.create(makeCreate(runId));
    expect((await readBack(store, runId)).run.tier).toBe('none');
  });

  it('loses nothing that it answered when Redis is killed', async () => {
    const back = Promise.withResolvers<void>();
    const log: Log = { ...silentLog, info: (_, fields) => (fields?.['connection'] === 'commands' ? back.resolve() : undefined) };
    const { redis, store } = await begin([], log);
    const { stored, fence } = await makeClaimed(store);
    const request = makeTransition(stored, fence, { fields: { reason: 'kept' }, events: [{ type: 'note', data: {} }] });
    const answer = await store.transition(request);
    await store.command(stored.run.runId, makeCommand('c1'));
    await redis.kill();
    await redis.start();
    await back.promise;
    expect((await readBack(store, stored.run.runId)).run).toMatchObject({ reason: 'kept', version: 2, ...fence });
    expect((await store.readInbox(stored.run.runId, 0)).map((entry) => entry.id)).toEqual(['c1']);
    // The caller who never got the answer asks again, and the scripts are loaded again.
    expect(await store.transition(request)).toEqual(answer);
  });

  it('says that it is unavailable when Redis hangs, and the same call afterwards tells what became of it', async () => {
    const { redis, store } = await begin();
    const { stored, fence } = await makeClaimed(store);
    const request = makeTransition(stored, fence, { fields: { reason: 'once' }, events: [{ type: 'note', data: {} }] });
    redis.pause();
    await expect(store.transition(request)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    redis.resume();
    const answer = await store.transition(request);
    expect(answer).toMatchObject({ kind: 'applied', version: 2 });
    expect((await readBack(store, stored.run.runId)).run).toMatchObject({ version: 2, eventSeq: 2, reason: 'once' });
  });

  it('fails at once when Redis is gone, and cannot be opened without one', async () => {
    const { redis, store } = await begin();
    await redis.kill();
    await expect(store.readRun(newRunId())).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    const message = 'the store does not answer: nothing listens at its address';
    await expect(openRedisStore({ url: redis.url, log: silentLog })).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', message });
  });

  it('refuses new runs when memory is 70 % full, and goes on with the others', async () => {
    const { redis, store } = await begin();
    const { stored, fence } = await makeClaimed(store);
    const used = Number(/used_memory:(\d+)/.exec(String(await ask(redis, 'INFO', 'memory')))?.[1]);
    await ask(redis, 'CONFIG', 'SET', 'maxmemory', String(Math.floor(used * 1.3)));
    const fresh = await openRedisStore({ url: redis.url, log: silentLog });
    stores.push(fresh);
    expect(await fresh.create(makeCreate(newRunId()))).toEqual({ kind: 'busy' });
    expect((await fresh.transition(makeTransition(stored, fence))).kind).toBe('applied');
    await ask(redis, 'CONFIG', 'SET', 'maxmemory', '1');
    await expect(store.command(stored.run.runId, makeCommand('c'))).rejects.toMatchObject({ code: 'STORE_BUSY' });
  });

  it('loads its scripts again when the server has forgotten them', async () => {
    const { redis, store } = await begin();
    await ask(redis, 'SCRIPT', 'FLUSH');
    expect((await store.create(makeCreate(newRunId()))).kind).toBe('created');
  });

  it('builds the index of due runs again from the records, and drops entries without one', async () => {
    const { redis, store } = await begin();
    const { stored, fence } = await makeClaimed(store, { leaseMs: 0 });
    await makeClaimed(store);
    await ask(redis, 'DEL', 'runward:due');
    expect(await store.due(10)).toEqual([]);
    expect(await store.sweep()).toBe(2);
    expect(await store.due(10)).toEqual([stored.run.runId]);

    const ghost = newRunId();
    await ask(redis, 'ZADD', 'runward:due', '1', ghost);
    await store.transition(makeTransition(stored, fence, { state: { from: 'queued', to: 'cancelled' } }));
    await ask(redis, 'ZADD', 'runward:due', '1', stored.run.runId);
    expect(await store.due(10)).toEqual([]);
    expect(await ask(redis, 'ZRANGE', 'runward:due', '0', '0')).not.toContain(ghost);
  });

  it('does not accept what its replicas have not confirmed, until they have', async () => {
    const { redis } = await begin(['--min-replicas-to-write', '1', '--min-replicas-max-lag', '2']);
    const port = new URL(redis.url).port;
    const replica = await startTestRedis(['--replicaof', '127.0.0.1', port, '--repl-diskless-load', 'swapdb']);
    started.push(replica);
    while (!String(await ask(redis, 'INFO', 'replication')).includes('state=online')) await ask(redis, 'WAIT', '1', '100');
    const store = await openRedisStore({ url: redis.url, log: silentLog });
    stores.push(store);
    expect(await store.durability()).toMatchObject({ tier: 'gold' });
    const { stored, fence } = await makeClaimed(store);

    replica.pause();
    expect((await store.transition(makeTransition(stored, fence, { fields: { reason: 'polled' } }))).kind).toBe('applied');
    const now = await readBack(store, stored.run.runId);
    const request = makeTransition(now, fence, { state: { from: 'queued', to: 'cancelled' } });
    await expect(store.transition(request)).rejects.toMatchObject({ code: 'STORE_UNCONFIRMED' });
    replica.resume();
    while (((await ask(redis, 'WAIT', '1', '100')) as number) < 1);
    expect(await store.transition(request)).toMatchObject({ kind: 'applied', version: 3 });
  });
});

describe('what Redis says', () => {
  it('becomes a sentence, and never carries the command that failed', () => {
    const told = (message: string): readonly string[] => {
      const error = storeError(Object.assign(new Error(message), { command: { name: 'auth', args: ['hunter2'] } }));
      expect(JSON.stringify(error, ['cause', 'command', 'args', 'detail'])).not.toContain('hunter2');
      return [error.code, error.message];
    };
    expect(told('OOM command not allowed when used memory > maxmemory')[0]).toBe('STORE_BUSY');
    expect(told('MISCONF Errors writing to the AOF file: No space left script: 1, on @user_script:3.')).toEqual([
      'STORE_UNAVAILABLE',
      'the store does not answer: Redis cannot write to its disk',
    ]);
    expect(told('WRONGPASS invalid username-password pair')[1]).toContain('refuses the password');
    expect(told('Command timed out')[1]).toContain('may have been carried out');
    expect(told('connect ECONNREFUSED 127.0.0.1:1')[1]).toContain('nothing listens at its address');
    expect(told('Connection is closed.')[1]).toContain('the connection failed');
    expect(told('ERR user_script:3: attempt to compare nil with number script: 1, on @user_script:3.')[0]).toBe('INTERNAL_INVARIANT');
  });
});
