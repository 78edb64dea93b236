import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openRedisStore } from '../../adapters/redis/store.ts';
import { systemClock } from '../../adapters/system/clock.ts';
import type { Store } from '../../engine/store.ts';
import { makeStopWatch, type StopWatch } from '../../worker/stops.ts';
import type { TestRedis } from '../support/redis.ts';
import { startTestRedis } from '../support/redis.ts';
import { silentLog } from '../support/silent-log.ts';
import { until } from '../support/until.ts';

// Two workers and a server, each with a connection of its own to one Redis, as three processes have.
let redis: TestRedis;
let server: Store;
let stores: readonly Store[];
const stop = new AbortController();
const killFile = join(tmpdir(), `runward-stop-${process.pid}`);

beforeAll(async () => {
  redis = await startTestRedis();
  const open = () => openRedisStore({ url: redis.url, log: silentLog });
  server = await open();
  stores = [await open(), await open()];
});

afterAll(async () => {
  stop.abort();
  await rm(killFile, { force: true });
  await Promise.all([server, ...stores].map((store) => store.close()));
  await redis.stop();
});

function watched(store: Store, config: { readonly kill?: '0' | '1'; readonly killFile?: string } = {}): StopWatch {
  const watch = makeStopWatch({ store, clock: systemClock, log: silentLog }, { kill: '0', killFile: '/nowhere/STOP', ...config });
  void watch.watch(stop.signal);
  return watch;
}

test('what one process writes every worker sees at its next look; before the first look nothing may be changed', async () => {
  const [first, second] = stores.map((store) => watched(store));
  expect(first?.now().kill).toMatchObject({ unreadable: true });
  await until(async () => first?.now().kill === undefined && second?.now().kill === undefined);

  await server.writeKill({ reason: 'wrong estate', by: 'olga', atMs: 1 });
  const freeze = { id: 'f1', fromMs: 1, toMs: 2, reason: 'audit', environments: ['production'], by: 'ada' };
  await server.writeFreezes({ put: [freeze], remove: [] });
  await until(async () => first?.now().kill !== undefined && second?.now().kill !== undefined);
  await until(async () => first?.now().freezes.length === 1);
  expect(first?.now().kill).toMatchObject({ reason: 'wrong estate', by: 'olga' });

  await server.writeKill(undefined);
  await until(async () => first?.now().kill === undefined && second?.now().kill === undefined);
});

test('a file on the host of a worker and a variable of its process stop that worker alone', async () => {
  const [store] = stores;
  if (store === undefined) throw new Error('there is a store');
  const host = watched(store, { killFile });
  const other = watched(store);
  expect(watched(store, { kill: '1' }).now().kill).toMatchObject({ reason: 'RUNWARD_KILL is 1' });
  await until(async () => host.now().kill === undefined);
  await writeFile(killFile, 'cable pulled\n');
  await until(async () => host.now().kill !== undefined);
  expect(host.now().kill).toEqual({ reason: 'cable pulled', by: `file ${killFile}` });
  await until(async () => other.now().kill === undefined);
  await rm(killFile);
  await until(async () => host.now().kill === undefined);
});

test('a store that does not answer counts as a switch that is on', async () => {
  const [store] = stores;
  if (store === undefined) throw new Error('there is a store');
  let broken = false;
  const watch = watched({ ...store, readStops: () => (broken ? Promise.reject(new Error('gone')) : store.readStops()) });
  await until(async () => watch.now().kill === undefined);
  broken = true;
  await until(async () => watch.now().kill !== undefined);
  expect(watch.now().kill).toMatchObject({ reason: 'it cannot be read', unreadable: true });
  broken = false;
  await until(async () => watch.now().kill === undefined);
});
