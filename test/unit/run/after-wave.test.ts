import { expect, test } from 'vitest';
import type { Rollout, Step } from '../../../engine/language/runbook.ts';
import { summarize } from '../../../engine/run/summary.ts';
import { leaf, makeRunWorld, step } from '../../support/run-world.ts';

const LIST = '${{ ["a", "b", "c", "d"] }}';
const check = (that: string): Step => step('wave_ok', { kind: 'assert', checks: [{ that, message: 'not touching the rest' }] });

function each(rollout: Partial<Rollout>, more: Partial<Step> = {}): Step {
  const whole = { waves: [{ count: 2 }, { count: 1 }], maxParallel: 4, maxFailures: { count: 0 }, ...rollout };
  return leaf('each', 'read', { forEach: LIST, rollout: whole, ...more });
}

const failFirst = async (_: unknown, context: { readonly stepPath: string }) =>
  context.stepPath === 'each[a]'
    ? ({ kind: 'failed', failure: { kind: 'target', message: 'the disk is full' } } as const)
    : ({ kind: 'succeeded', result: {} } as const);

test('the steps run after every wave but the last and see the wave', async () => {
  const that = 'wave.total == 3 && wave.succeeded == wave.size && wave.failed == 0 && wave.targets[0] == (wave.number == 1 ? "a" : "c")';
  const world = await makeRunWorld({ steps: [each({ afterWave: [check(that), leaf('look', 'read')] })] });
  expect((await world.go()).state).toBe('succeeded');
  const calls = ['each[a]:read', 'each[b]:read', 'each/wave-1/look:read', 'each[c]:read', 'each/wave-2/look:read', 'each[d]:read'];
  expect(world.calls).toEqual(calls);
  expect(await world.steps()).toMatchObject({ 'each/wave-1/wave_ok': 'succeeded', 'each/wave-2/wave_ok': 'succeeded' });
});

test('a failed check after a wave stops the rest, and the step says which one did', async () => {
  const afterWave = [check('wave.failed == 0'), leaf('later', 'guarded')];
  const world = await makeRunWorld({ steps: [each({ maxFailures: { count: 4 }, afterWave })] }, { read: failFirst });
  expect(await world.go()).toMatchObject({ state: 'failed', reason: expect.stringContaining('not touching the rest') });
  expect(world.calls).toEqual(['each[a]:read', 'each[b]:read']);
  expect(await world.steps()).toEqual({
    each: 'failed',
    'each[a]': 'failed',
    'each[b]': 'succeeded',
    'each[c]': 'skipped',
    'each[d]': 'skipped',
    'each/wave-1/wave_ok': 'failed',
    'each/wave-1/later': 'skipped',
  });
  expect((await world.step('each')).error?.message).toBe('stopped after wave 1 of 3 by wave_ok: not touching the rest');
});

test('when more have failed than is tolerated nothing runs after the wave', async () => {
  const world = await makeRunWorld({ steps: [each({ afterWave: [leaf('look', 'guarded')] })] }, { read: failFirst });
  expect((await world.go()).state).toBe('failed');
  expect((await world.step('each')).error?.message).toBe('1 of 4 failed: a: the disk is full');
  expect(world.calls).toEqual(['each[a]:read', 'each[b]:read']);
});

test('a tolerated failure after a wave lets the rollout go on and is not forgotten', async () => {
  const afterWave = [{ ...check('false'), onFailure: 'continue' as const }];
  const world = await makeRunWorld({ steps: [each({ afterWave })] });
  expect((await world.go()).state).toBe('partially_failed');
  expect(world.calls).toHaveLength(4);
});

