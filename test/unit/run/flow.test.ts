import { expect, test } from 'vitest';
import { leaf, makeRunWorld, step } from '../../support/run-world.ts';

test('steps run in written order and the run succeeds when all did', async () => {
  const world = await makeRunWorld({ steps: [leaf('one', 'read'), leaf('two', 'guarded'), leaf('three', 'read')] });
  expect((await world.go()).state).toBe('succeeded');
  expect(world.calls).toEqual(['one:read', 'two:precheck', 'two:submit', 'two:poll', 'two:verify', 'three:read']);
});

test('a failed step skips the rest, finally runs all the same, and the run says which step failed', async () => {
  const world = await makeRunWorld(
    { steps: [leaf('one', 'read'), leaf('two', 'read')], finally: [leaf('tidy', 'guarded')] },
    { read: async () => ({ kind: 'failed', failure: { kind: 'target', message: 'it is broken' } }) },
  );
  const run = await world.go();
  expect(run).toMatchObject({ state: 'failed', reason: 'step one: it is broken' });
  expect(await world.steps()).toEqual({ one: 'failed', two: 'skipped', 'finally/tidy': 'succeeded' });
});

test('on_failure: continue makes the run partially failed and goes on', async () => {
  const world = await makeRunWorld(
    { steps: [leaf('one', 'read', { onFailure: 'continue' }), leaf('two', 'guarded')] },
    { read: async () => ({ kind: 'failed', failure: { kind: 'target', message: 'no' } }) },
  );
  expect((await world.go()).state).toBe('partially_failed');
  expect(await world.steps()).toEqual({ one: 'failed', two: 'succeeded' });
});

test('a false if skips, an if that fails is a failure of kind expression and never false', async () => {
  const world = await makeRunWorld({
    steps: [leaf('one', 'read', { if: 'false' }), leaf('two', 'read', { if: 'steps.one.outputs.nothing' })],
  });
  expect((await world.go()).state).toBe('failed');
  expect(await world.steps()).toEqual({ one: 'skipped', two: 'failed' });
  expect((await world.step('two')).error?.kind).toBe('expression');
  expect(world.calls).toEqual([]);
});

test('a step that was skipped is seen as skipped by the very next one', async () => {
  const steps = [leaf('one', 'read', { if: 'false' }), leaf('two', 'read', { if: 'steps.one.status == "skipped"' })];
  const world = await makeRunWorld({ steps });
  expect((await world.go()).state).toBe('succeeded');
  expect(await world.steps()).toEqual({ one: 'skipped', two: 'succeeded' });
});

test('until looks again every few seconds until its condition holds, then reads the outputs', async () => {
  let looks = 0;
  const until = { condition: 'result.count >= 3', everyMs: 10_000, timeoutMs: 60_000 };
  const world = await makeRunWorld(
    { steps: [leaf('one', 'read', { until, outputs: { seen: 'result.count' } })], outputs: { seen: 'steps.one.outputs.seen' } },
    { read: async () => ({ kind: 'succeeded', result: { count: (looks += 1) } }) },
  );
  const run = await world.go();
  expect(run).toMatchObject({ state: 'succeeded', outputs: { seen: 3 } });
  expect(await world.step('one')).toMatchObject({ attempt: 3, outputs: { seen: 3 } });
});

test('until that is never reached ends as timed out, and a failing attempt is only "not yet"', async () => {
  const until = { condition: 'result.ok', everyMs: 10_000, timeoutMs: 35_000 };
  const world = await makeRunWorld(
    { steps: [leaf('one', 'read', { until })] },
    { read: async () => ({ kind: 'failed', failure: { kind: 'target', message: 'refused' }, result: { ok: false } }) },
  );
  expect((await world.go()).state).toBe('failed');
  expect(await world.step('one')).toMatchObject({ verdict: 'timed_out', attempt: 4 });
});

test('retry opens further attempts after definite failures, with jittered delays', async () => {
  let tries = 0;
  const retry = { attempts: 3, delayMs: 10_000, backoff: 2, maxDelayMs: 300_000 };
  const world = await makeRunWorld(
    { steps: [leaf('one', 'guarded', { retry })] },
    {
      poll: async () =>
        (tries += 1) < 3 ? { kind: 'failed', failure: { kind: 'target', message: 'ended badly' } } : { kind: 'ended_well' },
    },
  );
  expect((await world.go()).state).toBe('succeeded');
  expect(await world.step('one')).toMatchObject({ attempt: 3, state: 'succeeded' });
  expect(world.calls.filter((call) => call === 'one:submit')).toHaveLength(3);
});

test('parallel branches start together; a failed one lets its siblings finish and starts nothing new', async () => {
  const steps = [
    step('all', {
      kind: 'parallel',
      maxParallel: 10,
      steps: [leaf('bad', 'read'), step('good', { kind: 'steps', steps: [leaf('a', 'guarded'), leaf('b', 'guarded')], finally: [] })],
    }),
    leaf('after', 'read'),
  ];
  const world = await makeRunWorld(
    { steps },
    { read: async () => ({ kind: 'failed', failure: { kind: 'target', message: 'no' } }), poll: pollTwice() },
  );
  expect((await world.go()).state).toBe('failed');
  expect(await world.steps()).toMatchObject({
    'all/bad': 'failed',
    'all/good/a': 'succeeded',
    'all/good/b': 'skipped',
    after: 'skipped',
    all: 'failed',
  });
});

test('needs lets a branch wait for its sibling and skips it when the sibling failed', async () => {
  const steps = [
    step('all', { kind: 'parallel', maxParallel: 10, steps: [leaf('first', 'guarded'), leaf('second', 'read', { needs: ['first'] })] }),
  ];
  const world = await makeRunWorld({ steps });
  expect((await world.go()).state).toBe('succeeded');
  expect(world.calls.indexOf('all/second:read')).toBeGreaterThan(world.calls.indexOf('all/first:verify'));
});

