import { expect, test } from 'vitest';
import type { Step } from '../../../engine/language/runbook.ts';
import { type Answers, leaf, makeRunWorld, type RunWorld, step } from '../../support/run-world.ts';

const back = (id: string): Step => leaf(`${id}_back`, 'named');
const undoable = (id: string, more: Partial<Step> = {}): Step => leaf(id, 'named', { rollback: [back(id)], ...more });
const block = (id: string, steps: readonly Step[], more: Partial<Step> = {}, last: readonly Step[] = []): Step =>
  step(id, { kind: 'steps', steps, finally: last }, more);

/** Reads of steps with these ids fail; effects whose path ends with one of them end badly. */
function failing(...ids: readonly string[]): Answers {
  const fails = (path: string): boolean => ids.some((id) => path === id || path.endsWith(`/${id}`) || path.endsWith(`${id}]`));
  const failure = { kind: 'failed', failure: { kind: 'target', message: 'it is broken' } } as const;
  return {
    read: async (_, { stepPath }) => (fails(stepPath) ? failure : { kind: 'succeeded', result: { ok: true } }),
    poll: async (_, { stepPath }) => (fails(stepPath) ? failure : { kind: 'ended_well' }),
  };
}

const sent = (world: RunWorld): readonly string[] =>
  world.calls.filter((call) => call.endsWith(':submit')).map((call) => call.slice(0, -':submit'.length));

test('a runbook that rolls back undoes its steps in reverse order, then runs finally; the run stays failed and says complete', async () => {
  const steps = [undoable('one'), undoable('two'), leaf('check', 'read', { onFailure: 'rollback_run' })];
  const world = await makeRunWorld({ steps, finally: [leaf('tidy', 'named')], onFailure: 'rollback' }, failing('check'));
  expect(await world.go()).toMatchObject({ state: 'failed', rollback: 'complete', reason: 'step check: it is broken' });
  expect(sent(world)).toEqual(['one', 'two', 'two/roll-back/two_back', 'one/roll-back/one_back', 'finally/tidy']);
  expect(await world.step('one')).toMatchObject({ state: 'succeeded', undoneBy: 'run' });
});

test('a block with on_failure: rollback undoes only itself, ends rolled back and stops what comes after it', async () => {
  const steps = [
    undoable('before'),
    block('cut', [undoable('one'), leaf('two', 'read')], { onFailure: 'rollback' }),
    leaf('after', 'read'),
  ];
  const world = await makeRunWorld({ steps }, failing('two'));
  expect(await world.go()).toMatchObject({ state: 'failed', reason: 'step cut: two: it is broken' });
  expect(await world.step('cut')).toMatchObject({ state: 'failed', verdict: 'rolled_back' });
  expect(sent(world)).toEqual(['before', 'cut/one', 'cut/one/roll-back/one_back']);
  expect((await world.run()).rollback).toBeUndefined();
});

test('a step inside that says rollback has the block around it undone', async () => {
  const inside = [undoable('one'), leaf('two', 'read', { onFailure: 'rollback' })];
  const world = await makeRunWorld({ steps: [block('cut', inside, { onFailure: 'continue' }), leaf('after', 'named')] }, failing('two'));
  expect((await world.go()).state).toBe('partially_failed');
  expect(await world.step('cut')).toMatchObject({ verdict: 'rolled_back', answer: 'continue' });
  expect(sent(world)).toEqual(['cut/one', 'cut/one/roll-back/one_back', 'after']);
});

test('a failed step is undone when its request was sent, and not when it was refused or says rollback_on_failure: false', async () => {
  const run = async (more: Partial<Step>, answers: Answers) => {
    const world = await makeRunWorld({ steps: [block('cut', [undoable('one', more)], { onFailure: 'rollback' })] }, answers);
    await world.go();
    return sent(world).filter((path) => path.includes('roll-back'));
  };
  expect(await run({}, failing('one'))).toEqual(['cut/one/roll-back/one_back']);
  expect(await run({ rollbackOnFailure: false }, failing('one'))).toEqual([]);
  expect(await run({}, { submit: async () => ({ kind: 'refused', failure: { kind: 'target', message: 'no' } }) })).toEqual([]);
});

