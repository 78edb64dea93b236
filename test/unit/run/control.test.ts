import { expect, test } from 'vitest';
import type { EffectAction } from '../../../engine/actions/action.ts';
import type { RunId } from '../../../engine/ids.ts';
import { GATE, leaf, makeRunWorld, step } from '../../support/run-world.ts';

const ROOT = { id: 'root', name: 'root', kind: 'token', groups: [] } as const;
const VM = { key: 'vm', name: 'vm', kind: 'host', id: 'ssh://vm', lockId: 'ssh://vm' } as never;
const VMS = { vms: { onEmpty: 'fail', onUnreachable: 'fail', targets: [VM] } } as const;
const OTHER = '99999999-9999-5999-8999-999999999999' as RunId;

type World = Awaited<ReturnType<typeof makeRunWorld>>;
type Poll = EffectAction['poll'];

const audited = async (world: World) =>
  (await world.ports.store.readAudit(world.runId)).filter(({ event }) => event.startsWith('command.'));
const refusals = async (world: World) =>
  (await world.ports.store.readEvents(world.runId, 0, 200))
    .filter(({ type }) => type === 'runward.command.refused')
    .map(({ data }) => data['why']);

/** Says something at the first look at a step that was sent, and lets it end three looks later. */
function sayWhilePolled(path: string, world: () => World, word: Parameters<World['say']>[0]): Poll {
  let polls = 0;
  return async (_ports, { stepPath }) => {
    if (stepPath !== path) return { kind: 'ended_well' };
    polls += 1;
    if (polls === 1) await world().say(word);
    return polls < 4 ? { kind: 'running', retryAfterMs: 5_000 } : { kind: 'ended_well' };
  };
}

test('a paused run starts nothing new, follows what was sent, and goes on when a person says so', async () => {
  const world: World = await makeRunWorld(
    { steps: [leaf('change', 'guarded'), leaf('more', 'guarded')] },
    { poll: sayWhilePolled('change', () => world, { kind: 'pause', by: ROOT, reason: 'wait for the network team' }) },
  );
  expect(await world.go()).toMatchObject({ state: 'paused', reason: 'paused by root: wait for the network team' });
  expect(await world.steps()).toEqual({ change: 'succeeded' });
  await world.say({ kind: 'resume', by: ROOT });
  const run = await world.go();
  expect(run.state).toBe('succeeded');
  expect([run.pause, run.reason]).toEqual([undefined, undefined]);
  expect((await audited(world)).map(({ actor, event, data }) => [actor, event, data['reason']])).toEqual([
    ['root', 'command.pause', 'wait for the network team'],
    ['root', 'command.resume', undefined],
  ]);
});

test('a pause that comes while a step looks at its target keeps the step from sending', async () => {
  let first = true;
  const world: World = await makeRunWorld(
    { steps: [leaf('change', 'guarded')] },
    {
      precheck: async () => {
        if (first) {
          first = false;
          await world.say({ kind: 'pause' });
          await world.ports.clock.sleep(5_000);
        }
        return { kind: 'proceed' };
      },
    },
  );
  expect((await world.go()).state).toBe('paused');
  expect(world.calls).not.toContain('change:submit');
  await world.say({ kind: 'resume' });
  expect((await world.go()).state).toBe('succeeded');
  expect(world.calls.filter((call) => call === 'change:submit')).toHaveLength(1);
});

test('a request without effect is not sent again while the run is paused or being cancelled', async () => {
  for (const kind of ['pause', 'cancel'] as const) {
    const world: World = await makeRunWorld(
      { steps: [leaf('change', 'guarded')] },
      {
        submit: async () => {
          await world.say({ kind });
          return { kind: 'ambiguous', message: 'connection reset' };
        },
      },
    );
    expect((await world.go()).state).toBe(kind === 'pause' ? 'paused' : 'cancelled');
    expect(world.calls.filter((call) => call === 'change:submit')).toHaveLength(1);
    expect((await world.step('change')).state).toBe(kind === 'pause' ? 'ready' : 'cancelled');
  }
});

