import { expect, test } from 'vitest';
import { planDifferences } from '../../../engine/plan/differences.ts';
import type { Step } from '../../../engine/language/runbook.ts';
import { INTENT_LEASE_MS } from '../../../engine/limits.ts';
import { advance } from '../../../engine/run/advance.ts';
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

/** A person cancels while the read `look` answers; its answer comes ten minutes later, whatever its signal says. */
async function cancelledWhileReading(
  definition: Parameters<typeof makeRunWorld>[0],
  cancel: { readonly rollback?: boolean } = {},
  slow = 'look',
): Promise<RunWorld> {
  const late: string[] = [];
  let told = '';
  const run: RunWorld = await makeRunWorld(definition, {
    read: async ({ clock }, { stepPath, signal }) => {
      if (stepPath !== slow) return { kind: 'succeeded', result: { ok: true } };
      await run.say({ kind: 'cancel', reason: 'wrong estate', ...cancel });
      signal.addEventListener('abort', () => (told = run.calls.at(-1) ?? ''), { once: true });
      await clock.sleep(HOUR_MS / 6);
      late.push(`${stepPath} answered`);
      return { kind: 'succeeded', result: { ok: true } };
    },
  });
  await run.go();
  const endedAtMs = run.time.clock.monotonicMs();
  await run.time.run(endedAtMs + HOUR_MS, () => late.length > 0);
  // It was told at once, and not only when the run was given back.
  expect(told).toMatch(/:read$/);
  expect(late).toEqual([`${slow} answered`]);
  expect(endedAtMs).toBeLessThan(HOUR_MS / 60);
  return run;
}

test('decided 1: cancel drops a read in the middle of its answer, cleans up at once, and the late answer changes nothing', async () => {
  const run = await cancelledWhileReading({ steps: [leaf('look', 'read'), leaf('change', 'named')], finally: [leaf('tidy', 'named')] });
  expect(await run.run()).toMatchObject({ state: 'cancelled', reason: 'cancelled by dana' });
  expect(await run.steps()).toEqual({ look: 'cancelled', change: 'cancelled', 'finally/tidy': 'succeeded' });
  expect((await run.step('look')).result).toBeUndefined();
});

test('decided 1: a read is dropped before the changes in front of it are undone, where the cancel asks for it', async () => {
  const steps = [undoable('one'), step('both', { kind: 'parallel', maxParallel: 2, steps: [leaf('look', 'read'), leaf('other', 'read')] })];
  const run = await cancelledWhileReading({ steps, finally: [leaf('tidy', 'named')] }, { rollback: true }, 'both/look');
  expect(await run.run()).toMatchObject({ state: 'cancelled', rollback: 'complete' });
  expect(sent(run)).toEqual(['one', 'one/roll-back/one_back', 'finally/tidy']);
});

test('decided 1: an answer that comes while its step is being cancelled finds a closed record', async () => {
  const answer = Promise.withResolvers<void>();
  const run: RunWorld = await makeRunWorld(
    { steps: [leaf('look', 'read')], finally: [leaf('tidy', 'named')] },
    {
      read: async () => {
        await run.say({ kind: 'cancel', reason: 'wrong estate' });
        await answer.promise;
        return { kind: 'succeeded', result: { ok: true } };
      },
    },
  );
  const { store } = run.ports;
  const transition: typeof store.transition = async (request) => {
    const stored = await store.transition(request);
    if (request.steps.some(({ record }) => record.path === 'look' && record.state === 'cancelled')) answer.resolve();
    // Long enough for the answer to stand in line behind this change.
    for (let turns = 0; turns < 100; turns += 1) await Promise.resolve();
    return stored;
  };
  const engine = { ...run.engine, ports: { ...run.ports, store: { ...store, transition } } };
  let visit: string | undefined;
  void advance(engine, run.runId, new AbortController().signal).then((how) => (visit = how));
  await run.time.run(HOUR_MS, () => visit !== undefined);
  expect(visit).toBe('ended');
  expect((await run.run()).state).toBe('cancelled');
  expect(await run.steps()).toEqual({ look: 'cancelled', 'finally/tidy': 'succeeded' });
});

test('decided 1: the time of a run that is over drops a read as a cancel does', async () => {
  const run = await makeRunWorld(
    { steps: [leaf('look', 'read')], finally: [leaf('tidy', 'named')], timeoutMs: 60_000 },
    { read: ({ clock }) => clock.sleep(HOUR_MS).then(() => ({ kind: 'succeeded', result: { ok: true } })) },
  );
  expect((await run.go(HOUR_MS / 10)).state).toBe('timed_out');
  expect(await run.steps()).toEqual({ look: 'cancelled', 'finally/tidy': 'succeeded' });
});

test('decided 1: a worker that takes over while a run is cancelled drops the read of the lost one, and finally runs', async () => {
  const never = () => new Promise<never>(() => undefined);
  const run = await makeRunWorld({ steps: [leaf('look', 'read')], finally: [leaf('tidy', 'named')] }, { read: never });
  const { clock } = run.time;
  const lost = { ...run.engine, worker: 'lost', ports: { ...run.ports, clock: { ...clock, sleep: never } } };
  void advance(lost, run.runId, new AbortController().signal);
  await run.time.run(HOUR_MS, () => run.calls.includes('look:read'));
  await run.say({ kind: 'cancel', reason: 'wrong estate' });
  run.time.at(2 * INTENT_LEASE_MS, () => undefined);
  await run.time.run(HOUR_MS, () => clock.monotonicMs() >= 2 * INTENT_LEASE_MS);
  expect(await run.go()).toMatchObject({ state: 'cancelled', worker: 'w1' });
  expect(await run.steps()).toEqual({ look: 'cancelled', 'finally/tidy': 'succeeded' });
  expect(run.calls.filter((call) => call === 'look:read')).toHaveLength(1);
});

test('decided 1: readiness checks, and reads that clean up, are waited for', async () => {
  const halfAMinute: NonNullable<Answers['read']> = async ({ clock }, { signal }) => {
    await clock.sleep(30_000, signal);
    return signal.aborted ? broken : { kind: 'succeeded', result: { ok: true } };
  };
  const early: RunWorld = await makeRunWorld(
    { readiness: { checks: [leaf('ready', 'read')] }, steps: [leaf('change', 'named')] },
    { read: async (...asked) => early.say({ kind: 'cancel' }).then(() => halfAMinute(...asked)) },
  );
  expect((await early.go()).state).toBe('cancelled');
  expect(await early.steps()).toEqual({ 'readiness/ready': 'succeeded' });

  const late: RunWorld = await makeRunWorld(
    { steps: [leaf('change', 'named')], finally: [leaf('seen', 'read'), leaf('tidy', 'named')] },
    { read: async (...asked) => late.say({ kind: 'cancel', force: true, reason: 'no time' }).then(() => halfAMinute(...asked)) },
  );
  expect(await late.go()).toMatchObject({ state: 'partially_failed', reason: 'cleanup_incomplete' });
  expect(await late.steps()).toEqual({ change: 'succeeded', 'finally/seen': 'succeeded', 'finally/tidy': 'cancelled' });
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
