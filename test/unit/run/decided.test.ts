import { expect, test } from 'vitest';
import { planDifferences } from '../../../engine/plan/differences.ts';
import type { Step } from '../../../engine/language/runbook.ts';
import { type Answers, leaf, makeRunWorld, type RunWorld, step } from '../../support/run-world.ts';
import { testTarget } from '../../support/targets.ts';

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

test('decided 1: cancel drops a read: what it was to wait for is not looked at again', async () => {
  const look = leaf('look', 'read', { until: { condition: 'false', everyMs: 60_000, timeoutMs: HOUR_MS } });
  const run: RunWorld = await makeRunWorld(
    { steps: [look, leaf('change', 'named')] },
    {
      read: async () => {
        await run.say({ kind: 'cancel', reason: 'wrong estate' });
        return { kind: 'succeeded', result: { ok: true } };
      },
    },
  );
  expect((await run.go()).state).toBe('cancelled');
  expect(await run.steps()).toEqual({ look: 'cancelled', change: 'cancelled' });
  expect(run.calls).toEqual(['look:read']);
});

/** Work that goes on until it is asked to stop; the first look at it is when a person cancels. */
async function stoppable(steps: readonly Step[], cancel: { readonly rollback?: boolean } = {}, stops: 'with' | 'without' = 'with') {
  let asked = false;
  const run: RunWorld = await makeRunWorld(
    { steps },
    {
      poll: async (_, { stopAsked }) => {
        if (stopAsked === true) return { kind: 'failed', failure: { kind: 'script', message: 'stopped' } };
        if (!asked) await run.say({ kind: 'cancel', reason: 'wrong estate', ...cancel });
        else if (stops === 'without') return { kind: 'ended_well' };
        asked = true;
        return { kind: 'running', retryAfterMs: HOUR_MS / 10 };
      },
      ...(stops === 'with' ? { stop: async () => undefined } : {}),
    },
  );
  await run.go();
  return run;
}

test('decided 1: cancel stops work that can be stopped, once, and does not try it again', async () => {
  const retry = { attempts: 3, delayMs: 1000, backoff: 1, maxDelayMs: 1000 };
  const run = await stoppable([leaf('change', 'named', { retry }), leaf('after', 'named')]);
  expect((await run.run()).state).toBe('cancelled');
  expect(await run.steps()).toEqual({ change: 'failed', after: 'cancelled' });
  expect(run.calls.filter((call) => call.endsWith(':stop') || call.endsWith(':submit'))).toEqual(['change:submit', 'change:stop']);
});

test('decided 1: work that was stopped is undone where the cancel asks for it', async () => {
  const run = await stoppable([leaf('change', 'named', { rollback: [leaf('back', 'read')] })], { rollback: true });
  expect((await run.run()).state).toBe('cancelled');
  expect(run.calls.at(-1)).toContain('back:read');
});

test('decided 1: a change that nothing can stop is followed to its end', async () => {
  const run = await stoppable([leaf('change', 'named')], {}, 'without');
  expect(await run.steps()).toEqual({ change: 'succeeded' });
});

test('decided 4: what did not succeed has outputs null and is present in the results', async () => {
  const each = leaf('each', 'read', {
    forEach: '${{ ["a", "b"] }}',
    onFailure: 'continue',
    rollout: { waves: [], maxFailures: { percent: 100 } },
  });
  const seen = { one: 'steps.one.outputs', each: 'steps.each.by_key["a"].outputs', keys: 'steps.each.results.map(r, r.key)' };
  const run = await makeRunWorld(
    { steps: [leaf('one', 'read', { onFailure: 'continue' }), each], outputs: { ...seen, produced: 'steps.one.produced' } },
    world(['one', 'each[a]']),
  );
  expect((await run.go()).outputs).toEqual({ one: null, each: null, keys: ['a', 'b'], produced: [] });
});

test('decided 6: a retry sends again what a rollback has undone, makes the readiness checks again and cleans up again', async () => {
  const definition = {
    readiness: { checks: [leaf('ready', 'read')] },
    steps: [undoable('one'), leaf('check', 'read', { onFailure: 'rollback_run' })],
    finally: [leaf('tidy', 'named')],
    onFailure: 'rollback',
  } as const;
  const old = await makeRunWorld(definition, world(['check']));
  expect(await old.go()).toMatchObject({ state: 'failed', rollback: 'complete' });
  const run = await makeRunWorld(definition, {}, {}, { ...old, retry: { mode: 'failed' } });
  expect((await run.go()).state).toBe('succeeded');
  expect(sent(run)).toEqual(['one', 'finally/tidy']);
  expect(run.calls).toContain('readiness/ready:read');
});

test('decided 13: a machine that joins after the plan is not touched, and is told as a difference when it is planned again', async () => {
  const web = (...names: readonly string[]) => ({
    web: { onEmpty: 'fail', onUnreachable: 'fail', targets: names.map((name) => testTarget(name)) } as const,
  });
  const change = leaf('change', 'named', { target: { kind: 'set', set: 'web' } });
  const run = await makeRunWorld({ steps: [change] }, {}, { sets: web('web-01', 'web-02') });
  expect((await run.go()).state).toBe('succeeded');
  expect(sent(run)).toEqual(['change[web-01]', 'change[web-02]']);
  expect(planDifferences(run.plan, { ...run.plan, sets: web('web-01', 'web-02', 'web-03') })).toEqual(['target set web: + web-03']);
});

test('decided 15: now() is computed once: a further attempt hours later does the same', async () => {
  const inputs: unknown[] = [];
  const look = step(
    'look',
    { kind: 'uses', action: 'test.read@1', with: { at: '${{ now() }}' } },
    { retry: { attempts: 2, delayMs: HOUR_MS, backoff: 1, maxDelayMs: HOUR_MS } },
  );
  const run = await makeRunWorld(
    { steps: [look] },
    { read: async (_, { input }) => (inputs.push(input) === 1 ? broken : { kind: 'succeeded', result: { ok: true } }) },
  );
  expect((await run.go()).state).toBe('succeeded');
  expect(inputs).toHaveLength(2);
  expect(inputs[1]).toEqual(inputs[0]);
});

test('decided 9: a change waits ten minutes for a target that another run changes, then its item fails; nothing was taken from the other', async () => {
  const sets = { web: { onEmpty: 'fail', onUnreachable: 'fail', targets: [testTarget('web-01')] } as const };
  const change = leaf('change', 'named', { target: { kind: 'set', set: 'web' } });
  const holder = await makeRunWorld({ steps: [change] }, { poll: async () => ({ kind: 'running', retryAfterMs: 30_000 }) }, { sets });
  await holder.go(60_000);
  const run = await makeRunWorld({ steps: [change] }, {}, { sets }, holder);
  expect((await run.go(HOUR_MS / 2)).state).toBe('failed');
  const { error, createdAtMs = 0, endedAtMs = 0 } = await run.step('change[web-01]');
  expect(error?.kind).toBe('locked');
  expect(endedAtMs - createdAtMs).toBeGreaterThanOrEqual(600_000);
  expect(run.calls.filter((call) => call.endsWith(':submit'))).toEqual([]);
  expect((await holder.steps())['change[web-01]']).toBe('submitted');
});
