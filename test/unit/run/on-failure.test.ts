import { expect, test } from 'vitest';
import type { OnFailure, Step } from '../../../engine/language/runbook.ts';
import { type Answers, leaf, makeRunWorld, type RunWorld, step } from '../../support/run-world.ts';

const LIST = '${{ ["a", "b", "c"] }}';
const block = (id: string, steps: readonly Step[], more: Partial<Step> = {}, last: readonly Step[] = []): Step =>
  step(id, { kind: 'steps', steps, finally: last }, more);
const handled = (next: Exclude<OnFailure, string>['next'], ...steps: readonly Step[]): OnFailure => ({ steps, next });
const BROKEN = { kind: 'failed', failure: { kind: 'target', message: 'it is broken' } } as const;

/** Reads whose path ends with one of these fail, as often as is said. */
function failing(times: Readonly<Record<string, number>>): Answers {
  const left = new Map(Object.entries(times));
  const answer = (path: string): boolean => {
    const id = [...left.keys()].find((key) => path.endsWith(key)) ?? '';
    left.set(id, (left.get(id) ?? 0) - 1);
    return (left.get(id) ?? 0) >= 0;
  };
  return {
    read: async (_, { stepPath }) => (answer(stepPath) ? BROKEN : { kind: 'succeeded', result: { ok: true } }),
    poll: async (_, { stepPath }) => (answer(stepPath) ? BROKEN : { kind: 'ended_well' }),
  };
}

const worked = (world: RunWorld): readonly string[] =>
  world.calls.filter((call) => /:(submit|read)$/.test(call)).map((call) => call.slice(0, call.lastIndexOf(':')));

test('a handler sees the error of its step, and recover makes the step recovered: the run succeeds', async () => {
  const note = step('note', { kind: 'assert', checks: [{ that: 'steps.check.error.message == "it is broken"', message: 'no error' }] });
  const world = await makeRunWorld(
    { steps: [leaf('check', 'read', { onFailure: handled('recover', note) }), leaf('after', 'named')] },
    failing({ check: 1 }),
  );
  expect((await world.go()).state).toBe('succeeded');
  expect(await world.step('check')).toMatchObject({ state: 'failed', verdict: 'recovered' });
  expect((await world.step('check/on-failure-1/note')).state).toBe('succeeded');
  expect(worked(world)).toEqual(['check', 'after']);
});

test('then: retry runs the handler before each further try, within retry.attempts', async () => {
  const rejoin = leaf('rejoin', 'guarded', {
    onFailure: handled('retry', leaf('rewind', 'named')),
    retry: { attempts: 2, delayMs: 1_000, backoff: 1, maxDelayMs: 1_000 },
  });
  const good = await makeRunWorld({ steps: [rejoin] }, failing({ rejoin: 2 }));
  expect((await good.go()).state).toBe('succeeded');
  expect(worked(good)).toEqual(['rejoin', 'rejoin/on-failure-1/rewind', 'rejoin', 'rejoin/on-failure-2/rewind', 'rejoin']);
  expect((await good.step('rejoin')).attempt).toBe(3);
  const bad = await makeRunWorld({ steps: [rejoin] }, failing({ rejoin: 9 }));
  expect((await bad.go()).state).toBe('failed');
  expect(worked(bad).filter((path) => path === 'rejoin')).toHaveLength(3);
});

test('a handler that fails is stop, whatever stands in then', async () => {
  const world = await makeRunWorld(
    { steps: [leaf('check', 'read', { onFailure: handled('recover', leaf('mend', 'read')) }), leaf('after', 'named')] },
    failing({ check: 1, mend: 1 }),
  );
  expect(await world.go()).toMatchObject({ state: 'failed', reason: 'step check: it is broken' });
  expect(worked(world)).not.toContain('after');
});

test('on a fan-out handlers act per item, and the item sees its own error', async () => {
  const note = step('note', { kind: 'assert', checks: [{ that: 'steps.each.status == "failed"', message: 'not its own' }] });
  const world = await makeRunWorld(
    { steps: [leaf('each', 'read', { forEach: LIST, onFailure: handled('recover', note) })] },
    failing({ '[b]': 1 }),
  );
  expect((await world.go()).state).toBe('succeeded');
  expect(await world.step('each[b]')).toMatchObject({ verdict: 'recovered' });
});

test('pause asks a person: nothing new starts; the answers are again, succeeded, rollback and failed', async () => {
  const steps = [
    leaf('one', 'named', { rollback: [leaf('one_back', 'named')] }),
    leaf('check', 'read', { onFailure: 'pause' }),
    leaf('after', 'named'),
  ];
  const at = async (as: 'again' | 'succeeded' | 'rollback' | 'failed') => {
    const world = await makeRunWorld({ steps }, failing({ check: 1 }));
    expect(await world.go(3_600_000)).toMatchObject({ state: 'paused', pause: { cause: 'failure' } });
    expect(worked(world)).toEqual(['one', 'check']);
    await world.say({ kind: 'resolve', step: 'check', as, reason: 'looked at it' });
    return { state: (await world.go()).state, worked: worked(world), check: await world.step('check') };
  };
  expect(await at('again')).toMatchObject({ state: 'succeeded', worked: ['one', 'check', 'check', 'after'] });
  const done = await at('succeeded');
  expect(done).toMatchObject({ state: 'succeeded', check: { verdict: 'recovered', resolution: { by: 'dana', reason: 'looked at it' } } });
  expect(await at('rollback')).toMatchObject({ state: 'failed', worked: ['one', 'check', 'one/roll-back/one_back'] });
  expect(await at('failed')).toMatchObject({ state: 'failed', worked: ['one', 'check'] });
});