test('for_each cuts its list into waves and stops opening items when more failed than is tolerated', async () => {
  const rollout = { waves: [{ count: 1 }, { percent: 50 }], maxParallel: 2, maxFailures: { count: 0 } };
  const each = leaf('each', 'read', { forEach: '${{ ["a", "b", "c", "d", "e"] }}', rollout });
  const world = await makeRunWorld(
    { steps: [each] },
    {
      read: async (_ports, context) =>
        context.stepPath === 'each[b]'
          ? { kind: 'failed', failure: { kind: 'target', message: 'b is broken' } }
          : { kind: 'succeeded', result: {} },
    },
  );
  expect((await world.go()).state).toBe('failed');
  expect(await world.steps()).toEqual({
    each: 'failed',
    'each[a]': 'succeeded',
    'each[b]': 'failed',
    'each[c]': 'succeeded',
    'each[d]': 'skipped',
    'each[e]': 'skipped',
  });
  expect((await world.step('each')).error?.message).toBe('1 of 5 failed: b: b is broken');
});

test('tolerated failures of a fan-out make it partially failed', async () => {
  const rollout = { waves: [], maxParallel: 5, maxFailures: { count: 1 } };
  const each = leaf('each', 'read', { forEach: '${{ ["a", "b", "c"] }}', rollout });
  const world = await makeRunWorld(
    { steps: [each] },
    {
      read: async (_ports, context) =>
        context.stepPath === 'each[b]' ? { kind: 'failed', failure: { kind: 'target', message: 'no' } } : { kind: 'succeeded', result: {} },
    },
  );
  expect((await world.go()).state).toBe('partially_failed');
});

test('assert evaluates all its checks and shows every message', async () => {
  const checks = [
    { that: '1 == 2', message: 'one is not two' },
    { that: 'true', message: 'never shown' },
    { that: 'size("x") > 3', message: 'too short' },
  ];
  const world = await makeRunWorld({ steps: [step('check', { kind: 'assert', checks })] });
  expect((await world.go()).state).toBe('failed');
  expect((await world.step('check')).error).toEqual({ kind: 'assertion', message: 'one is not two; too short' });
});

test('an assert with an expression that has no value says which, and still shows what does not hold', async () => {
  const checks = [
    { that: 'steps.look.error.message == ""', message: 'never shown' },
    { that: 'run.rto.elapsed > duration("1m")', message: 'never shown' },
    { that: '1 == 2', message: 'one is not two' },
  ];
  const world = await makeRunWorld({ steps: [leaf('look', 'read'), step('check', { kind: 'assert', checks })] });
  expect((await world.go()).state).toBe('failed');
  const { kind, message } = (await world.step('check')).error ?? { kind: 'none', message: '' };
  expect(kind).toBe('expression');
  expect(message).toContain('in steps.look.error.message == ""; ');
  expect(message).toContain('> duration in run.rto.elapsed > duration("1m"); one is not two');
});

test('wait passes its time and the run says that it waits for a timer', async () => {
  const world = await makeRunWorld({ steps: [step('pause', { kind: 'wait', wait: { duration: '10m' } }), leaf('after', 'read')] });
  expect((await world.go(60_000)).state).toBe('waiting');
  const run = await world.go();
  expect(run.state).toBe('succeeded');
  expect((run.endedAtMs ?? 0) - (run.startedAtMs ?? 0)).toBeGreaterThanOrEqual(600_000);
});

test('the run ends as timed out when its time is over, and finally has its own budget', async () => {
  const world = await makeRunWorld({
    timeoutMs: 60_000,
    steps: [step('pause', { kind: 'wait', wait: { duration: '10m' } })],
    finally: [leaf('tidy', 'guarded')],
  });
  expect(await world.go()).toMatchObject({ state: 'timed_out' });
  expect(await world.steps()).toEqual({ pause: 'cancelled', 'finally/tidy': 'succeeded' });
});

test('a failed readiness check ends the run before anything is changed, and finally does not run', async () => {
  const world = await makeRunWorld(
    { readiness: { checks: [leaf('healthy', 'read')] }, steps: [leaf('change', 'guarded')], finally: [leaf('tidy', 'guarded')] },
    { read: async () => ({ kind: 'failed', failure: { kind: 'target', message: 'not healthy' } }) },
  );
  expect(await world.go()).toMatchObject({ state: 'failed', reason: 'readiness check healthy: not healthy (RW519)' });
  expect(await world.steps()).toEqual({ 'readiness/healthy': 'failed' });
});

test('a failed finally turns success into partial failure, and keeps every other outcome with the reason cleanup_failed', async () => {
  const bad = { poll: async () => ({ kind: 'failed', failure: { kind: 'target', message: 'no' } }) as const };
  const good = await makeRunWorld({ steps: [leaf('one', 'read')], finally: [leaf('tidy', 'guarded')] }, bad);
  expect((await good.go()).state).toBe('partially_failed');
  const failed = await makeRunWorld({ steps: [leaf('one', 'guarded')], finally: [leaf('tidy', 'guarded')] }, bad);
  expect(await failed.go()).toMatchObject({ state: 'failed', reason: 'cleanup_failed' });
});

function pollTwice() {
  const polls = new Map<string, number>();
  return async (_ports: unknown, context: { readonly stepPath: string }) => {
    const count = (polls.get(context.stepPath) ?? 0) + 1;
    polls.set(context.stepPath, count);
    return count < 2 ? ({ kind: 'running', retryAfterMs: 5_000 } as const) : ({ kind: 'ended_well' } as const);
  };
}
