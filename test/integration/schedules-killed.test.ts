import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openRedisStore } from '../../adapters/redis/store.ts';
import { systemIds } from '../../adapters/system/ids.ts';
import { slotRunId } from '../../engine/schedule/decide.ts';
import { registerSchedules } from '../../engine/schedule/register.ts';
import type { ScheduleRule } from '../../engine/schedule/stored-schedule.ts';
import type { Store } from '../../engine/store.ts';
import { makeClaim, makeTransition } from '../contracts/store-requests.ts';
import { lacks } from '../support/lacks.ts';
import { silentLog } from '../support/silent-log.ts';
import type { TestRedis } from '../support/redis.ts';
import { startTestRedis } from '../support/redis.ts';
import { KILL_POINTS, type SchedulerOrder } from './scheduler-process.ts';

const SEED = Number(process.env['SEED'] ?? Math.floor(Math.random() * 1_000_000));
const HOUR_MS = 3_600_000;
const SKEWS = [-HOUR_MS, 0, HOUR_MS];
const KILLS = 27;
const OVERLAPS = ['skip', 'skip', 'queue', 'allow'] as const;
const SCHEDULES = 12;
const UNGUARDED_SETTLE_MS = 15_000;
const PROGRAM = new URL('scheduler-process.ts', import.meta.url).pathname;
const WRITER = { id: 'anna', name: 'Anna', kind: 'local', groups: [] } as const;

/** What must never be, in words; and how much there was. */
interface Outcome {
  readonly violations: readonly string[];
  readonly slots: number;
  readonly runs: number;
  readonly kills: number;
}

describe.skipIf(lacks('redis-server'))('three schedulers with clocks that are an hour apart', () => {
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

  it(`killed at every point of their way, give every slot one run or one recorded skip (seed ${SEED})`, { timeout: 300_000 }, async () => {
    const { violations, slots, runs, kills } = await watchSchedulers(store, redis.url, { guarded: true, kills: KILLS });
    expect(violations).toEqual([]);
    expect(kills).toBeGreaterThanOrEqual(KILLS);
    expect(slots).toBeGreaterThan(SCHEDULES * 5);
    expect(runs).toBeGreaterThan(SCHEDULES);
  });

  it(`decide slots twice when nobody compares before writing (seed ${SEED})`, { timeout: 300_000 }, async () => {
    await redis.clear();
    const { violations } = await watchSchedulers(store, redis.url, { guarded: false, kills: 0 });
    expect(violations.length).toBeGreaterThan(0);
  });
});

async function watchSchedulers(store: Store, url: string, wanted: { readonly guarded: boolean; readonly kills: number }): Promise<Outcome> {
  const ledger = `test:ledger:${wanted.guarded}`;
  const random = makeRandom(SEED);
  const register = (untilMs?: number) =>
    registerSchedules(
      { store, ids: systemIds, log: silentLog },
      { runbooks: new Set(['nightly']), rules: rules(untilMs), writer: WRITER, published: new Set(['nightly']) },
    );
  await register();
  const firstMs = new Map((await store.listSchedules()).map(({ id, nextSlotMs }) => [id, nextSlotMs ?? 0]));

  let kills = 0;
  let isOver = false;
  const live = new Set<ChildProcess>();
  const keepAlive = async (skewMs: number): Promise<void> => {
    while (!isOver) {
      const dies = kills + live.size < wanted.kills + SKEWS.length && wanted.kills > 0;
      const point = KILL_POINTS[(kills + live.size) % KILL_POINTS.length] ?? 'due read';
      const killAt = dies ? { killAt: { point, pass: 1 + Math.floor(random() * 4) } } : {};
      const child = startScheduler({ url, skewMs, guarded: wanted.guarded, ledger, ...killAt });
      live.add(child);
      const [, signal] = (await once(child, 'exit')) as [number | null, string | null];
      live.delete(child);
      if (!isOver && signal === 'SIGKILL') kills += 1;
      if (!isOver && signal !== 'SIGKILL') throw new Error('a scheduler ended by itself');
    }
  };
  const processes = Promise.all(SKEWS.map(keepAlive));
  const startedMs = Date.now();
  while (kills < wanted.kills || Date.now() - startedMs < 6_000) await Promise.race([endSomeRuns(store, random), processes]);

  await register((await store.nowMs()) + 2_000);
  // Without the guard the schedules may never settle: what they have done by then is judged.
  const giveUpAtMs = wanted.guarded ? Infinity : Date.now() + UNGUARDED_SETTLE_MS;
  while (!(await isSettled(store)) && Date.now() < giveUpAtMs) await Promise.race([endSomeRuns(store, () => 0), processes]);
  isOver = true;
  for (const child of live) child.kill('SIGKILL');
  await processes;
  return { ...(await judge(store, { url, ledger, firstMs })), kills };
}