test('a blind request may be given up only with its own ticket; otherwise a person is asked', async () => {
  const world: World = await makeRunWorld(
    { steps: [leaf('change', 'blind')] },
    {
      submit: async () => {
        await world.say({ kind: 'cancel' });
        return { kind: 'ambiguous', message: 'connection reset' };
      },
    },
  );
  expect((await world.go()).state).toBe('unknown');
  expect((await world.step('change')).state).toBe('unknown');
});

test('a run that is paused before it began begins when it is resumed', async () => {
  const world = await makeRunWorld({ steps: [leaf('change', 'guarded')] });
  await world.say({ kind: 'pause' });
  expect((await world.go()).state).toBe('paused');
  expect(world.calls).toEqual([]);
  await world.say({ kind: 'resume' });
  const run = await world.go();
  expect(run.state).toBe('succeeded');
  expect(run.startedAtMs).toBeGreaterThan(0);
});

test('a paused run still ends at its time, and its targets stay locked until then', async () => {
  const change = leaf('change', 'guarded', { target: { kind: 'set', set: 'vms' } });
  const world: World = await makeRunWorld(
    { steps: [change, leaf('more', 'guarded', { target: { kind: 'set', set: 'vms' } })] },
    { poll: sayWhilePolled('change[vm]', () => world, { kind: 'pause' }) },
    { sets: VMS },
  );
  expect((await world.go()).state).toBe('paused');
  expect(await world.ports.store.lock(['ssh://vm'], OTHER)).toMatchObject({ kind: 'held', by: world.runId });
  world.time.at(7 * 3_600_000, () => undefined);
  await world.time.run(8 * 3_600_000, () => world.time.clock.monotonicMs() >= 7 * 3_600_000);
  expect(await world.go()).toMatchObject({ state: 'timed_out', reason: 'the time of the run is over' });
  expect(world.calls).not.toContain('more[vm]:submit');
  expect(await world.ports.store.lock(['ssh://vm'], OTHER)).toEqual({ kind: 'locked' });
});

test('the time of a pause counts as waiting for a person', async () => {
  const objectives = { rtoMs: 3_600_000, clock: { start: 'change', stop: 'more', count: 'active' } } as const;
  const world: World = await makeRunWorld(
    { objectives, steps: [leaf('change', 'guarded'), leaf('more', 'guarded')] },
    { poll: sayWhilePolled('change', () => world, { kind: 'pause' }) },
  );
  await world.go();
  const pausedAtMs = world.time.clock.monotonicMs();
  world.time.at(600_000, () => undefined);
  await world.time.run(1_200_000, () => world.time.clock.monotonicMs() >= pausedAtMs + 600_000);
  await world.say({ kind: 'resume' });
  const { clock } = await world.go();
  expect(clock.waitedMs).toBeGreaterThanOrEqual(500_000);
  expect(clock.waitedMs).toBeLessThanOrEqual((clock.stoppedAtMs ?? 0) - (clock.startedAtMs ?? 0));
});

test('a pause while a step is unknown is kept, and holds the run once a person has resolved the step', async () => {
  const world = await makeRunWorld(
    { steps: [leaf('change', 'blind'), leaf('more', 'guarded')] },
    { submit: async (_ports, { stepPath }) => (stepPath === 'change' ? { kind: 'ambiguous', message: 'reset' } : { kind: 'completed' }) },
  );
  expect((await world.go()).state).toBe('unknown');
  await world.say({ kind: 'pause' });
  expect((await world.go()).state).toBe('unknown');
  await world.say({ kind: 'resolve', step: 'change', as: 'succeeded', reason: 'it shows' });
  expect((await world.go()).state).toBe('paused');
  await world.say({ kind: 'resume' });
  expect((await world.go()).state).toBe('succeeded');
});

