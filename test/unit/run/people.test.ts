import { expect, test } from 'vitest';
import { leaf, makeRunWorld, step } from '../../support/run-world.ts';

const GATE = {
  kind: 'approval',
  by: ['group:approvers'],
  need: 1,
  needFrom: [],
  self: false,
  timeoutMs: 4 * 3_600_000,
  onTimeout: 'stop',
  message: 'Go?',
  form: {},
} as const;
const ALICE = { id: 'alice', name: 'alice', kind: 'token', groups: ['approvers'] } as const;
const BOB = { id: 'bob', name: 'bob', kind: 'token', groups: ['approvers'] } as const;

test('an approval lets the run go on, and its words are outputs', async () => {
  const world = await makeRunWorld({
    steps: [step('gate', GATE), leaf('change', 'guarded')],
    outputs: { who: 'steps.gate.outputs.decided_by[0]' },
  });
  expect(await world.go()).toMatchObject({ state: 'waiting', reason: 'approval' });
  expect(world.calls).toEqual([]);
  await world.say({ kind: 'approve', step: 'gate' });
  expect(await world.go()).toMatchObject({ state: 'succeeded', outputs: { who: 'dana' } });
});

test('a denial ends the run as rejected and finally runs', async () => {
  const world = await makeRunWorld({ steps: [step('gate', GATE), leaf('change', 'guarded')], finally: [leaf('tidy', 'guarded')] });
  await world.go();
  await world.say({ kind: 'deny', step: 'gate', reason: 'not today' });
  expect(await world.go()).toMatchObject({ state: 'rejected' });
  expect(await world.steps()).toMatchObject({ gate: 'failed', change: 'skipped', 'finally/tidy': 'succeeded' });
});

test('nobody decides in time: the run ends as timed out, or the step is skipped where the gate says so', async () => {
  const stop = await makeRunWorld({ steps: [step('gate', GATE), leaf('change', 'guarded')] });
  await stop.go();
  await stop.time.run(5 * 3_600_000, () => false);
  stop.time.at(4 * 3_600_000, () => undefined);
  await stop.time.run(6 * 3_600_000, () => false);
  expect((await stop.go()).state).toBe('timed_out');
  const skip = await makeRunWorld({ steps: [step('gate', { ...GATE, onTimeout: 'skip' }), leaf('change', 'guarded')] });
  await skip.go();
  skip.time.at(4 * 3_600_000 + 1, () => undefined);
  await skip.time.run(6 * 3_600_000, () => false);
  expect((await skip.go()).state).toBe('succeeded');
});

test('the starter, a stranger and a decision about another plan do not count', async () => {
  const world = await makeRunWorld({ steps: [step('gate', GATE)] });
  await world.go();
  await world.say({ kind: 'approve', step: 'gate', by: ALICE });
  await world.say({ kind: 'approve', step: 'gate', by: { ...BOB, groups: [] } });
  await world.say({ kind: 'approve', step: 'gate', by: BOB, planHash: 'f'.repeat(64) });
  expect((await world.go()).state).toBe('waiting');
  const refused = (await world.ports.store.readEvents(world.runId, 0, 100)).filter(({ type }) => type === 'runward.command.refused');
  expect(refused).toHaveLength(3);
});

test('two are needed: the same person twice is one', async () => {
  const world = await makeRunWorld({ steps: [step('gate', { ...GATE, need: 2 })] });
  await world.go();
  await world.say({ kind: 'approve', step: 'gate' });
  await world.say({ kind: 'approve', step: 'gate' });
  expect((await world.go()).state).toBe('waiting');
  await world.say({ kind: 'approve', step: 'gate', by: BOB });
  expect((await world.go()).state).toBe('succeeded');
});

test('a local person may approve an own request, and the record says so', async () => {
  const local = { id: 'alice', name: 'alice', kind: 'local', groups: [] } as const;
  const world = await makeRunWorld({ steps: [step('gate', GATE)] });
  await world.go();
  await world.say({ kind: 'approve', step: 'gate', by: local });
  expect(await world.go()).toMatchObject({ state: 'succeeded', selfApproved: true });
});

test('an approval that was not used within an hour is no longer valid', async () => {
  const wait = step('pause', { kind: 'wait', wait: { duration: '2h' } });
  const world = await makeRunWorld({ steps: [step('gate', GATE), wait, leaf('change', 'guarded')] });
  await world.go();
  await world.say({ kind: 'approve', step: 'gate' });
  expect((await world.go()).state).toBe('failed');
  expect((await world.step('change')).error?.kind).toBe('denied');
  expect(world.calls).not.toContain('change:submit');
});

test('a manual step ends by the word of a person, with the fields of its form', async () => {
  const manual = {
    kind: 'manual',
    by: ['group:approvers'],
    instructions: 'Look.',
    timeoutMs: 3_600_000,
    form: { verdict: { type: 'string' } },
  } as const;
  const check = step('check', { kind: 'assert', checks: [{ that: 'steps.look.outputs.verdict != "broken"', message: 'judged broken' }] });
  const world = await makeRunWorld({ steps: [step('look', manual), check] });
  await world.go();
  await world.say({ kind: 'done', step: 'look', form: { verdict: 'broken' } });
  expect((await world.go()).state).toBe('failed');
  expect((await world.step('check')).error?.message).toBe('judged broken');
});