test('branches of a parallel block are undone together, each in its reverse order', async () => {
  const branch = (id: string): Step => block(id, [undoable(`${id}1`), undoable(`${id}2`)]);
  const all = step('all', { kind: 'parallel', maxParallel: 10, steps: [branch('a'), branch('b')] });
  const steps = [block('cut', [all, leaf('check', 'read')], { onFailure: 'rollback' })];
  const world = await makeRunWorld({ steps }, failing('check'));
  await world.go();
  const undone = sent(world)
    .filter((path) => path.includes('roll-back'))
    .map((path) => path.split('/').at(-1));
  expect(undone).toEqual(['a2_back', 'b2_back', 'a1_back', 'b1_back']);
});

test('undo runs a rollback on the good path once: what follows finds it spent', async () => {
  const steps = [undoable('drain'), step('enable', { kind: 'undo', step: 'drain' }), leaf('check', 'read', { onFailure: 'rollback' })];
  const world = await makeRunWorld({ steps }, failing('check'));
  expect(await world.go()).toMatchObject({ state: 'failed' });
  expect(sent(world)).toEqual(['drain', 'drain/roll-back/drain_back']);
  expect(await world.step('drain')).toMatchObject({ state: 'succeeded', undoneBy: 'enable' });
  expect((await world.step('enable')).state).toBe('succeeded');
});

test('undo reaches a step inside a block that has ended, of a block tried twice the last time', async () => {
  let tries = 0;
  const cut = block('cut', [undoable('drain'), leaf('check', 'read')], { retry: { attempts: 1, delayMs: 0, backoff: 1, maxDelayMs: 0 } });
  const world = await makeRunWorld(
    { steps: [cut, step('enable', { kind: 'undo', step: 'drain' })] },
    {
      read: async () => {
        tries += 1;
        return tries === 1 ? { kind: 'failed', failure: { kind: 'target', message: 'not yet' } } : { kind: 'succeeded', result: {} };
      },
    },
  );
  expect((await world.go()).state).toBe('succeeded');
  expect(await world.step('enable')).toMatchObject({ state: 'succeeded' });
  expect(await world.step('cut#2/drain')).toMatchObject({ undoneBy: 'enable' });
  expect(sent(world)).toEqual(['cut/drain', 'cut/drain/roll-back/drain_back', 'cut#2/drain', 'cut#2/drain/roll-back/drain_back']);
});

test('undo of something that did nothing is skipped', async () => {
  const world = await makeRunWorld({ steps: [undoable('drain', { if: 'false' }), step('enable', { kind: 'undo', step: 'drain' })] });
  expect((await world.go()).state).toBe('succeeded');
  expect(await world.step('enable')).toMatchObject({ state: 'skipped', reason: 'there was nothing to undo' });
});

test('nothing is rolled back while a step is unknown; the person settles it and the rollback begins', async () => {
  const all = step('all', { kind: 'parallel', maxParallel: 10, steps: [leaf('lost', 'blind'), leaf('check', 'read')] });
  const world = await makeRunWorld(
    { steps: [undoable('one'), block('cut', [undoable('two'), all], { onFailure: 'rollback' })] },
    {
      ...failing('check'),
      submit: async (_, { stepPath }) =>
        stepPath.endsWith('lost') ? { kind: 'ambiguous', message: 'no answer' } : { kind: 'accepted', handle: { jobId: 'job' } },
      find: async () => ({ kind: 'unclear', message: 'no mark', candidates: [] }),
    },
  );
  expect((await world.go()).state).toBe('unknown');
  expect(sent(world).filter((path) => path.includes('roll-back'))).toEqual([]);
  await world.say({ kind: 'resolve', step: 'cut/all/lost', as: 'failed', reason: 'nothing there' });
  expect((await world.go()).state).toBe('failed');
  expect(sent(world).filter((path) => path.includes('roll-back'))).toEqual(['cut/two/roll-back/two_back']);
});

