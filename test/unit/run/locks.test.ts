import { expect, test } from 'vitest';
import type { PlannedSet } from '../../../engine/plan/plan-record.ts';
import { type Answers, GATE, leaf, makeRunWorld, type RunWorld, step } from '../../support/run-world.ts';
import { testTarget } from '../../support/targets.ts';

const MINUTE = 60_000;
const set = (names: readonly string[], more: Partial<PlannedSet> = {}): PlannedSet => ({
  onEmpty: 'fail',
  onUnreachable: 'fail',
  targets: names.map((name) => testTarget(name)),
  ...more,
});
const on = (name: string) => ({ target: { kind: 'set', set: name } }) as const;
const pause = (id: string, duration: string) => step(id, { kind: 'wait', wait: { duration } });
const SLOW: Answers = { poll: async () => ({ kind: 'running', retryAfterMs: 30_000 }) };

/** Lets time pass for runs that workers hold already. */
async function pass(world: RunWorld, ms: number): Promise<void> {
  const end = world.time.clock.monotonicMs() + ms;
  world.time.at(ms, () => undefined);
  await world.time.run(end, () => world.time.clock.monotonicMs() >= end);
}

test('a group has so many places: the next run waits in the order of acceptance and starts when one is free', async () => {
  const group = { concurrency: { group: 'shop', limit: 1, onConflict: 'queue' } } as const;
  const first = await makeRunWorld({ ...group, steps: [pause('rest', '30m')] });
  const second = await makeRunWorld({ ...group, steps: [leaf('look', 'read')] }, {}, {}, first);
  const third = await makeRunWorld({ ...group, steps: [leaf('look', 'read')] }, {}, {}, first);
  await first.go(MINUTE);
  expect(await third.go(MINUTE)).toMatchObject({ state: 'queued', hold: { word: 'concurrency', message: 'run 2 of group shop is first' } });
  expect(await second.go(MINUTE)).toMatchObject({
    state: 'queued',
    reason: 'concurrency',
    hold: { message: 'group shop is full: waiting for run 1' },
  });
  expect(await first.go(60 * MINUTE)).toMatchObject({ state: 'succeeded' });
  expect(await second.go(10 * MINUTE)).toMatchObject({ state: 'succeeded' });
  expect(await third.go(10 * MINUTE)).toMatchObject({ state: 'succeeded' });
});

test('a named lock of a run is held to its end; the next run waits for it and gives its place in the group back meanwhile', async () => {
  const first = await makeRunWorld({ locks: ['fleet-change'], steps: [pause('rest', '30m')] });
  await first.go(MINUTE);
  const group = { concurrency: { group: 'shop', limit: 1, onConflict: 'queue' } } as const;
  const second = await makeRunWorld({ ...group, locks: ['fleet-change'], steps: [leaf('look', 'read')] }, {}, {}, first);
  expect(await second.go(MINUTE)).toMatchObject({
    state: 'queued',
    hold: { word: 'lock', message: 'waiting for run 1, which holds fleet-change' },
  });
  expect(await first.ports.store.joinGroup('shop', 'other' as never, 1)).toEqual({ kind: 'joined' });
  await first.ports.store.leaveGroup('shop', 'other' as never);
  await first.go(60 * MINUTE);
  expect(await second.go(10 * MINUTE)).toMatchObject({ state: 'succeeded' });
});

test('a named lock of a step is held while the step is not ended, also by a wait, and the other step fails after ten minutes', async () => {
  const block = step('change_door', { kind: 'steps', steps: [pause('rest', '20m')], finally: [] }, { locks: ['front-door'] });
  const first = await makeRunWorld({ steps: [block, pause('after', '30m')] });
  await first.go(MINUTE);
  const second = await makeRunWorld({ steps: [leaf('look', 'read', { locks: ['front-door'] })] }, {}, {}, first);
  await second.go(MINUTE);
  expect(await second.step('look')).toMatchObject({ state: 'ready', reason: 'waiting for run 1, which holds front-door' });
  expect(second.calls).toEqual([]);
  await pass(second, 15 * MINUTE);
  expect(await second.run()).toMatchObject({ state: 'failed' });
  expect((await second.step('look')).error).toMatchObject({ kind: 'locked' });

  await first.go(10 * MINUTE);
  expect(await first.steps()).toMatchObject({ change_door: 'succeeded', after: 'ready' });
  const third = await makeRunWorld({ steps: [leaf('look', 'read', { locks: ['front-door'] })] }, {}, {}, first);
  expect(await third.go(MINUTE)).toMatchObject({ state: 'succeeded' });
});

