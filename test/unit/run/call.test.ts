import { expect, test } from 'vitest';
import type { RunId } from '../../../engine/ids.ts';
import { canonicalJson, type JsonValue } from '../../../engine/json.ts';
import type { Step } from '../../../engine/language/runbook.ts';
import { advance } from '../../../engine/run/advance.ts';
import type { Plan } from '../../../engine/plan/plan-record.ts';
import { startRun } from '../../../engine/run/start.ts';
import { summarize } from '../../../engine/run/summary.ts';
import { pinnedRunbook, step, testPlan } from '../../support/plan.ts';
import { type Answers, leaf, makeRunWorld, type RunWorld } from '../../support/run-world.ts';
import { testTarget } from '../../support/targets.ts';

const callOf = (id: string, runbook: string, given: Readonly<Record<string, JsonValue>> = {}, more: Partial<Step> = {}): Step =>
  step(id, { kind: 'call', runbook, with: given }, more);

const failing: Answers = { read: async () => ({ kind: 'failed', failure: { kind: 'target', message: 'the disk is full' } }) };

async function childOf(world: RunWorld, path = 'install') {
  const id = (await world.step(path)).handle?.runId;
  const stored = id === undefined ? undefined : await world.ports.store.readRun(id as RunId);
  if (stored === undefined) throw new Error(`${path} has called nothing`);
  return { run: stored.run, steps: Object.fromEntries(stored.steps.map((record) => [record.path, record.state])) };
}

async function summaryOf(world: RunWorld, runId: RunId, plan: Plan) {
  const stored = await world.ports.store.readRun(runId);
  if (stored === undefined) throw new Error('the run is gone');
  return summarize({ ...stored, plan, pendingCommands: 0, nowMs: 0, baseUrl: '' });
}

const CHILD = pinnedRunbook({
  name: 'child',
  inputs: { node: { type: 'string' }, grace: { type: 'duration', default: '5m' } },
  steps: [leaf('look', 'read'), leaf('mark', 'guarded')],
  outputs: { where: 'inputs.node', grace: 'inputs.grace' },
});

test('a call is a run of its own: it is created once, followed to its end, and its outputs are the result', async () => {
  const world = await makeRunWorld(
    {
      steps: [
        callOf('install', 'child', { node: '${{ "web-" + string(1) }}', grace: '${{ duration("90s") }}' }),
        step('check', {
          kind: 'assert',
          checks: [{ that: 'steps.install.outputs.where == "web-1" && steps.install.outputs.grace == duration("90s")', message: 'no' }],
        }),
      ],
    },
    {},
    { calls: { child: CHILD } },
  );
  expect((await world.go()).state).toBe('succeeded');
  const child = await childOf(world);
  expect(child.run).toMatchObject({
    state: 'succeeded',
    number: 2,
    trigger: 'call',
    requester: { id: 'alice' },
    parent: { runId: world.runId, number: 1, runbook: 'test', step: 'install', ancestors: [world.runId] },
  });
  expect(child.steps).toEqual({ look: 'succeeded', mark: 'succeeded' });
  const shown = await summaryOf(world, world.runId, world.plan);
  expect(shown.steps.find(({ id }) => id === 'install')?.calls).toEqual({ id: child.run.runId, number: 2, runbook: 'child' });
  expect((await summaryOf(world, child.run.runId, world.plan)).calledBy).toEqual({
    id: world.runId,
    number: 1,
    runbook: 'test',
    step: 'install',
  });
  expect((await world.ports.store.listRuns({ limit: 10 })).length).toBe(2);
});

test('a child is shown under the same address as its caller', async () => {
  const child = pinnedRunbook({ ...CHILD.definition, steps: [leaf('look', 'read', { outputs: { page: 'run.url' } })] });
  const world = await makeRunWorld({ steps: [callOf('install', 'child', { node: 'a' })] }, {}, { calls: { child } });
  expect((await world.go()).state).toBe('succeeded');
  const stored = await world.ports.store.readRun((await childOf(world)).run.runId);
  expect(stored?.steps).toMatchObject([{ outputs: { page: 'https://runward.example.com/runs/2' } }]);
});

