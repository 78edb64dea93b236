import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { makeMemoryStore } from '../../../adapters/memory/store.ts';
import { systemIds } from '../../../adapters/system/ids.ts';
import type { RunId } from '../../../engine/ids.ts';
import { pauseSchedule, resumeSchedule } from '../../../engine/schedule/control.ts';
import { decideSchedule, slotRunId } from '../../../engine/schedule/decide.ts';
import { fireOnce, type SlotRuns } from '../../../engine/schedule/fire.ts';
import { dueAtMs } from '../../../engine/schedule/slots.ts';
import { registerSchedules } from '../../../engine/schedule/register.ts';
import type { ScheduleRule } from '../../../engine/schedule/stored-schedule.ts';
import type { Store } from '../../../engine/store.ts';
import { makeClaim, makeCreate, makeTransition } from '../../contracts/store-requests.ts';
import { silentLog } from '../../support/silent-log.ts';

const MINUTE_MS = 60_000;
const START = Date.UTC(2026, 5, 1, 12, 0, 30);
const ID = 'nightly.run';
const WRITER = { id: 'anna', name: 'Anna', kind: 'local', groups: [] } as const;

function rule(more: Partial<ScheduleRule> = {}): ScheduleRule {
  return {
    id: ID,
    runbook: 'nightly',
    environment: 'test',
    cron: '*/10 * * * *',
    timezone: 'UTC',
    dayMatch: 'or',
    jitterMs: 0,
    inputs: {},
    overlap: 'skip',
    missed: { run: 'none', withinMs: 60 * MINUTE_MS, max: 10 },
    enabled: true,
    ...more,
  };
}

/** A store whose clock the test moves, with a schedule on it. */
async function makeWorld(first: ScheduleRule = rule()) {
  let nowMs = START;
  const store = makeMemoryStore({ nowMs: () => nowMs });
  const ports = { store, log: silentLog, ids: { ...systemIds, sha256: (text: string) => createHash('sha256').update(text).digest('hex') } };
  const refusals: string[] = [];
  const runs: SlotRuns<string> = {
    plan: async () => {
      const reason = refusals.shift();
      return reason === undefined ? { kind: 'planned', planned: 'plan' } : { kind: 'refused', reason };
    },
    create: async (_schedule, runId) => void (await store.create(makeCreate(runId))),
  };
  const register = (...rules: readonly ScheduleRule[]) =>
    registerSchedules(ports, { runbooks: new Set(['nightly']), rules, writer: WRITER, published: new Set(['nightly']) });
  await register(first);
  return {
    store,
    ports,
    runs,
    refusals,
    register,
    fire: () => fireOnce(ports, runs),
    /** Moves the clock to a minute past noon and lets the schedules be looked at. */
    async at(minute: number) {
      nowMs = Date.UTC(2026, 5, 1, 12) + minute * MINUTE_MS + 1_000;
      await fireOnce(ports, runs);
    },
    records: async () =>
      (await store.listSlots(ID, { limit: 100 }))
        .map(({ slotMs, outcome }) => `${(slotMs - Date.UTC(2026, 5, 1, 12)) / MINUTE_MS} ${outcome}`)
        .toReversed(),
    bring: (minute: number, state: 'waiting' | 'paused') =>
      moveRun(store, slotRunId(ports.ids, ID, Date.UTC(2026, 5, 1, 12, minute)), state),
    end: (minute: number, state: 'succeeded' | 'failed') =>
      moveRun(store, slotRunId(ports.ids, ID, Date.UTC(2026, 5, 1, 12, minute)), state),
    state: async () => (await store.readSchedule(ID))?.state,
  };
}

async function moveRun(store: Store, runId: RunId, state: 'waiting' | 'paused' | 'succeeded' | 'failed'): Promise<void> {
  const claimed = await store.claim(makeClaim(runId));
  if (claimed.kind !== 'claimed') throw new Error(claimed.kind);
  const { stored, fence } = claimed;
  const started = await store.transition(makeTransition(stored, fence, { state: { from: 'queued', to: 'running' } }));
  if (started.kind !== 'applied') throw new Error(started.kind);
  const again = await store.readRun(runId);
  if (again === undefined) throw new Error('gone');
  await store.transition(makeTransition(again, fence, { state: { from: 'running', to: state } }));
}