test('targets are locked together before the first change, and given back when no later step can change them', async () => {
  const sets = { web: set(['web-1']), db: set(['db-1']) };
  const steps = [leaf('look', 'read', on('web')), leaf('web', 'guarded', on('web')), pause('rest', '20m'), leaf('db', 'guarded', on('db'))];
  const first = await makeRunWorld({ steps }, {}, { sets });
  await first.go(5 * MINUTE);
  const web = await makeRunWorld({ steps: [leaf('change', 'guarded', on('web'))] }, {}, { sets }, first);
  expect(await web.go(MINUTE)).toMatchObject({ state: 'succeeded' });
  const db = await makeRunWorld({ steps: [leaf('change', 'guarded', on('db'))] }, {}, { sets }, first);
  await db.go(MINUTE);
  expect(await db.step('change[db-1]')).toMatchObject({ reason: 'waiting for run 1, which holds ssh://db-1' });
  expect(db.calls).toEqual([]);
});

test('a run that waits at its approval holds no target, and reads take none', async () => {
  const sets = { web: set(['web-1']) };
  const waiting = await makeRunWorld({ steps: [step('gate', GATE), leaf('change', 'guarded', on('web'))] }, {}, { sets });
  await waiting.go(MINUTE);
  const other = await makeRunWorld({ steps: [leaf('change', 'guarded', on('web')), pause('rest', '20m')] }, SLOW, { sets }, waiting);
  await other.go(MINUTE);
  expect(other.calls).toContain('change[web-1]:submit');
  const reading = await makeRunWorld({ steps: [leaf('look', 'read', on('web'))] }, {}, { sets }, waiting);
  expect(await reading.go(MINUTE)).toMatchObject({ state: 'succeeded' });
});

test('time that a step was held by a window is no time that it waited for a lock', async () => {
  const sets = { web: set(['web-1']) };
  const noon = [{ cron: '0 12 * * *', timezone: 'UTC', dayMatch: 'or', durationMs: 3_600_000 }] as const;
  const late = await makeRunWorld({ windows: ['noon'], steps: [leaf('change', 'guarded', on('web'))] }, {}, { sets, calendars: { noon } });
  await late.go(MINUTE);
  const holder = await makeRunWorld({ steps: [leaf('hold', 'guarded', on('web'))] }, SLOW, { sets }, late);
  await holder.go(MINUTE);
  await pass(late, 177 * MINUTE);
  await late.go(3 * MINUTE);
  expect(await late.step('change[web-1]')).toMatchObject({ state: 'ready', reason: 'waiting for run 2, which holds ssh://web-1' });
});

test('a change of a recovery plan locks its items and the plan itself', async () => {
  const planId = '/subscriptions/a/vaults/v/replicationRecoveryPlans/rp-shop';
  const sets = { shop: set(['item-1'], { planId }) };
  const whole = step('failover', { kind: 'uses', action: 'test.guarded@1', with: { plan: planId } });
  const first = await makeRunWorld({ steps: [whole] }, SLOW, { sets });
  await first.go(MINUTE);
  const item = await makeRunWorld({ steps: [leaf('change', 'guarded', on('shop'))] }, {}, { sets }, first);
  await item.go(MINUTE);
  expect(item.calls).toEqual([]);
  const other = await makeRunWorld({ steps: [whole] }, {}, { sets: { shop: set(['item-2'], { planId }) } }, first);
  await other.go(MINUTE);
  expect(await other.step('failover')).toMatchObject({ reason: `waiting for run 1, which holds ${planId.toLowerCase()}` });
});

test('a lock outlives the worker that took it, and only the end of its run gives it back', async () => {
  const sets = { web: set(['web-1']) };
  const first = await makeRunWorld({ steps: [leaf('change', 'guarded', on('web'))] }, SLOW, { sets });
  await first.go(MINUTE);
  await pass(first, 8 * MINUTE);
  const second = await makeRunWorld({ steps: [leaf('change', 'guarded', on('web'))] }, {}, { sets }, first);
  await second.go(MINUTE);
  expect(second.calls).toEqual([]);
});
