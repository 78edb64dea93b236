import { expect, test } from 'vitest';
import type { Freeze } from '../../../engine/gates/stops.ts';
import { leaf, makeRunWorld, step } from '../../support/run-world.ts';

const HOUR = 3_600_000;
const START = Date.UTC(2026, 0, 5, 9);
const KILL = { reason: 'wrong estate', by: 'dana' };
const freeze = (fromMs: number, toMs: number): Freeze => ({
  id: 'f1',
  fromMs,
  toMs,
  reason: 'Year end',
  environments: ['test'],
  by: 'erin',
});
/** Open from 12:00 to 13:00 UTC; runs of these tests start at 09:00. */
const NOON = { cron: '0 12 * * *', timezone: 'UTC', dayMatch: 'or', durationMs: HOUR } as const;
const MORNING = { ...NOON, cron: '30 8 * * *' };
const calendars = { noon: [NOON], morning: [MORNING] };
const pause = (id: string, duration: string) => step(id, { kind: 'wait', wait: { duration } });

test('the kill switch holds what changes and lets reads go on; a person lets the run go on, not the switch', async () => {
  const world = await makeRunWorld({ steps: [pause('rest', '10m'), leaf('look', 'read'), leaf('change', 'guarded')] });
  await world.go(5 * 60_000);
  world.stop({ kill: KILL });
  expect(await world.go(HOUR)).toMatchObject({
    state: 'paused',
    reason: 'killed',
    pause: { cause: 'killed', by: 'dana', reason: 'wrong estate' },
  });
  expect(world.calls).toEqual(['look:read']);
  expect(await world.step('change')).toMatchObject({ state: 'ready', held: 'kill_switch' });

  world.stop({});
  expect(await world.go(HOUR)).toMatchObject({ state: 'paused' });
  await world.say({ kind: 'resume' });
  expect(await world.go()).toMatchObject({ state: 'succeeded' });
  expect(await world.step('change')).not.toHaveProperty('held');
});

test('a run that was let go on while the switch is on stands still again', async () => {
  const world = await makeRunWorld({ steps: [pause('rest', '10m'), leaf('change', 'guarded')] });
  await world.go(5 * 60_000);
  world.stop({ kill: KILL });
  await world.go(HOUR);
  await world.say({ kind: 'resume' });
  expect(await world.go(HOUR)).toMatchObject({ state: 'paused', reason: 'killed' });
  expect(world.calls).toEqual([]);
});

test('a switch that goes on between the intent and the send: nothing leaves, and the step waits', async () => {
  const world = await makeRunWorld(
    { steps: [leaf('change', 'guarded')] },
    {
      precheck: async () => {
        setImmediate(() => undefined);
        return { kind: 'proceed' };
      },
    },
  );
  const { create } = world.ports.tickets;
  const ports = {
    ...world.ports,
    tickets: {
      create: async (name: string) => {
        world.stop({ kill: KILL });
        return create(name);
      },
    },
  };
  Object.assign(world.engine, { ports });
  expect(await world.go(HOUR)).toMatchObject({ state: 'paused', reason: 'killed' });
  expect(world.calls).toEqual(['change:precheck']);
  expect(await world.step('change')).toMatchObject({ state: 'ready', held: 'kill_switch', send: 2 });
});

test('the kill switch holds finally as well, a freeze does not', async () => {
  const definition = { steps: [leaf('change', 'guarded')], finally: [leaf('tidy', 'guarded')] };
  const killed = await makeRunWorld(definition, {
    verify: async (_ports, { stepPath }) => {
      if (stepPath === 'change') killed.stop({ kill: KILL });
      return { kind: 'succeeded', result: {} };
    },
  });
  expect(await killed.go(HOUR)).toMatchObject({ state: 'paused', reason: 'killed', phase: 'finally' });
  expect(killed.calls).not.toContain('finally/tidy:submit');

  const frozen = await makeRunWorld(definition, {
    verify: async (_ports, { stepPath }) => {
      if (stepPath === 'change') frozen.stop({ freezes: [freeze(START, START + 12 * HOUR)] });
      return { kind: 'succeeded', result: {} };
    },
  });
  expect(await frozen.go(HOUR)).toMatchObject({ state: 'succeeded' });
});