describe('firing', () => {
  it('gives each slot one run, however often and by however many it is looked at', async () => {
    const world = await makeWorld();
    await world.at(9);
    expect(await world.records()).toEqual([]);
    await world.at(10);
    await Promise.all([world.fire(), world.fire(), world.fire()]);
    expect(await world.records()).toEqual(['10 run']);
    expect(await world.store.listRuns({ limit: 10 })).toHaveLength(1);
    expect(await world.store.pendingSlots()).toEqual([]);
  });

  it('skips a slot while the run before has not ended, and says so', async () => {
    const world = await makeWorld();
    await world.at(10);
    await world.at(20);
    await world.end(10, 'succeeded');
    await world.at(30);
    expect(await world.records()).toEqual(['10 run', '20 skipped', '30 run']);
    const [, skipped] = await world.store.listSlots(ID, { limit: 2 });
    expect(skipped?.reason).toBe('the run of 2026-06-01T12:10:00Z has not ended');
  });

  it('counts a run that waits for a person as running', async () => {
    for (const state of ['waiting', 'paused'] as const) {
      const world = await makeWorld();
      await world.at(10);
      await world.bring(10, state);
      await world.at(20);
      expect(await world.records()).toEqual(['10 run', '20 skipped']);
    }
  });

  it('lets one slot wait where it queues', async () => {
    const world = await makeWorld(rule({ overlap: 'queue' }));
    await world.at(10);
    await world.at(20);
    await world.at(30);
    expect(await world.records()).toEqual(['10 run', '30 skipped']);
    await world.end(10, 'succeeded');
    await world.at(31);
    expect(await world.records()).toEqual(['10 run', '20 run', '30 skipped']);
  });

  it('pauses after failed runs in a row, and begins to count anew when it is resumed', async () => {
    const world = await makeWorld(rule({ pauseAfterFailures: 2 }));
    await world.at(10);
    await world.end(10, 'failed');
    world.refusals.push('RW513 no target');
    await world.at(20);
    await world.at(30);
    expect(await world.records()).toEqual(['10 run', '20 skipped', '30 skipped']);
    expect(await world.store.readSchedule(ID)).toMatchObject({ state: 'paused', pause: { reason: '2 runs in a row have failed' } });
    await resumeSchedule(world.ports, ID);
    await world.at(40);
    expect(await world.records()).toEqual(['10 run', '20 skipped', '30 skipped', '40 run']);
  });

  it('records every slot of a pause and goes on when its time is over', async () => {
    const world = await makeWorld();
    await pauseSchedule(world.ports, ID, { by: 'ada', reason: 'maintenance', untilMs: Date.UTC(2026, 5, 1, 12, 25) });
    await world.at(10);
    await world.at(20);
    await world.at(30);
    expect(await world.records()).toEqual(['10 skipped', '20 skipped', '30 run']);
    expect(await world.state()).toBe('active');
    await expect(resumeSchedule(world.ports, ID)).rejects.toMatchObject({ code: 'CONFLICT_STATE' });
    await expect(pauseSchedule(world.ports, 'no.such', { by: 'ada', reason: 'x' })).rejects.toMatchObject({ code: 'NOT_FOUND_SCHEDULE' });
  });

  it('parks a schedule that owes more slots than an outage explains, and runs none of them', async () => {
    const world = await makeWorld(rule({ missed: { run: 'all', withinMs: 10_000 * MINUTE_MS, max: 1000 } }));
    await world.at(60 * 24 * 30);
    expect(await world.state()).toBe('parked');
    await world.at(60 * 24 * 30 + 20);
    expect(await world.records()).toEqual([]);
    await resumeSchedule(world.ports, ID);
    await world.at(60 * 24 * 30 + 30);
    expect(await world.records()).toEqual(['10 missed', `${60 * 24 * 30 + 30} run`]);
  });

  it('ends when there are no more slots', async () => {
    const world = await makeWorld(rule({ untilMs: Date.UTC(2026, 5, 1, 12, 10) }));
    await world.at(10);
    await world.at(20);
    expect(await world.records()).toEqual(['10 run']);
    expect(await world.state()).toBe('ended');
    await world.register(rule());
    expect(await world.state()).toBe('active');
  });

  it('skips no slot whose run was begun, though its plan is refused afterwards', async () => {
    const world = await makeWorld();
    const dies: SlotRuns<string> = { ...world.runs, create: () => Promise.reject(new Error('killed')) };
    await world.at(9);
    const slotMs = Date.UTC(2026, 5, 1, 12, 10);
    await decideSchedule(world.ports, ID, slotMs);
    await fireOnce(world.ports, dies);
    world.refusals.push('the target is gone');
    await world.fire();
    expect(await world.store.pendingSlots()).toMatchObject([{ id: ID, slotMs, begun: true }]);
    await world.fire();
    expect(await world.records()).toEqual(['10 run']);
  });

  it('a decision that was made from an older state is not written', async () => {
    const world = await makeWorld();
    const slotMs = Date.UTC(2026, 5, 1, 12, 10);
    const { store } = world.ports;
    // The other process decides while this one has read the schedule and not yet written.
    const slow = {
      ...world.ports,
      store: {
        ...store,
        readSchedule: async (id: string) => {
          const read = await store.readSchedule(id);
          await decideSchedule(world.ports, ID, slotMs);
          return read;
        },
      },
    };
    expect(await decideSchedule(slow, ID, slotMs)).toBe('stale');
    expect(await store.pendingSlots()).toHaveLength(1);
  });
});