test('cancel inside finally is refused with a message; a forced one gives up the cleanup and keeps the targets locked', async () => {
  const change = leaf('change', 'guarded', { target: { kind: 'set', set: 'vms' } });
  const plain: World = await makeRunWorld(
    { steps: [change], finally: [leaf('tidy', 'guarded'), leaf('report', 'read')] },
    { poll: sayWhilePolled('finally/tidy', () => plain, { kind: 'cancel' }) },
    { sets: VMS },
  );
  expect((await plain.go()).state).toBe('succeeded');
  expect(await refusals(plain)).toEqual(['the run is cleaning up already; cancel with force gives up what is left of its cleanup']);

  const forced: World = await makeRunWorld(
    { steps: [change], finally: [leaf('tidy', 'guarded', { target: { kind: 'set', set: 'vms' } }), leaf('report', 'read')] },
    { poll: sayWhilePolled('finally/tidy[vm]', () => forced, { kind: 'cancel', force: true, reason: 'the vault is gone' }) },
    { sets: VMS },
  );
  expect(await forced.go()).toMatchObject({ state: 'partially_failed', reason: 'cleanup_incomplete', cleanup: 'incomplete' });
  expect(await forced.steps()).toMatchObject({ 'finally/tidy[vm]': 'succeeded', 'finally/report': 'cancelled' });
  expect(await forced.ports.store.lock(['ssh://vm'], OTHER)).toMatchObject({ kind: 'held', by: forced.runId });
});

test('AZ-35: a forced cancel in the middle follows what was sent and skips finally; before any effect it is an ordinary cancel', async () => {
  const world: World = await makeRunWorld(
    { steps: [leaf('change', 'guarded'), leaf('more', 'guarded')], finally: [leaf('tidy', 'guarded')] },
    { poll: sayWhilePolled('change', () => world, { kind: 'cancel', force: true, reason: 'now' }) },
  );
  expect(await world.go()).toMatchObject({ state: 'cancelled', reason: 'cleanup_incomplete' });
  expect(await world.steps()).toEqual({ change: 'succeeded', more: 'cancelled' });

  const early = await makeRunWorld({ steps: [step('gate', GATE)], finally: [leaf('tidy', 'guarded')] });
  await early.go();
  await early.say({ kind: 'cancel', force: true, reason: 'now' });
  const run = await early.go();
  expect(run).toMatchObject({ state: 'cancelled', reason: 'cancelled by dana' });
  expect(run.cleanup).toBeUndefined();
});

test('a plain cancel that is forced later gives up the cleanup from then on', async () => {
  const world: World = await makeRunWorld(
    { steps: [leaf('change', 'guarded')], finally: [leaf('tidy', 'guarded')] },
    {
      poll: async (_ports, { stepPath }) => {
        if (stepPath === 'change' && world.calls.filter((call) => call === 'change:poll').length === 1) {
          await world.say({ kind: 'cancel' });
          return { kind: 'running', retryAfterMs: 20_000 };
        }
        if (stepPath === 'change') await world.say({ kind: 'cancel', force: true, reason: 'no time' });
        return { kind: 'ended_well' };
      },
    },
  );
  expect((await world.go()).state).toBe('cancelled');
  expect(await world.steps()).toMatchObject({ change: 'succeeded' });
});

test('a forced cancel does not end a run whose step is unknown: a person says first what happened', async () => {
  const world = await makeRunWorld(
    { steps: [leaf('change', 'blind')], finally: [leaf('tidy', 'guarded')] },
    { submit: async () => ({ kind: 'ambiguous', message: 'reset' }) },
  );
  expect((await world.go()).state).toBe('unknown');
  await world.say({ kind: 'cancel', force: true, reason: 'enough' });
  expect((await world.go()).state).toBe('unknown');
  await world.say({ kind: 'resolve', step: 'change', as: 'failed', reason: 'nothing there' });
  expect(await world.go()).toMatchObject({ state: 'cancelled', reason: 'cleanup_incomplete' });
  expect(await world.steps()).toEqual({ change: 'failed' });
});

test('three claims in a row that ended without progress park the run at the next one', async () => {
  const world = await makeRunWorld({ steps: [leaf('change', 'guarded')] });
  for (const name of ['a', 'b', 'c']) {
    const claim = { runId: world.runId, worker: name, claim: name.repeat(32), leaseMs: 0, schemaMin: 1, schemaMax: 1 };
    expect((await world.ports.store.claim(claim)).kind).toBe('claimed');
  }
  expect(await world.go()).toMatchObject({ state: 'paused', reason: 'poisoned', pause: { cause: 'parked', by: 'runward' } });
  expect(world.calls).toEqual([]);
  await world.say({ kind: 'resume' });
  expect((await world.go()).state).toBe('succeeded');
});