test('a failed child fails its step with what went wrong there, and a tolerated failure makes the step partially failed', async () => {
  const world = await makeRunWorld({ steps: [callOf('install', 'child', { node: 'a' })] }, failing, { calls: { child: CHILD } });
  expect(await world.go()).toMatchObject({
    state: 'failed',
    reason: expect.stringContaining('run 2 (child) failed: step look: the disk is full'),
  });
  const tolerant = pinnedRunbook({ ...CHILD.definition, steps: [leaf('look', 'read', { onFailure: 'continue' })] });
  const half = await makeRunWorld({ steps: [callOf('install', 'child', { node: 'a' })] }, failing, { calls: { child: tolerant } });
  expect((await half.go()).state).toBe('partially_failed');
  expect(await half.step('install')).toMatchObject({ state: 'succeeded', verdict: 'partially_failed' });
});

test('inputs that do not fit fail the step before anything is started', async () => {
  const world = await makeRunWorld({ steps: [callOf('install', 'child', { node: '${{ 7 }}' })] }, {}, { calls: { child: CHILD } });
  expect(await world.go()).toMatchObject({ state: 'failed', reason: expect.stringContaining('input /node: must be text (RW517)') });
  expect((await world.ports.store.listRuns({ limit: 10 })).length).toBe(1);
});

test('the caller keeps no place of a worker while the called run waits for a person, and goes on when it has ended', async () => {
  const gate = step('gate', { kind: 'manual', by: ['group:approvers'], instructions: 'look', form: {}, timeoutMs: 3_600_000 });
  const child = pinnedRunbook({ name: 'child', steps: [gate] });
  const world = await makeRunWorld({ steps: [callOf('install', 'child')] }, {}, { calls: { child } });
  await world.go(60_000);
  expect(await childOf(world)).toMatchObject({ run: { state: 'waiting' } });
  expect(await world.run()).toMatchObject({ state: 'running', leaseUntilMs: 0 });
  expect((await world.step('install')).reason).toBe('run 2 is waiting: approval');
});

test('a cancelled caller cancels the called run with the same word, and what was sent there is followed to its end', async () => {
  const child = pinnedRunbook({
    name: 'child',
    steps: [step('bake', { kind: 'wait', wait: { duration: '1h' } }), leaf('mark', 'guarded')],
  });
  const world = await makeRunWorld({ steps: [callOf('install', 'child'), leaf('after', 'guarded')] }, {}, { calls: { child } });
  await world.go(60_000);
  await world.say({ kind: 'cancel' });
  expect((await world.go()).state).toBe('cancelled');
  expect(await childOf(world)).toMatchObject({
    run: { state: 'cancelled', cancel: { by: 'dana' } },
    steps: { bake: 'cancelled', mark: 'cancelled' },
  });
  expect(await world.steps()).toMatchObject({ install: 'failed', after: 'cancelled' });
});

test('a word to another run is not obeyed, even when a server has signed it', async () => {
  const child = pinnedRunbook({ name: 'child', steps: [step('bake', { kind: 'wait', wait: { duration: '5m' } })] });
  const world = await makeRunWorld({ steps: [callOf('install', 'child')] }, {}, { calls: { child } });
  await world.go(60_000);
  const { run } = await childOf(world);
  const body = JSON.stringify({
    kind: 'cancel',
    runId: '99999999-1111-5111-8111-111111111111',
    by: { id: 'eve', name: 'eve', kind: 'token', groups: [] },
    atMs: 0,
  });
  const signature = world.ports.signer.sign(body);
  if (signature === undefined) throw new Error('this world can sign');
  await world.ports.store.command(run.runId, { id: 'forged', body, signature });
  expect((await world.go()).state).toBe('succeeded');
});

test('the called run ends with the time of its step', async () => {
  const child = pinnedRunbook({ name: 'child', steps: [step('bake', { kind: 'wait', wait: { duration: '5h' } })] });
  const world = await makeRunWorld({ steps: [callOf('install', 'child', {}, { timeoutMs: 600_000 })] }, {}, { calls: { child } });
  const started = world.time.clock.nowMs();
  expect((await world.go()).state).toBe('failed');
  expect(world.time.clock.nowMs() - started).toBeLessThan(700_000);
  expect(await childOf(world)).toMatchObject({ run: { state: 'timed_out' } });
  expect(await world.step('install')).toMatchObject({ verdict: 'timed_out' });
});

