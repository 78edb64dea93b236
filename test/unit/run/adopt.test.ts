import { expect, test } from 'vitest';
import type { EffectAction } from '../../../engine/actions/action.ts';
import { leaf, makeRunWorld } from '../../support/run-world.ts';

type World = Awaited<ReturnType<typeof makeRunWorld>>;

const OURS = '/vaults/v/backupJobs/ours';
const adopt: NonNullable<EffectAction['adopt']> = async (_ports, _context, operation) => {
  if (operation === OURS) return { kind: 'found', handle: { jobId: OURS } };
  if (operation === 'slow') return { kind: 'unanswered', message: 'throttled', retryAfterMs: 5_000 };
  return { kind: 'foreign', message: `${operation} works on another machine` };
};
const refusals = async (world: World) =>
  (await world.ports.store.readEvents(world.runId, 0, 200))
    .filter(({ type }) => type === 'runward.command.refused')
    .map(({ data }) => data['why']);

function makeUnknown(more: object = {}): Promise<World> {
  return makeRunWorld(
    { steps: [leaf('change', 'guarded'), leaf('more', 'guarded')] },
    {
      submit: async (_ports, { stepPath }) =>
        stepPath === 'change' ? { kind: 'ambiguous', message: 'reset' } : { kind: 'accepted', handle: { jobId: 'job' } },
      find: async () => ({ kind: 'unclear', message: 'two jobs run', candidates: [OURS, '/vaults/v/backupJobs/other'] }),
      ...more,
    },
  );
}

test('the operation that a person names is checked at the target and followed to its end; nothing is sent again', async () => {
  const handles: unknown[] = [];
  const world = await makeUnknown({
    adopt,
    poll: async (_ports: unknown, _context: unknown, handle: object) => {
      handles.push(handle);
      return { kind: 'ended_well' };
    },
  });
  expect((await world.go()).state).toBe('unknown');
  expect((await world.step('change')).candidates).toEqual([OURS, '/vaults/v/backupJobs/other']);
  await world.say({ kind: 'resolve', step: 'change', as: 'adopt', operation: OURS, reason: 'its user is our worker' });
  expect((await world.go()).state).toBe('succeeded');
  expect(handles[0]).toEqual({ jobId: OURS });
  const step = await world.step('change');
  expect(step).toMatchObject({ state: 'succeeded', adopted: true });
  expect(step.candidates).toBeUndefined();
  expect(world.calls.filter((call) => call === 'change:submit')).toHaveLength(1);
  const entry = (await world.ports.store.readAudit(world.runId)).find(({ event }) => event === 'command.resolve');
  expect(entry).toMatchObject({ actor: 'dana', data: { as: 'adopt', operation: OURS, reason: 'its user is our worker' } });
});

test('an operation of something else, one that cannot be read, and an action without names are refused; the step stays unknown', async () => {
  const world = await makeUnknown({ adopt });
  await world.go();
  await world.say({ kind: 'resolve', step: 'change', as: 'adopt', operation: 'theirs', reason: 'x' });
  await world.say({ kind: 'resolve', step: 'change', as: 'adopt', operation: 'slow', reason: 'x' });
  expect((await world.go()).state).toBe('unknown');
  expect(await refusals(world)).toEqual(['theirs works on another machine', 'the target did not answer, try again: throttled']);
  const plain = await makeUnknown();
  await plain.go();
  expect((await plain.step('change')).candidates).toBeUndefined();
  await plain.say({ kind: 'resolve', step: 'change', as: 'adopt', operation: OURS, reason: 'x' });
  expect((await plain.go()).state).toBe('unknown');
  expect(await refusals(plain)).toEqual([
    'this action cannot follow an operation by its name: look at the target and answer succeeded, failed or again',
  ]);
});

test('an adopted operation gets the time of its step once more', async () => {
  const world = await makeUnknown({ adopt, poll: async () => ({ kind: 'running', retryAfterMs: 30_000 }) });
  await world.go();
  world.time.at(3_600_000, () => undefined);
  await world.time.run(4_000_000, () => world.time.clock.monotonicMs() >= 3_600_000);
  await world.say({ kind: 'resolve', step: 'change', as: 'adopt', operation: OURS, reason: 'x' });
  expect((await world.go(60_000)).state).toBe('running');
  expect((await world.step('change')).state).toBe('submitted');
});