test('a switch that cannot be read holds, and the run goes on by itself once it can be', async () => {
  const world = await makeRunWorld({ steps: [pause('rest', '10m'), leaf('change', 'guarded')] });
  await world.go(5 * 60_000);
  world.stop({ kill: { ...KILL, unreadable: true } });
  expect(await world.go(HOUR)).toMatchObject({ state: 'waiting', reason: 'kill_switch' });
  world.stop({});
  expect(await world.go(HOUR)).toMatchObject({ state: 'succeeded' });
});

test('a run that changes something is not started in a freeze and starts when it ends; one that only reads is', async () => {
  const facts = { freezes: [freeze(START, START + 2 * HOUR)] };
  const changing = await makeRunWorld({ steps: [leaf('change', 'guarded')] });
  changing.stop(facts);
  expect(await changing.go(HOUR)).toMatchObject({ state: 'queued', reason: 'freeze', hold: { word: 'freeze', untilMs: START + 2 * HOUR } });
  const ended = await changing.go(2 * HOUR);
  expect(ended).toMatchObject({ state: 'succeeded', startedAtMs: START + 2 * HOUR });
  expect(ended).not.toHaveProperty('hold');

  const reading = await makeRunWorld({ steps: [leaf('look', 'read')] });
  reading.stop(facts);
  expect(await reading.go(HOUR)).toMatchObject({ state: 'succeeded' });
});

test('a freeze that begins during a run holds the next change; only an exempt failover passes it', async () => {
  const steps = [pause('rest', '10m'), leaf('change', 'guarded')];
  const facts = { freezes: [freeze(START + 60_000, START + 3 * HOUR)] };
  const world = await makeRunWorld({ steps });
  world.stop(facts);
  expect(await world.go(HOUR)).toMatchObject({ state: 'waiting', reason: 'freeze' });
  expect(await world.step('change')).toMatchObject({ reason: 'frozen: Year end (erin)', held: 'freeze' });
  expect(await world.go(3 * HOUR)).toMatchObject({ state: 'succeeded' });

  const drill = await makeRunWorld({ steps, freeze: 'exempt' }, {}, { purpose: 'drill' });
  drill.stop(facts);
  expect(await drill.go(HOUR)).toMatchObject({ state: 'waiting', reason: 'freeze' });
  const failover = await makeRunWorld({ steps, freeze: 'exempt' }, {}, { purpose: 'failover' });
  failover.stop(facts);
  expect(await failover.go(HOUR)).toMatchObject({ state: 'succeeded' });
});

test('a run that could not start while its plan was fresh ends, and says why', async () => {
  const world = await makeRunWorld({ steps: [leaf('change', 'guarded')] }, {}, { severity: 'severe' });
  world.stop({ kill: KILL });
  expect(await world.go(2 * HOUR)).toMatchObject({
    state: 'timed_out',
    reason: 'it could not start in time (the kill switch is on: wrong estate (dana)): plan again',
  });
});

test('reads go on outside a window, changes wait for it', async () => {
  const world = await makeRunWorld({ steps: [leaf('look', 'read'), leaf('change', 'guarded')], windows: ['noon'] }, {}, { calendars });
  expect(await world.go(HOUR)).toMatchObject({ state: 'waiting', reason: 'window' });
  expect(world.calls).toEqual(['look:read']);
  expect(await world.step('change')).toMatchObject({ held: 'window', reason: 'no window of noon is open' });
  expect(await world.go(4 * HOUR)).toMatchObject({ state: 'succeeded' });
  expect((await world.step('change')).intentAtMs).toBe(START + 3 * HOUR);
});

