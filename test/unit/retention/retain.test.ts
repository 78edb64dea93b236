import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { makeMemoryStore } from '../../../adapters/memory/store.ts';
import { systemIds } from '../../../adapters/system/ids.ts';
import { makeVirtualTime } from '../../../adapters/memory/virtual-time.ts';
import { firstBreak } from '../../../engine/audit/chain.ts';
import type { RunId } from '../../../engine/ids.ts';
import { REMOVED_AT_ONCE, REMOVED_MAX } from '../../../engine/limits.ts';
import { removedFacts } from '../../../engine/retention/removed-run.ts';
import { retainForever, retainOnce } from '../../../engine/retention/retain.ts';
import type { StepRecord } from '../../../engine/run/record.ts';
import { makeClaim, makeCreate, makeStep, makeTransition, newRunId, readBack } from '../../contracts/store-requests.ts';
import { silentLog } from '../../support/silent-log.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 1_440 * MINUTE_MS;
const KEEP_MS = 7 * DAY_MS;
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** What a machine said to the check `up`; absent: the check did not look at it. */
type Said = 'up' | 'down' | 'unreachable' | undefined;

/** A store whose clock the test moves. */
function makeWorld() {
  const time = makeVirtualTime(Date.UTC(2026, 0, 1));
  let aheadMs = 0;
  const store = makeMemoryStore({ nowMs: () => time.clock.nowMs() + aheadMs });
  const ports = { store, log: silentLog, ids: { ...systemIds, sha256 }, clock: time.clock, random: () => 0.5 };
  const check = async (runbook: string, machines: Readonly<Record<string, Said>> = {}, changes: Parameters<typeof makeCreate>[1] = {}) => {
    const runId = newRunId();
    const steps = Object.entries(machines).map(([name, said]) => stepOf(name, said));
    await store.create({ ...makeCreate(runId, { purpose: 'readiness', runbook, ...changes }), steps });
    await end(runId);
    return runId;
  };
  const end = async (runId: RunId): Promise<void> => {
    const claimed = await store.claim(makeClaim(runId));
    if (claimed.kind !== 'claimed') throw new Error(claimed.kind);
    await store.transition(makeTransition(claimed.stored, claimed.fence, { state: { from: 'queued', to: 'running' } }));
    const ends = { state: { from: 'running', to: 'succeeded' }, stampFields: ['endedAtMs'] } as const;
    await store.transition(makeTransition(await readBack(store, runId), claimed.fence, ends));
  };
  return {
    time,
    store,
    ports,
    check,
    pass: (ms: number) => {
      aheadMs += ms;
    },
    /** Looks until there is nothing more to remove; returns how many went in each look. */
    async retain() {
      const counts: number[] = [];
      for (let after = 0; ;) {
        const look = await retainOnce(ports, { keepMs: KEEP_MS, after });
        ({ after } = look);
        if (look.removed > 0) counts.push(look.removed);
        if (after === 0) return counts;
      }
    },
    left: async (runIds: readonly RunId[]) => {
      const found = await Promise.all(runIds.map(async (runId) => (await store.readRun(runId)) !== undefined));
      return runIds.flatMap((_, index) => (found[index] === true ? [index] : []));
    },
  };
}

function stepOf(name: string, said: Said): StepRecord {
  const record = { ...makeStep(`readiness/up[${name}]`), itemKey: name, stepId: 'up' };
  if (said === 'up') return { ...record, state: 'succeeded' };
  const error = { kind: said === 'down' ? 'failed' : 'unreachable', message: 'it said so', retryable: false };
  return { ...record, state: 'failed', error: error as NonNullable<StepRecord['error']> };
}