test('calls of calls: each has its record, and the targets of all are locked by the first run', async () => {
  const host = testTarget('db');
  const at = { line: 1, column: 1 };
  const inner = pinnedRunbook(
    {
      name: 'inner',
      targets: { db: { source: { kind: 'hosts', hosts: [] }, max: 1, onEmpty: 'fail', onUnreachable: 'fail', at } },
      steps: [leaf('mark', 'guarded', { target: { kind: 'set', set: 'db' } })],
    },
    { db: { targets: [host] } },
  );
  const middle = pinnedRunbook({ name: 'middle', steps: [callOf('deeper', 'inner')] });
  const locked: string[] = [];
  const world = await makeRunWorld(
    { steps: [callOf('install', 'middle')] },
    {
      submit: async () => {
        const other = '33333333-1111-5111-8111-111111111111' as RunId;
        const answer = await world.ports.store.lock(['ssh://db'], other);
        locked.push(answer.kind === 'held' ? answer.by : 'nobody');
        return { kind: 'accepted', handle: { jobId: 'job' } };
      },
    },
    { calls: { middle, inner } },
  );
  expect((await world.go()).state).toBe('succeeded');
  const runs = await world.ports.store.listRuns({ limit: 10 });
  expect(runs.map(({ runbook, state }) => `${runbook} ${state}`)).toEqual(['inner succeeded', 'middle succeeded', 'test succeeded']);
  expect(runs[0]?.parent?.ancestors).toEqual([world.runId, runs[1]?.runId]);
  const other = '33333333-1111-5111-8111-111111111112' as RunId;
  expect(locked).toEqual([world.runId]);
  expect(await world.ports.store.lock(['ssh://db'], other)).toEqual({ kind: 'locked' });
});

test('a run that only claims to be called is not carried out', async () => {
  const child = pinnedRunbook({ name: 'child', steps: [step('bake', { kind: 'wait', wait: { duration: '5m' } })] });
  const world = await makeRunWorld({ steps: [callOf('install', 'child')] }, {}, { calls: { child } });
  await world.go(10_000);
  const other = testPlan({ name: 'child', steps: [leaf('wipe', 'guarded')] });
  const text = canonicalJson(other);
  const runId = '44444444-1111-5111-8111-111111111111' as RunId;
  await startRun(world.ports, {
    plan: { plan: other, text, hash: world.ports.ids.sha256(text) },
    runId,
    requester: { id: 'alice', name: 'alice', kind: 'token', groups: [] },
    trigger: 'call',
    parent: { runId: world.runId, number: 1, runbook: 'test', step: 'install', ancestors: [world.runId] },
  });
  await world.go(10_000);
  expect((await world.ports.store.readRun(runId))?.run).toMatchObject({
    state: 'paused',
    reason: 'the plan does not follow from the one of the run that called it',
  });
  expect(world.calls).toEqual([]);
});

test('a worker that dies after creating the run finds it again instead of creating another', async () => {
  const world = await makeRunWorld({ steps: [callOf('install', 'child', { node: 'a' })] }, {}, { calls: { child: CHILD } });
  const { store } = world.ports;
  let created = 0;
  const dying = {
    ...store,
    // The process is gone before it hears that the run exists; its lease runs out.
    async create(request: Parameters<typeof store.create>[0]): ReturnType<typeof store.create> {
      await store.create(request);
      created += 1;
      return new Promise(() => undefined);
    },
    renew: async () => new Promise<never>(() => undefined),
  };
  void advance({ ...world.engine, ports: { ...world.ports, store: dying } }, world.runId, new AbortController().signal);
  await world.time.run(world.time.clock.monotonicMs() + 1_000, () => created > 0);
  expect((await world.step('install')).state).toBe('intent');
  await world.time.run(world.time.clock.monotonicMs() + 61_000, () => false);
  expect((await world.go()).state).toBe('succeeded');
  expect(await world.step('install')).toMatchObject({ adopted: true, send: 1 });
  expect((await world.ports.store.listRuns({ limit: 10 })).length).toBe(2);
});