test('the recovery time begins with the first attempt, not while a window is waited for', async () => {
  const world = await makeRunWorld(
    {
      windows: ['noon'],
      objectives: { rtoMs: HOUR / 2, clock: { start: 'move', stop: 'answers', count: 'wall' } },
      steps: [leaf('move', 'guarded'), leaf('answers', 'read')],
    },
    {},
    { calendars },
  );
  const run = await world.go();
  expect(run.state).toBe('succeeded');
  expect(run.clock.startedAtMs).toBeGreaterThanOrEqual(START + 3 * HOUR);
  expect(run.rtoBreached).toBeUndefined();
});

test('a block may have a window of its own beside that of the runbook: both must be open', async () => {
  const block = step('block', { kind: 'steps', steps: [leaf('change', 'guarded')], finally: [] }, { windows: ['morning'] });
  const within = await makeRunWorld({ steps: [block] }, {}, { calendars });
  expect(await within.go(HOUR)).toMatchObject({ state: 'succeeded' });
  const both = await makeRunWorld({ steps: [block], windows: ['noon'], timeoutMs: 8 * HOUR }, {}, { calendars });
  expect(await both.go(6 * HOUR)).toMatchObject({ state: 'waiting', reason: 'window' });
});

test('a window closes: hold brings the item under way to its end and starts no other, finish goes on with the block', async () => {
  const item = step(
    'patch',
    { kind: 'steps', steps: [leaf('drain', 'guarded'), pause('rest', '40m'), leaf('install', 'guarded')], finally: [] },
    { forEach: '${{ ["a", "b"] }}', rollout: { waves: [], maxFailures: { count: 0 } } },
  );
  const hold = await makeRunWorld(
    { steps: [item, leaf('after', 'guarded')], windows: ['morning'], timeoutMs: 48 * HOUR },
    {},
    { calendars },
  );
  expect(await hold.go(6 * HOUR)).toMatchObject({ state: 'waiting', reason: 'window' });
  expect(await hold.steps()).toMatchObject({ 'patch[a]': 'succeeded', 'patch[b]/drain': 'ready' });

  const steps = [item, leaf('after', 'guarded')];
  const finish = await makeRunWorld({ steps, windows: ['morning'], atWindowClose: 'finish', timeoutMs: 48 * HOUR }, {}, { calendars });
  expect(await finish.go(6 * HOUR)).toMatchObject({ state: 'waiting', reason: 'window' });
  expect(await finish.steps()).toMatchObject({ patch: 'succeeded', after: 'ready' });
});

test('a branch that waits for its window starts nothing after its sibling has failed', async () => {
  const late = step('late', { kind: 'steps', steps: [leaf('change', 'guarded')], finally: [] }, { windows: ['noon'] });
  const both = step('both', { kind: 'parallel', steps: [late, leaf('look', 'read')], maxParallel: 2 });
  const world = await makeRunWorld(
    { steps: [both] },
    { read: async () => ({ kind: 'failed', failure: { kind: 'target', message: 'no' } }) },
    { calendars },
  );
  expect(await world.go(HOUR)).toMatchObject({ state: 'failed' });
  expect(await world.steps()).toMatchObject({ 'both/late/change': 'skipped' });
});

const drained = leaf('drain', 'guarded', { rollback: [leaf('fill', 'guarded')] });
const enable = step('enable', { kind: 'undo', step: 'drain' });
const fill = 'drain/roll-back/fill';

