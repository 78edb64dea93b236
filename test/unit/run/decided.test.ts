import { expect, test } from 'vitest';
import type { Step } from '../../../engine/language/runbook.ts';
import { type Answers, leaf, makeRunWorld, type RunWorld, step } from '../../support/run-world.ts';

const broken = { kind: 'failed', failure: { kind: 'target', message: 'it is broken' } } as const;
const wait = (id: string, duration: string): Step => step(id, { kind: 'wait', wait: { duration } });
const undoable = (id: string): Step => leaf(id, 'named', { rollback: [leaf(`${id}_back`, 'named')] });
const sent = (world: RunWorld): readonly string[] =>
  world.calls.filter((call) => call.endsWith(':submit')).map((call) => call.slice(0, -':submit'.length));

/** Reads of these steps fail; accepted work of the slow ones is under way for the given time. */
function world(failing: readonly string[], slow: Readonly<Record<string, number>> = {}): Answers {
  const ends = (path: string, id: string): boolean => path === id || path.endsWith(`/${id}`);
  const since = new Map<string, number>();
  return {
    read: async (_, { stepPath }) => (failing.some((id) => ends(stepPath, id)) ? broken : { kind: 'succeeded', result: { ok: true } }),
    poll: async ({ clock }, { stepPath }) => {
      const [, forMs = 0] = Object.entries(slow).find(([id]) => ends(stepPath, id)) ?? [];
      const fromMs = since.get(stepPath) ?? clock.nowMs();
      since.set(stepPath, fromMs);
      return clock.nowMs() - fromMs < forMs ? { kind: 'running', retryAfterMs: 60_000 } : { kind: 'ended_well' };
    },
  };
}

const HOUR_MS = 3_600_000;

test('finally that is not done in its time: what was sent is followed to its end, the rest is left, and success becomes partial', async () => {
  const last = [leaf('tidy', 'named'), leaf('after', 'named')];
  const run = await makeRunWorld({ steps: [leaf('one', 'named')], finally: last, finallyTimeoutMs: 300_000 }, world([], { tidy: 500_000 }));
  expect(await run.go()).toMatchObject({ state: 'partially_failed', reason: 'a step of finally failed' });
  expect(sent(run)).toEqual(['one', 'finally/tidy']);
  expect((await run.steps())['finally/tidy']).toBe('succeeded');
  expect((await run.steps())['finally/after']).toBe('cancelled');
});

test('a rollback that is not done in its time is followed to its end, undoes nothing more, and leaves no time for finally', async () => {
  const steps = [undoable('one'), undoable('two'), leaf('check', 'read', { onFailure: 'rollback_run' })];
  const run = await makeRunWorld(
    { steps, finally: [leaf('tidy', 'named')], onFailure: 'rollback', finallyTimeoutMs: 300_000 },
    world(['check'], { two_back: 500_000 }),
  );
  expect(await run.go()).toMatchObject({ state: 'failed', rollback: 'failed' });
  expect(sent(run)).toEqual(['one', 'two', 'two/roll-back/two_back']);
  expect(await run.step('two')).toMatchObject({ undoneBy: 'run' });
  expect((await run.step('one')).undoneBy).toBeUndefined();
});

test('the time of a run that is over while its rollback goes on changes nothing: the rollback has a time of its own', async () => {
  const steps = [undoable('one'), leaf('check', 'read', { onFailure: 'rollback_run' })];
  const run = await makeRunWorld(
    { steps, onFailure: 'rollback', timeoutMs: 300_000, finallyTimeoutMs: HOUR_MS },
    world(['check'], { one_back: 500_000 }),
  );
  expect(await run.go()).toMatchObject({ state: 'failed', rollback: 'complete' });
});

test('more failures than a rollout tolerates with on_exceeded: pause: a person is asked once, and what is under way ends', async () => {
  const each = leaf('each', 'read', {
    forEach: '${{ ["a", "b", "c"] }}',
    onFailure: 'stop',
    rollout: { waves: [{ count: 1 }], maxFailures: { count: 0 }, onExceeded: 'pause', afterWave: [] },
  });
  const run = await makeRunWorld({ steps: [each, leaf('after', 'read')] }, world(['each[a]']));
  expect(await run.go()).toMatchObject({ state: 'paused', pause: { cause: 'failure' } });
  expect(Object.keys(await run.steps())).toEqual(['each', 'each[a]']);
  await run.say({ kind: 'resolve', step: 'each', as: 'succeeded', reason: 'a is retired' });
  expect((await run.go()).state).toBe('succeeded');
  expect((await run.step('each')).verdict).toBe('recovered');
});

test('a skipped step does not skip what comes later', async () => {
  const run = await makeRunWorld({ steps: [leaf('look', 'read', { if: 'false' }), leaf('change', 'named')] });
  expect((await run.go()).state).toBe('succeeded');
  expect(sent(run)).toEqual(['change']);
});

test('the active time leaves out only what every open branch waited for a person', async () => {
  const gate = step('gate', { ...GATE });
  const objectives = { clock: { start: 'first', stop: 'last', count: 'active' } } as const;
  const steps = (branch: readonly Step[]): readonly Step[] => [
    leaf('first', 'read'),
    step('both', { kind: 'parallel', maxParallel: 10, steps: [gate, ...branch] }),
    leaf('last', 'read'),
  ];
  const waited = async (branch: readonly Step[]) => {
    const run = await makeRunWorld({ steps: steps(branch), objectives });
    await run.go(60_000);
    run.time.at(HOUR_MS, () => void run.say({ kind: 'approve', step: 'both/gate' }));
    await run.time.run(2 * HOUR_MS, () => run.time.clock.monotonicMs() >= HOUR_MS);
    await run.go();
    return (await run.run()).clock.waitedMs;
  };
  expect(await waited([])).toBeGreaterThan(HOUR_MS - 120_000);
  expect(await waited([wait('rest', '3h')])).toBeLessThan(120_000);
});

const GATE = {
  kind: 'approval',
  by: ['group:approvers'],
  need: 1,
  needFrom: [],
  self: false,
  timeoutMs: 4 * HOUR_MS,
  onTimeout: 'stop',
  message: 'Go on?',
  form: {},
} as const;

test('a run whose actions a worker does not have, or knows as another class, stays untouched for one that does', async () => {
  for (const actions of [{ 'test.read@2': 'read' }, { 'test.read@1': 'blind' }] as const) {
    const run = await makeRunWorld({ steps: [leaf('look', 'read')] }, {}, { actions });
    expect(await run.go()).toMatchObject({ state: 'queued', strikes: 0, epoch: '0' });
    expect(run.calls).toEqual([]);
  }
});