test('the next wave waits for a person who is asked after the one before', async () => {
  const gate = step('gate', {
    kind: 'approval',
    by: ['group:approvers'],
    need: 1,
    needFrom: [],
    self: false,
    timeoutMs: 3_600_000,
    onTimeout: 'stop',
    message: 'wave ${{ wave.number }} of ${{ wave.total }} is done: go on?',
    form: {},
  });
  const world = await makeRunWorld({ steps: [each({ waves: [{ count: 2 }], afterWave: [gate] })] });
  expect(await world.go()).toMatchObject({ state: 'waiting', reason: 'approval' });
  expect((await world.step('each/wave-1/gate')).message).toBe('wave 1 of 2 is done: go on?');
  expect(world.calls).toHaveLength(2);
  await world.say({ kind: 'approve', step: 'each/wave-1/gate' });
  expect((await world.go()).state).toBe('succeeded');
  expect(world.calls).toHaveLength(4);
});

test('a cancelled run cancels what stands after the wave, and the waves behind it', async () => {
  const wait = step('bake', { kind: 'wait', wait: { duration: '10m' } });
  const world = await makeRunWorld({ steps: [each({ afterWave: [wait] })] });
  await world.go(60_000);
  await world.say({ kind: 'cancel' });
  expect((await world.go()).state).toBe('cancelled');
  expect(await world.steps()).toMatchObject({ each: 'cancelled', 'each[a]': 'succeeded' });
  expect(await world.steps()).toMatchObject({ 'each/wave-1/bake': 'cancelled', 'each[c]': 'cancelled', 'each[d]': 'cancelled' });
});

test('an unknown step after a wave parks the run; a person settles it and the rollout goes on', async () => {
  const world = await makeRunWorld(
    { steps: [each({ waves: [{ count: 3 }], afterWave: [leaf('mark', 'blind')] })] },
    {
      submit: async () => ({ kind: 'ambiguous', message: 'no answer' }),
      find: async () => ({ kind: 'unclear', message: 'no mark', candidates: [] }),
    },
  );
  expect((await world.go()).state).toBe('unknown');
  expect(world.calls.filter((call) => call.startsWith('each[')).length).toBe(3);
  await world.say({ kind: 'resolve', step: 'each/wave-1/mark', as: 'succeeded', reason: 'seen at the target' });
  expect((await world.go()).state).toBe('succeeded');
  expect(world.calls.filter((call) => call.startsWith('each['))).toHaveLength(4);
});

test('an unknown item parks the run although others have not been opened, and a person settles it', async () => {
  const rollout = { waves: [], maxParallel: 1, maxFailures: { count: 0 } };
  const world = await makeRunWorld(
    { steps: [leaf('each', 'blind', { forEach: LIST, rollout })] },
    {
      submit: async (_, { stepPath }) =>
        stepPath === 'each[b]' ? { kind: 'ambiguous', message: 'no answer' } : { kind: 'accepted', handle: { name: 'x' } },
      find: async () => ({ kind: 'unclear', message: 'no mark', candidates: [] }),
    },
  );
  expect((await world.go()).state).toBe('unknown');
  expect((await world.steps())['each[d]']).toBeUndefined();
  await world.say({ kind: 'resolve', step: 'each[b]', as: 'succeeded', reason: 'seen at the target' });
  expect((await world.go()).state).toBe('succeeded');
  expect(world.calls.filter((call) => call.endsWith(':submit'))).toHaveLength(4);
});

test('the summary shows the steps of each wave that was reached, below the rollout', async () => {
  const world = await makeRunWorld({ steps: [each({ maxFailures: { count: 4 }, afterWave: [check('wave.number < 2')] })] });
  const rows = async () => {
    const stored = await world.ports.store.readRun(world.runId);
    if (stored === undefined) throw new Error('the run is gone');
    const source = { ...stored, plan: world.plan, pendingCommands: 0, nowMs: 0, baseUrl: '' };
    return summarize(source).steps.map(({ path, name, depth, status }) => `${depth} ${path} ${name} ${status}`);
  };
  expect(await rows()).toEqual(['0 each each pending', '1 each/wave-1/wave_ok wave_ok (after wave 1) pending']);
  expect((await world.go()).state).toBe('failed');
  expect(await rows()).toEqual([
    '0 each each failed',
    '1 each/wave-1/wave_ok wave_ok (after wave 1) succeeded',
    '1 each/wave-2/wave_ok wave_ok (after wave 2) failed',
  ]);
});