describe('retention of readiness checks', () => {
  it('keeps a week of them, removes what is older a few at a time, and never the newest', async () => {
    const world = makeWorld();
    const runIds: RunId[] = [];
    for (let n = 0; n < 300; n += 1) {
      runIds.push(await world.check('shop', { web: 'up' }));
      world.pass(60 * MINUTE_MS);
    }
    // The last one began an hour ago: of 300 hours the last 168 are kept.
    expect(await world.retain()).toEqual([REMOVED_MAX, 300 - 168 + 1 - REMOVED_MAX]);
    expect(await world.left(runIds)).toEqual(Array.from({ length: 167 }, (_, index) => 133 + index));
    world.pass(30 * DAY_MS);
    await world.retain();
    expect(await world.left(runIds)).toEqual([299]);
    const chain = await world.store.readSystemAudit(0, 10_000);
    expect(firstBreak(sha256, chain)).toBeUndefined();
    expect(chain.flatMap(({ data }) => data['runs']).length).toBe(299);
    expect(Math.max(...chain.map(({ data }) => Number(data['count'])))).toBe(REMOVED_AT_ONCE);
  });

  it('says of each what an auditor can hold a copy against', async () => {
    const world = makeWorld();
    const [old] = [await world.check('shop', { web: 'up' }), await world.check('shop', { web: 'up' })];
    const { run } = await readBack(world.store, old);
    world.pass(8 * DAY_MS);
    expect(await world.retain()).toEqual([1]);
    const found = await world.store.findRemoved(String(run.number));
    const [entry] = await world.store.readSystemAudit((found?.entrySeq ?? 0) - 1, 1);
    expect(entry).toMatchObject({ actor: 'runward', event: 'run.removed', data: { reason: 'retention', keepMs: KEEP_MS, count: 1 } });
    const { runbook, environment, state, endedAtMs, planHash, auditHead, auditSeq, number } = run;
    expect(removedFacts(entry, old)).toEqual({
      runId: old,
      number,
      runbook,
      environment,
      state,
      endedAtMs,
      planHash,
      auditHead,
      auditSeq,
      entrySeq: 1,
      removedAtMs: await world.store.nowMs(),
    });
    expect(removedFacts(entry, newRunId())).toBeUndefined();
  });

  it('leaves the last answer of a machine that nobody reaches any more, of one that is gone, and of each runbook', async () => {
    const world = makeWorld();
    const runIds: RunId[] = [];
    const round = async (machines: Readonly<Record<string, Said>>): Promise<void> => {
      runIds.push(await world.check('shop', machines));
      world.pass(60 * MINUTE_MS);
    };
    for (let n = 0; n < 5; n += 1) await round({ web: 'up', db: n < 4 ? 'up' : 'down', old: n < 2 ? 'up' : undefined } as never);
    for (let n = 0; n < 20; n += 1) await round({ web: 'up', db: 'unreachable' });
    const other = [await world.check('mail', { mx: 'down' })];
    world.pass(8 * DAY_MS);
    await world.retain();
    // 1 has the last word on `old`, 4 on `db`, 24 is the newest.
    expect(await world.left(runIds)).toEqual([1, 4, 24]);
    expect(await world.left(other)).toEqual([0]);
  });

  it('leaves runs whose evidence was handed out, that hold a lock, or that are of another purpose', async () => {
    const world = makeWorld();
    const runIds = [
      await world.check('shop', { web: 'up' }),
      await world.check('shop', { web: 'up' }),
      await world.check('shop', { web: 'up' }, { purpose: 'drill' }),
      await world.check('shop', { web: 'up' }, { purpose: 'failover' }),
      await world.check('shop', { web: 'up' }),
      await world.check('shop', { web: 'up' }),
    ];
    await world.store.referTo(runIds[0] ?? newRunId());
    await world.store.lock(['vm-1'], runIds[1] ?? newRunId());
    world.pass(400 * DAY_MS);
    expect(await world.retain()).toEqual([1]);
    expect(await world.left(runIds)).toEqual([0, 1, 2, 3, 5]);
  });

  it('is done by any number of processes at once, each run by one of them', async () => {
    const world = makeWorld();
    const runIds: RunId[] = [];
    for (let n = 0; n < 60; n += 1) runIds.push(await world.check('shop', { web: 'up' }));
    world.pass(8 * DAY_MS);
    const looks = await Promise.all([1, 2, 3].map(() => retainOnce(world.ports, { keepMs: KEEP_MS, after: 0 })));
    expect(looks.reduce((sum, { removed }) => sum + removed, 0)).toBe(59);
    expect(await world.left(runIds)).toEqual([59]);
    const chain = await world.store.readSystemAudit(0, 1_000);
    expect(firstBreak(sha256, chain)).toBeUndefined();
    expect(chain.reduce((sum, { data }) => sum + Number(data['count']), 0)).toBe(59);
  });

  it('goes on at its pace, also after the store did not answer', async () => {
    const world = makeWorld();
    for (let n = 0; n < 250; n += 1) await world.check('shop', { web: 'up' });
    world.pass(8 * DAY_MS);
    const stop = new AbortController();
    let asked = 0;
    const warnings: string[] = [];
    const endedChecks: typeof world.store.endedChecks = async (after, limit) => {
      asked += 1;
      if (asked === 2) throw new Error('no answer');
      return world.store.endedChecks(after, limit);
    };
    const log = { ...silentLog, warn: (message: string) => void warnings.push(message) };
    void retainForever({ ...world.ports, log, store: { ...world.store, endedChecks } }, { keepMs: KEEP_MS, signal: stop.signal });
    const left = async (): Promise<number> => (await world.store.listRuns({ limit: 1_000 })).length;
    await world.time.run(1, () => false);
    expect(await left()).toBe(150);
    await world.time.run(3.5 * MINUTE_MS, () => false);
    expect([await left(), warnings.length]).toEqual([1, 1]);
    stop.abort();
  });
});