test('cancel before any effect ends the run without finally; cancel after one follows what was sent and cleans up', async () => {
  const early = await makeRunWorld({ steps: [step('gate', GATE)], finally: [leaf('tidy', 'guarded')] });
  await early.go();
  await early.say({ kind: 'cancel', reason: 'wrong day' });
  expect(await early.go()).toMatchObject({ state: 'cancelled', reason: 'cancelled by dana' });
  expect(early.calls).toEqual([]);

  let polls = 0;
  const late = await makeRunWorld(
    { steps: [leaf('change', 'guarded'), leaf('more', 'guarded')], finally: [leaf('tidy', 'guarded')] },
    {
      poll: async (_ports, context) => {
        polls += 1;
        if (context.stepPath === 'change' && polls === 1) await late.say({ kind: 'cancel' });
        return context.stepPath === 'change' && polls < 4 ? { kind: 'running', retryAfterMs: 5_000 } : { kind: 'ended_well' };
      },
    },
  );
  expect((await late.go()).state).toBe('cancelled');
  expect(await late.steps()).toEqual({ change: 'succeeded', more: 'cancelled', 'finally/tidy': 'succeeded' });
});

test('the clock runs from the first attempt of its start to the first success of its stop, waiting included', async () => {
  const objectives = { rtoMs: 3_600_000, clock: { start: 'first', stop: 'last', count: 'wall' } } as const;
  const world = await makeRunWorld({
    objectives,
    steps: [
      leaf('before', 'read'),
      leaf('first', 'guarded'),
      step('pause', { kind: 'wait', wait: { duration: '10m' } }),
      leaf('last', 'read'),
    ],
    outputs: { rto: 'run.rto.elapsed' },
  });
  const run = await world.go();
  expect(run.clock.startedAtMs).toBe((await world.step('first')).createdAtMs);
  expect(run.clock.stoppedAtMs).toBe((await world.step('last')).endedAtMs);
  expect((run.clock.stoppedAtMs ?? 0) - (run.clock.startedAtMs ?? 0)).toBeGreaterThanOrEqual(600_000);
  expect(run.outputs).toEqual({ rto: { $duration: (run.clock.stoppedAtMs ?? 0) - (run.clock.startedAtMs ?? 0) } });
});

test('a breached objective is an event and changes nothing else', async () => {
  const objectives = { rtoMs: 60_000, clock: { start: 'first', stop: 'last', count: 'wall' } } as const;
  const world = await makeRunWorld({
    objectives,
    notify: [{ to: 'teams:dr-room', when: ['objective_breached', 'succeeded'] }],
    steps: [leaf('first', 'read'), step('pause', { kind: 'wait', wait: { duration: '10m' } }), leaf('last', 'read')],
  });
  expect(await world.go()).toMatchObject({ state: 'succeeded', rtoBreached: true });
  const events = await world.ports.store.readEvents(world.runId, 0, 100);
  expect(events.filter(({ type }) => type === 'runward.objective.breached')).toHaveLength(1);
  const { lines } = await world.ports.store.readLog(world.runId, { from: 0, limit: 10 });
  expect(lines.map(({ text }) => text)).toEqual([
    'notice to teams:dr-room: Test #1 objective breached',
    'notice to teams:dr-room: Test #1 succeeded',
  ]);
});

test('readiness is checked again when the approval comes more than five minutes later, and a failing check then stops the run', async () => {
  let healthy = true;
  const world = await makeRunWorld(
    { readiness: { checks: [leaf('healthy', 'read')] }, steps: [step('gate', GATE), leaf('change', 'guarded')] },
    {
      read: async () =>
        healthy ? { kind: 'succeeded', result: {} } : { kind: 'failed', failure: { kind: 'target', message: 'not any more' } },
    },
  );
  await world.go();
  world.time.at(600_000, () => undefined);
  await world.time.run(700_000, () => world.time.clock.monotonicMs() >= 600_000);
  healthy = false;
  await world.say({ kind: 'approve', step: 'gate' });
  expect((await world.go()).state).toBe('failed');
  expect(await world.steps()).toMatchObject({ 'readiness/healthy': 'succeeded', 'readiness#2/healthy': 'failed' });
  expect(world.calls).not.toContain('change:submit');
});

test('an error of runward itself parks the run with its reason; a person cancels it and what was sent is followed', async () => {
  let polls = 0;
  const world = await makeRunWorld(
    { steps: [leaf('change', 'guarded'), leaf('more', 'guarded')], finally: [leaf('tidy', 'guarded')] },
    {
      poll: async () => {
        polls += 1;
        if (polls === 1) throw new Error('a bug');
        return { kind: 'ended_well' };
      },
    },
  );
  const parked = await world.go();
  expect({ state: parked.state, reason: parked.reason }).toEqual({
    state: 'paused',
    reason: 'an error of runward itself, which a person must look at: a bug',
  });
  await world.say({ kind: 'cancel' });
  expect((await world.go()).state).toBe('cancelled');
  expect(await world.steps()).toEqual({ change: 'succeeded', more: 'cancelled', 'finally/tidy': 'succeeded' });
});

test('a target that an ended run has not given back is free; one of a living run is waited for', async () => {
  const target = { key: 'vm', name: 'vm', kind: 'host', id: 'ssh://vm', lockId: 'ssh://vm' } as never;
  const sets = { vms: { onEmpty: 'fail', onUnreachable: 'fail', targets: [target] } } as const;
  const change = leaf('change', 'guarded', { target: { kind: 'set', set: 'vms' } });
  const world = await makeRunWorld({ steps: [change] }, {}, { sets });
  const gone = '99999999-9999-5999-8999-999999999999' as typeof world.runId;
  await world.ports.store.lock(['ssh://vm'], gone);
  expect((await world.go()).state).toBe('succeeded');
});
