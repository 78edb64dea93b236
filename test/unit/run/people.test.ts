import { expect, test } from 'vitest';
import { type Answers, GATE, leaf, makeRunWorld, type RunWorld, step } from '../../support/run-world.ts';

const ALICE = { id: 'alice', name: 'alice', kind: 'token', groups: ['approvers'] } as const;
const BOB = { id: 'bob', name: 'bob', kind: 'token', groups: ['approvers'] } as const;

async function pass(world: RunWorld, ms: number): Promise<void> {
  const end = world.time.clock.monotonicMs() + ms;
  world.time.at(ms, () => undefined);
  await world.time.run(end, () => world.time.clock.monotonicMs() >= end);
}

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

test('an approval that was not used within an hour is spent: it is asked for again, and the first answer stays', async () => {
  const wait = step('pause', { kind: 'wait', wait: { duration: '2h' } });
  const world = await makeRunWorld({ steps: [step('gate', GATE), wait, leaf('change', 'guarded')] });
  await world.go();
  await world.say({ kind: 'approve', step: 'gate' });
  expect(await world.go()).toMatchObject({ state: 'waiting', reason: 'approval' });
  expect(await world.step('gate#2')).toMatchObject({ reason: 'the approval was not used within an hour: it is asked for again' });
  expect(world.calls).toEqual([]);
  await world.say({ kind: 'approve', step: 'gate#2' });
  expect(await world.go()).toMatchObject({ state: 'succeeded' });
  expect(await world.steps()).toMatchObject({ gate: 'succeeded', 'gate#2': 'succeeded' });
});

test('an approval that was asked for again and denied ends the run as rejected; nobody deciding ends it as timed out', async () => {
  const wait = step('pause', { kind: 'wait', wait: { duration: '2h' } });
  const skip = { ...GATE, onTimeout: 'skip' } as const;
  const denied = await makeRunWorld({ steps: [step('gate', GATE), wait, leaf('change', 'guarded', { onFailure: 'continue' })] });
  await denied.go();
  await denied.say({ kind: 'approve', step: 'gate' });
  await denied.go();
  await denied.say({ kind: 'deny', step: 'gate#2', reason: 'too late' });
  expect(await denied.go()).toMatchObject({ state: 'rejected', reason: 'step gate: dana denied it: too late' });

  const silent = await makeRunWorld({ steps: [step('gate', skip), wait, leaf('change', 'guarded')], timeoutMs: 24 * 3_600_000 });
  await silent.go();
  await silent.say({ kind: 'approve', step: 'gate' });
  await silent.go();
  await pass(silent, 5 * 3_600_000);
  expect(await silent.go()).toMatchObject({ state: 'timed_out' });
  expect(silent.calls).toEqual([]);
});

test('effects go on for eight hours after the first one behind an approval, then it is asked for again', async () => {
  const rest = (id: string, duration: string) => step(id, { kind: 'wait', wait: { duration } });
  const steps = [
    step('gate', GATE),
    leaf('first', 'guarded'),
    rest('night', '7h'),
    leaf('second', 'guarded'),
    rest('day', '2h'),
    leaf('third', 'guarded'),
  ];
  const world = await makeRunWorld({ steps, timeoutMs: 48 * 3_600_000 });
  await world.go();
  await world.say({ kind: 'approve', step: 'gate' });
  expect(await world.go()).toMatchObject({ state: 'waiting', reason: 'approval' });
  expect(await world.steps()).toMatchObject({ second: 'succeeded', third: 'ready' });
});

test('for steps with a window an approval lasts until the first window after it has closed', async () => {
  const noon = [{ cron: '0 12 * * *', timezone: 'UTC', dayMatch: 'or', durationMs: 3_600_000 }] as const;
  const definition = { steps: [step('gate', GATE), leaf('change', 'guarded')], windows: ['noon'], timeoutMs: 48 * 3_600_000 };
  const used = await makeRunWorld(definition, {}, { calendars: { noon } });
  await used.go();
  await used.say({ kind: 'approve', step: 'gate' });
  expect(await used.go()).toMatchObject({ state: 'succeeded' });

  const rest = step('rest', { kind: 'wait', wait: { duration: '5h' } });
  const late = await makeRunWorld(
    { ...definition, steps: [step('gate', GATE), rest, leaf('change', 'guarded')] },
    {},
    { calendars: { noon } },
  );
  await late.go();
  await late.say({ kind: 'approve', step: 'gate' });
  expect(await late.go()).toMatchObject({ state: 'waiting', reason: 'approval' });
  expect(await late.step('gate#2')).toMatchObject({ reason: 'the approval was not used before its window closed: it is asked for again' });
});