test('a paused run still ends at its time', async () => {
  const world = await makeRunWorld({ steps: [leaf('check', 'read', { onFailure: 'pause' })], timeoutMs: 3_600_000 }, failing({ check: 1 }));
  expect((await world.go()).state).toBe('paused');
  world.time.at(3_600_000, () => undefined);
  await world.time.run(2 * 3_600_000, () => false);
  expect((await world.go()).state).toBe('timed_out');
});

test('on a fan-out pause asks once, when more have failed than is tolerated; again goes on with the failed items and the rest', async () => {
  const inner = [leaf('inner', 'read'), leaf('last', 'named')];
  const rollout = { waves: [], maxParallel: 1, maxFailures: { count: 0 } };
  const each = block('each', inner, { forEach: LIST, rollout, onFailure: 'pause' });
  const world = await makeRunWorld({ steps: [each, leaf('after', 'read')] }, failing({ 'each[b]/inner': 1 }));
  expect((await world.go(3_600_000)).state).toBe('paused');
  expect(await world.steps()).toMatchObject({ 'each[a]': 'succeeded', 'each[b]': 'failed' });
  expect((await world.steps())['each[c]']).toBeUndefined();
  const keys = [(await world.step('each[a]/inner')).key, (await world.step('each[b]/inner')).key];
  await world.say({ kind: 'resolve', step: 'each', as: 'again', reason: 'mended' });
  expect((await world.go()).state).toBe('succeeded');
  expect(worked(world)).toEqual([
    ...(['each[a]/inner', 'each[a]/last', 'each[b]/inner', 'each[b]/inner', 'each[b]/last'] as const),
    ...(['each[c]/inner', 'each[c]/last', 'after'] as const),
  ]);
  expect([(await world.step('each[a]/inner')).key, (await world.step('each[b]/inner')).key]).toEqual(keys);
});

test('rollback on a block fan-out undoes the one item, which counts as failed; on_exceeded: rollback undoes every touched item', async () => {
  const inner = [leaf('drain', 'named', { rollback: [leaf('back', 'named')] }), leaf('check', 'read')];
  const rollout = { waves: [], maxParallel: 1, maxFailures: { count: 1 } };
  const one = await makeRunWorld(
    { steps: [block('each', inner, { forEach: LIST, rollout, onFailure: 'rollback' })] },
    failing({ 'each[b]/check': 1 }),
  );
  expect((await one.go()).state).toBe('partially_failed');
  expect(await one.step('each[b]')).toMatchObject({ verdict: 'rolled_back' });
  expect(worked(one).filter((path) => path.endsWith('back'))).toEqual(['each[b]/drain/roll-back/back']);
  const strict = { ...rollout, maxFailures: { count: 0 }, onExceeded: 'rollback' as const };
  const all = await makeRunWorld({ steps: [block('each', inner, { forEach: LIST, rollout: strict })] }, failing({ 'each[b]/check': 1 }));
  expect((await all.go()).state).toBe('failed');
  expect(await all.step('each')).toMatchObject({ verdict: 'rolled_back' });
  expect(worked(all).filter((path) => path.endsWith('back'))).toEqual(['each[b]/drain/roll-back/back', 'each[a]/drain/roll-back/back']);
  expect((await all.step('each[c]')).state).toBe('skipped');
});

test('a block is tried again after its work was undone, under new step keys; its finally runs once, at its end', async () => {
  const inner = [leaf('one', 'named', { rollback: [leaf('one_back', 'named')] }), leaf('check', 'read')];
  const retry = { attempts: 2, delayMs: 60_000, backoff: 1, maxDelayMs: 60_000 };
  const world = await makeRunWorld({ steps: [block('cut', inner, { retry }, [leaf('tidy', 'named')])] }, failing({ check: 1 }));
  expect((await world.go()).state).toBe('succeeded');
  expect(worked(world)).toEqual(['cut/one', 'cut/check', 'cut/one/roll-back/one_back', 'cut#2/one', 'cut#2/check', 'cut#2/tidy']);
  expect((await world.step('cut#2/one')).key).not.toBe((await world.step('cut/one')).key);
});