test('an undo on the good path is held by a freeze and a window as any change is, and goes on when they end', async () => {
  const frozen = await makeRunWorld({ steps: [drained, pause('rest', '1h'), enable, leaf('after', 'guarded')] });
  frozen.stop({ freezes: [freeze(START + HOUR / 2, START + 3 * HOUR)] });
  expect(await frozen.go(2 * HOUR)).toMatchObject({ state: 'waiting', reason: 'freeze' });
  expect(await frozen.step(fill)).toMatchObject({ state: 'ready', held: 'freeze' });
  expect((await frozen.go()).state).toBe('succeeded');
  expect(await frozen.step('drain')).toMatchObject({ undoneBy: 'enable' });

  const steps = [drained, pause('rest', '1h'), enable];
  const closed = await makeRunWorld({ steps, windows: ['morning'], timeoutMs: 48 * HOUR }, {}, { calendars });
  expect(await closed.go(3 * HOUR)).toMatchObject({ state: 'waiting', reason: 'window' });
  expect(closed.calls.filter((call) => call.startsWith(fill))).toEqual([]);
  const whole = step('whole', { kind: 'steps', steps, finally: [] }, { windows: ['morning'], atWindowClose: 'finish' });
  const finish = await makeRunWorld({ steps: [whole] }, {}, { calendars });
  expect((await finish.go(3 * HOUR)).state).toBe('succeeded');
});

test('what is undone after a failure, in finally or by a handler is not held by a freeze', async () => {
  const broken = step('broken', { kind: 'assert', checks: [{ that: 'false', message: 'no' }] });
  const inFreeze = async (definition: Parameters<typeof makeRunWorld>[0]) => {
    const world = await makeRunWorld(definition);
    world.stop({ freezes: [freeze(START + HOUR / 2, START + 30 * HOUR)] });
    await world.go(3 * HOUR);
    return world.step('drain');
  };
  const rest = pause('rest', '1h');
  const rolledBack = step('cut', { kind: 'steps', steps: [drained, rest, broken], finally: [] }, { onFailure: 'rollback' });
  const world = await makeRunWorld({ steps: [rolledBack] });
  world.stop({ freezes: [freeze(START + HOUR / 2, START + 30 * HOUR)] });
  expect((await world.go(3 * HOUR)).state).toBe('failed');
  expect(await world.step('cut')).toMatchObject({ verdict: 'rolled_back' });
  expect(await inFreeze({ steps: [drained, rest], finally: [enable] })).toMatchObject({ undoneBy: 'finally/enable' });
  const handled = step('handled', broken.body, { onFailure: { steps: [enable], next: 'stop' } });
  expect(await inFreeze({ steps: [drained, rest, handled] })).toMatchObject({ undoneBy: 'handled/on-failure-1/enable' });
});

test('a held undo is given up by a cancel; with rollback the same steps take it back', async () => {
  const cancelled = async (rollback: boolean) => {
    const world = await makeRunWorld({ steps: [drained, pause('rest', '1h'), enable] });
    world.stop({ freezes: [freeze(START + HOUR / 2, START + 30 * HOUR)] });
    expect((await world.go(2 * HOUR)).state).toBe('waiting');
    await world.say({ kind: 'cancel', ...(rollback ? { rollback } : {}) });
    expect((await world.go(HOUR)).state).toBe('cancelled');
    return world;
  };
  const left = await cancelled(false);
  expect(await left.step('enable')).toMatchObject({ state: 'cancelled' });
  expect(await left.step(fill)).toMatchObject({ state: 'cancelled' });
  const undone = await cancelled(true);
  expect(await undone.step('drain')).toMatchObject({ undoneBy: 'run' });
  expect(undone.calls.filter((call) => call === `${fill}:submit`)).toHaveLength(1);
});

test('a held undo beside a branch that failed is left out', async () => {
  const bad = step('bad', { kind: 'steps', steps: [pause('rest', '2h'), leaf('broken', 'read')], finally: [] });
  const all = step('all', { kind: 'parallel', steps: [enable, bad], maxParallel: 2 });
  const world = await makeRunWorld(
    { steps: [drained, pause('first', '1h'), all] },
    { read: async () => ({ kind: 'failed', failure: { kind: 'target', message: 'no' } }) },
  );
  world.stop({ freezes: [freeze(START + HOUR / 2, START + 30 * HOUR)] });
  expect((await world.go(5 * HOUR)).state).toBe('failed');
  expect(await world.step('all/enable')).toMatchObject({ state: 'skipped', reason: 'an earlier step failed' });
});