test('a failing rollback step does not stop the others; then a person is asked and the scope shows rollback_failed', async () => {
  const steps = [block('cut', [undoable('one'), undoable('two'), leaf('check', 'read')], { onFailure: 'rollback' })];
  const world = await makeRunWorld({ steps }, failing('check', 'two_back'));
  expect(await world.go()).toMatchObject({ state: 'paused', pause: { cause: 'failure' } });
  expect(sent(world)).toEqual(['cut/one', 'cut/two', 'cut/two/roll-back/two_back', 'cut/one/roll-back/one_back']);
  expect(await world.step('cut')).toMatchObject({ rolledBack: 'failed' });
  expect((await world.step('cut/two/roll-back/two_back')).answer).toBe('pause');
});

/** The steps with this id fail the first time they are followed to their end; everything else ends well. */
function failingOnce(id: string): Answers {
  let tries = 0;
  const failure = { kind: 'failed', failure: { kind: 'target', message: 'it is broken' } } as const;
  return {
    poll: async (_, { stepPath }) => {
      if (!stepPath.endsWith(id)) return { kind: 'ended_well' };
      tries += 1;
      return tries === 1 ? failure : { kind: 'ended_well' };
    },
  };
}

const both = (id: string): Step => leaf(id, 'named', { rollback: [leaf(`${id}_first`, 'named'), leaf(`${id}_second`, 'named')] });

test('an undo whose rollback failed tries it again when a person says so: only what failed is sent once more', async () => {
  const steps = [both('drain'), step('enable', { kind: 'undo', step: 'drain' }, { onFailure: 'pause' }), leaf('after', 'named')];
  const world = await makeRunWorld({ steps }, failingOnce('drain_first'));
  expect(await world.go()).toMatchObject({ state: 'paused' });
  expect((await world.step('enable')).error?.message).toBe('the rollback step drain_first failed: it is broken');
  await world.say({ kind: 'resolve', step: 'enable', as: 'again', reason: 'the balancer is back' });
  expect((await world.go()).state).toBe('succeeded');
  const undo = ['drain/roll-back/drain_first', 'drain/roll-back/drain_second', 'drain/roll-back/drain_first'];
  expect(sent(world)).toEqual(['drain', ...undo, 'after']);
  expect(await world.step('enable')).toMatchObject({ state: 'succeeded', attempt: 2 });
  expect(await world.step('drain')).toMatchObject({ undoneBy: 'enable' });
});

test('an undo that fails again is a failure again, and no third try is made by itself', async () => {
  const steps = [undoable('drain'), step('enable', { kind: 'undo', step: 'drain' }, { onFailure: 'pause' })];
  const world = await makeRunWorld({ steps }, failing('drain_back'));
  await world.go();
  await world.say({ kind: 'resolve', step: 'enable', as: 'again', reason: 'try' });
  expect(await world.go()).toMatchObject({ state: 'paused' });
  expect(sent(world)).toEqual(['drain', 'drain/roll-back/drain_back', 'drain/roll-back/drain_back']);
});

test('a second undo, and the rollback of the run, try again what an earlier undo could not undo', async () => {
  const enable = (id: string): Step => step(id, { kind: 'undo', step: 'drain' }, { onFailure: 'continue' });
  const second = await makeRunWorld({ steps: [undoable('drain'), enable('enable'), enable('once_more')] }, failingOnce('drain_back'));
  expect((await second.go()).state).toBe('partially_failed');
  expect(await second.step('drain')).toMatchObject({ undoneBy: 'once_more' });
  const steps = [undoable('drain'), enable('enable'), leaf('check', 'read', { onFailure: 'rollback_run' })];
  const whole = await makeRunWorld({ steps, onFailure: 'rollback' }, { ...failing('check'), ...failingOnce('drain_back') });
  expect(await whole.go()).toMatchObject({ state: 'failed', rollback: 'complete' });
  expect(await whole.step('drain')).toMatchObject({ undoneBy: 'run' });
});

test('an undo has failed when a person leaves its rollback step as it is', async () => {
  const drain = leaf('drain', 'named', { rollback: [leaf('drain_back', 'named', { onFailure: 'pause' })] });
  const world = await makeRunWorld({ steps: [drain, step('enable', { kind: 'undo', step: 'drain' })] }, failing('drain_back'));
  await world.go();
  await world.say({ kind: 'resolve', step: 'drain/roll-back/drain_back', as: 'failed', reason: 'the machine is gone' });
  expect((await world.go()).state).toBe('failed');
  expect(await world.step('enable')).toMatchObject({ state: 'failed' });
});