test('the finally of a block runs per item after its rollback, whether it failed or not, and not when nothing inside has started', async () => {
  const inner = [leaf('drain', 'named', { rollback: [leaf('back', 'named')] }), leaf('check', 'read')];
  const rollout = { waves: [], maxParallel: 1, maxFailures: { count: 3 } };
  const each = block('each', inner, { forEach: '${{ ["a", "b"] }}', rollout, onFailure: 'rollback' }, [leaf('tidy', 'named')]);
  const world = await makeRunWorld({ steps: [each] }, failing({ 'each[a]/check': 1 }));
  await world.go();
  expect(worked(world)).toEqual([
    ...(['each[a]/drain', 'each[a]/check', 'each[a]/drain/roll-back/back', 'each[a]/tidy'] as const),
    ...(['each[b]/drain', 'each[b]/check', 'each[b]/tidy'] as const),
  ]);
  const idle = await makeRunWorld({ steps: [block('cut', [leaf('one', 'named', { if: 'false' })], {}, [leaf('tidy', 'named')])] });
  expect((await idle.go()).state).toBe('succeeded');
  expect((await idle.step('cut/tidy')).state).toBe('skipped');
});

test('a block that does not end in its time is timed out, and its on_failure is carried out', async () => {
  const wait = step('long', { kind: 'wait', wait: { duration: '2h' } });
  const inner = [leaf('one', 'named', { rollback: [leaf('one_back', 'named')] }), wait];
  const world = await makeRunWorld({ steps: [block('cut', inner, { timeoutMs: 600_000, onFailure: 'rollback' })] });
  expect((await world.go()).state).toBe('failed');
  expect(await world.step('cut')).toMatchObject({ verdict: 'rolled_back', error: { kind: 'timed_out' } });
  expect(worked(world)).toContain('cut/one/roll-back/one_back');
});

test('a rollout that is cut off by the time of its block has not failed and is no partial success: the block is timed out', async () => {
  const rollout = { waves: [{ count: 1 }], maxFailures: { count: 2 }, onExceeded: 'stop', afterWave: [] } as const;
  const each = step('each', { kind: 'wait', wait: { duration: '8m' } }, { forEach: '${{ ["a", "b", "c"] }}', rollout });
  const world = await makeRunWorld({ steps: [block('cut', [each], { timeoutMs: 600_000 }), leaf('after', 'named')] });
  expect((await world.go()).state).toBe('failed');
  expect(await world.steps()).toMatchObject({
    'cut/each[a]': 'succeeded',
    'cut/each[b]': 'cancelled',
    'cut/each': 'cancelled',
    after: 'skipped',
  });
  expect(await world.step('cut')).toMatchObject({ verdict: 'timed_out', error: { kind: 'timed_out' } });
});

test('needs on a sibling that failed with continue is satisfied, and the level ends partially failed', async () => {
  const steps = [leaf('first', 'read', { onFailure: 'continue' }), leaf('second', 'named', { needs: ['first'] })];
  const world = await makeRunWorld({ steps: [step('all', { kind: 'parallel', maxParallel: 10, steps })] }, failing({ first: 1 }));
  expect((await world.go()).state).toBe('partially_failed');
  expect(await world.steps()).toMatchObject({ 'all/second': 'succeeded' });
  expect(await world.step('all')).toMatchObject({ verdict: 'partially_failed' });
});

test('a denied approval ends the run as rejected, whatever the block around it says of failures', async () => {
  const gate = step('gate', {
    kind: 'approval',
    by: ['group:approvers'],
    need: 1,
    needFrom: [],
    self: false,
    timeoutMs: 3_600_000,
    onTimeout: 'stop',
    message: 'go?',
    form: {},
  });
  const world = await makeRunWorld({
    steps: [
      leaf('one', 'named', { rollback: [leaf('one_back', 'named')] }),
      block('cut', [gate], { onFailure: 'continue' }),
      leaf('after', 'named'),
    ],
    onFailure: 'rollback',
  });
  await world.go();
  await world.say({ kind: 'deny', step: 'cut/gate', reason: 'no' });
  expect(await world.go()).toMatchObject({ state: 'rejected', rollback: 'complete' });
  expect(worked(world)).toEqual(['one', 'one/roll-back/one_back']);
});

test('cancel rolls back only when it is asked to, and rollback and finally share one budget', async () => {
  const steps = [leaf('one', 'named', { rollback: [leaf('one_back', 'named')] }), step('bake', { kind: 'wait', wait: { duration: '1h' } })];
  const run = async (rollback: boolean, answers: Answers = {}) => {
    const world = await makeRunWorld({ steps, finally: [leaf('tidy', 'named')], finallyTimeoutMs: 600_000 }, answers);
    await world.go(120_000);
    await world.say({ kind: 'cancel', ...(rollback ? { rollback } : {}) });
    return { run: await world.go(), worked: worked(world) };
  };
  expect((await run(false)).worked).toEqual(['one', 'finally/tidy']);
  const back = await run(true);
  expect(back).toMatchObject({
    run: { state: 'cancelled', rollback: 'complete' },
    worked: ['one', 'one/roll-back/one_back', 'finally/tidy'],
  });
  const slow = await run(true, {
    submit: async (_, { stepPath }) =>
      stepPath.endsWith('_back')
        ? { kind: 'throttled', message: 'busy', retryAfterMs: 60_000 }
        : { kind: 'accepted', handle: { jobId: 'job' } },
  });
  expect(slow).toMatchObject({ run: { state: 'cancelled', rollback: 'failed', reason: 'cleanup_failed' } });
  expect(slow.worked).not.toContain('finally/tidy');
});