function rules(untilMs: number | undefined): readonly ScheduleRule[] {
  return Array.from({ length: SCHEDULES }, (_, index) => ({
    id: `nightly.s${index}`,
    runbook: 'nightly',
    environment: 'test',
    // With seconds, which no runbook may write: minutes would make the test take hours.
    cron: '* * * * * *',
    timezone: 'Europe/Berlin',
    dayMatch: 'or',
    jitterMs: index % 3 === 0 ? 700 : 0,
    inputs: {},
    overlap: OVERLAPS[index % OVERLAPS.length] ?? 'skip',
    missed: { run: 'all', withinMs: HOUR_MS, max: 1000 },
    enabled: true,
    // Readiness checks: slots by a period instead of a pattern.
    ...(index % 4 === 3 ? { everyMs: 1_000, checks: true as const } : {}),
    ...(untilMs === undefined ? {} : { untilMs }),
  }));
}

function startScheduler(order: SchedulerOrder): ChildProcess {
  return spawn(process.execPath, [PROGRAM, JSON.stringify(order)], { stdio: ['ignore', 'ignore', 'inherit'] });
}

/** What workers do: some of the runs that are open end. */
async function endSomeRuns(store: Store, random: () => number): Promise<void> {
  await delay(100);
  for (const { runId } of await store.listRuns({ limit: 500, states: ['queued'] })) {
    if (random() > 0.3) continue;
    const claimed = await store.claim(makeClaim(runId));
    if (claimed.kind !== 'claimed') continue;
    await store.transition(makeTransition(claimed.stored, claimed.fence, { state: { from: 'queued', to: 'cancelled' } }));
  }
}

async function isSettled(store: Store): Promise<boolean> {
  const schedules = await store.listSchedules();
  return schedules.every(({ state }) => state === 'ended') && (await store.pendingSlots()).length === 0;
}

async function judge(
  store: Store,
  { url, ledger, firstMs }: { readonly url: string; readonly ledger: string; readonly firstMs: ReadonlyMap<string, number> },
): Promise<Omit<Outcome, 'kills'>> {
  const violations: string[] = [];
  let slots = 0;
  let runs = 0;
  for (const { id, rule } of await store.listSchedules()) {
    const records = new Map((await store.listSlots(id, { limit: 1000 })).map((record) => [record.slotMs, record]));
    const untilMs = rule.untilMs ?? 0;
    for (let slotMs = firstMs.get(id) ?? 0; slotMs <= untilMs; slotMs += 1000) {
      const run = await store.readRun(slotRunId(systemIds, id, slotMs));
      const outcome = records.get(slotMs)?.outcome;
      slots += 1;
      if (run !== undefined) runs += 1;
      if ((run === undefined ? 'skipped' : 'run') !== outcome)
        violations.push(`${id} ${slotMs}: ${run === undefined ? 'no run' : 'a run'}, and ${outcome} on record`);
    }
  }
  const all = await store.listRuns({ limit: 10_000 });
  if (all.length !== runs) violations.push(`${all.length} runs, and ${runs} of them belong to slots`);
  const redis = new Redis(url);
  const decided = await redis.lrange(ledger, 0, -1);
  redis.disconnect();
  const seen = new Set<string>();
  for (const line of decided) {
    if (seen.has(line)) violations.push(`${line}: decided twice`);
    seen.add(line);
  }
  return { violations, slots, runs };
}

// Mulberry32: the same numbers for the same seed.
function makeRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