describe('registering', () => {
  it('writes nothing for a schedule that did not change', async () => {
    const world = await makeWorld();
    const before = await world.store.readSchedule(ID);
    expect(await world.register(rule())).toEqual({ changed: [], removed: [], unknown: [] });
    expect(await world.store.readSchedule(ID)).toEqual(before);
  });

  it('keeps the cursor while the times stay, and begins after now when they change', async () => {
    const world = await makeWorld();
    const cursor = (await world.store.readSchedule(ID))?.nextSlotMs;
    await world.register(rule({ overlap: 'allow' }));
    expect((await world.store.readSchedule(ID))?.nextSlotMs).toBe(cursor);
    await world.register(rule({ cron: '0 * * * *' }));
    expect((await world.store.readSchedule(ID))?.nextSlotMs).toBe(Date.UTC(2026, 5, 1, 13));
    await world.at(60);
    expect(await world.records()).toEqual(['60 run']);
  });

  it('records a slot that waits for its delayed start when the times change', async () => {
    const world = await makeWorld(rule({ jitterMs: 9 * MINUTE_MS }));
    await world.at(9);
    const due = dueAtMs(rule({ jitterMs: 9 * MINUTE_MS }), Date.UTC(2026, 5, 1, 12, 10));
    expect(due).toBeGreaterThan(Date.UTC(2026, 5, 1, 12, 10, 2));
    await world.at(10);
    await world.register(rule({ cron: '0 * * * *' }));
    await world.at(60);
    expect(await world.records()).toEqual(['10 skipped', '60 run']);
  });

  it('disables, enables and removes', async () => {
    const world = await makeWorld();
    await world.register(rule({ enabled: false }));
    await world.at(10);
    expect(await world.state()).toBe('disabled');
    expect(await world.records()).toEqual([]);
    await world.register(rule());
    await world.at(20);
    expect(await world.records()).toEqual(['20 run']);
    expect(await world.register()).toEqual({ changed: [], removed: [ID], unknown: [] });
    await world.at(30);
    expect(await world.store.readSchedule(ID)).toBeUndefined();
    expect(await world.records()).toEqual(['20 run']);
  });

  it('keeps who published a schedule when somebody else publishes other runbooks, and invents nobody', async () => {
    const world = await makeWorld();
    const others = { runbooks: new Set(['nightly']), writer: { ...WRITER, id: 'bob' }, published: new Set<string>() };
    const changed = rule({ overlap: 'allow' });
    const answer = await registerSchedules(world.ports, { ...others, rules: [changed, rule({ id: 'nightly.other' })] });
    expect(answer).toEqual({ changed: [ID], removed: [], unknown: ['nightly.other'] });
    expect(await world.store.readSchedule(ID)).toMatchObject({ rule: { overlap: 'allow' }, writer: { id: 'anna' } });
    await registerSchedules(world.ports, { ...others, published: new Set(['nightly']), rules: [rule()] });
    expect(await world.store.readSchedule(ID)).toMatchObject({ writer: { id: 'bob' } });
  });

  it('does not lift a pause', async () => {
    const world = await makeWorld();
    await pauseSchedule(world.ports, ID, { by: 'ada', reason: 'maintenance' });
    await world.register(rule({ cron: '*/5 * * * *' }));
    await world.at(5);
    expect(await world.records()).toEqual(['5 skipped']);
  });
});