test('people are reminded before the time of a gate is over, and others are told when nobody has decided for long', async () => {
  const gate = { ...GATE, remindBeforeMs: 600_000, escalate: { afterMs: 3_600_000, to: ['pager:on-call'] } };
  const world = await makeRunWorld({
    steps: [step('gate', gate), leaf('change', 'guarded')],
    notify: [{ to: 'teams:dr', when: ['waiting'] }],
  });
  await world.go();
  const after = async (ms: number) => {
    await pass(world, ms);
    await world.go();
    return (await world.step('gate')).noticed ?? [];
  };
  expect(await after(3_599_000)).toEqual([]);
  expect(await after(1_000)).toEqual(['escalated']);
  expect(await after(2 * 3_600_000 + 3_000_000)).toEqual(['escalated', 'reminded']);
  expect(await world.run()).toMatchObject({ state: 'waiting', reason: 'approval' });
  const { lines } = await world.ports.store.readLog(world.runId, { from: 0, limit: 100 });
  expect(lines.map(({ text }) => text)).toEqual([
    'notice to teams:dr: Test #1 waiting',
    'notice to pager:on-call: Test #1 nobody has decided about gate',
    'notice to teams:dr: Test #1 gate ends at 2026-01-05T13:00:00.000Z and nobody has decided',
  ]);
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

test('cancel before any step has started ends the run without finally; cancel after one follows what was sent and cleans up', async () => {
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

test('readiness is checked again when the approval comes more than five minutes later, and a failing check then asks again', async () => {
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
  expect(await world.go()).toMatchObject({ state: 'waiting', reason: 'approval' });
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

const CHECKED = { readiness: { checks: [leaf('replication', 'read'), leaf('network', 'read')] } };
const failing =
  (...names: readonly string[]): NonNullable<Answers['read']> =>
  async (_ports, { stepPath }) =>
    names.some((name) => stepPath.endsWith(name))
      ? { kind: 'failed', failure: { kind: 'target', message: 'not healthy' } }
      : { kind: 'succeeded', result: {} };

test('a failed readiness check is told at the gate, and an approval counts only when it waives the check with a reason', async () => {
  const world = await makeRunWorld({ ...CHECKED, steps: [step('gate', GATE), leaf('change', 'guarded')] }, { read: failing('network') });
  expect(await world.go()).toMatchObject({ state: 'waiting', reason: 'approval' });
  await world.say({ kind: 'approve', step: 'gate' });
  await world.say({ kind: 'approve', step: 'gate', waive: 'network' });
  await world.say({ kind: 'approve', step: 'gate', waive: 'replication', reason: 'typo' });
  expect(await world.go()).toMatchObject({ state: 'waiting' });
  const refused = (await world.ports.store.readEvents(world.runId, 0, 100)).flatMap(({ type, data }) =>
    type === 'runward.command.refused' ? [data['why']] : [],
  );
  expect(refused).toEqual([
    'readiness check network failed (RW519): repair, or waive it by name with a reason (not healthy)',
    'waiving readiness check network needs a reason',
    'there is no failed readiness check replication: nothing is waived',
  ]);
  await world.say({ kind: 'approve', step: 'gate', waive: 'network', reason: 'peering is repaired, INC-7' });
  expect(await world.go()).toMatchObject({ state: 'succeeded' });
  expect((await world.step('gate')).decisions).toMatchObject([{ waive: 'network', reason: 'peering is repaired, INC-7' }]);
});

test('two failed checks, and a failed one that no gate stands behind, end the run before anything is changed', async () => {
  const steps = [step('gate', GATE), leaf('change', 'guarded')];
  const two = await makeRunWorld({ ...CHECKED, steps }, { read: failing('network', 'replication') });
  expect(await two.go()).toMatchObject({ state: 'failed', reason: expect.stringContaining('(RW519)') });
  const open = await makeRunWorld({ ...CHECKED, steps: [leaf('change', 'guarded'), step('gate', GATE)] }, { read: failing('network') });
  expect(await open.go()).toMatchObject({ state: 'failed', reason: 'readiness check network: not healthy (RW519)' });
  const skipped = await makeRunWorld(
    { ...CHECKED, steps: [step('gate', { ...GATE, onTimeout: 'skip' }), leaf('change', 'guarded')] },
    { read: failing('network') },
  );
  expect(await skipped.go()).toMatchObject({ state: 'failed' });
});

test('checks are made again after the last approval when they are old; one that fails then is asked about once more', async () => {
  let rounds = 0;
  const world = await makeRunWorld(
    { ...CHECKED, steps: [step('gate', GATE), leaf('change', 'guarded')] },
    {
      read: async (_ports, { stepPath }) => {
        if (stepPath.endsWith('network')) rounds += 1;
        return stepPath === 'readiness#2/network'
          ? { kind: 'failed', failure: { kind: 'target', message: 'not healthy' } }
          : { kind: 'succeeded', result: {} };
      },
    },
  );
  await world.go();
  await pass(world, 360_000);
  await world.say({ kind: 'approve', step: 'gate' });
  expect(await world.go()).toMatchObject({ state: 'waiting', reason: 'approval' });
  expect(await world.step('gate#2')).toMatchObject({
    reason: 'readiness check network failed (RW519): repair, or have an approver waive it',
  });
  expect(world.calls).not.toContain('change:submit');
  await pass(world, 360_000);
  await world.say({ kind: 'approve', step: 'gate#2', waive: 'network', reason: 'known' });
  expect(await world.go()).toMatchObject({ state: 'succeeded' });
  expect(rounds).toBe(3);
});
