import { expect, test } from 'vitest';
import type { EffectAction, ReadAction } from '../../../engine/actions/action.ts';
import type { Step } from '../../../engine/language/runbook.ts';
import type { Plan } from '../../../engine/plan/plan-record.ts';
import { type Beside, GATE, leaf, makeRunWorld, type RunWorld, step } from '../../support/run-world.ts';

/** Fails the steps of these paths until told otherwise; `produced` are machines that a step makes. */
function failing(broken: Set<string>, produced: Readonly<Record<string, readonly object[]>> = {}) {
  const poll: EffectAction['poll'] = async (_ports, { stepPath }) =>
    broken.has(stepPath) ? { kind: 'failed', failure: { kind: 'target', message: 'broken' } } : { kind: 'ended_well' };
  const verify: EffectAction['verify'] = async (_ports, { stepPath }) => ({
    kind: 'succeeded',
    result: { ok: true, changed: true },
    ...(produced[stepPath] === undefined ? {} : { produced: produced[stepPath] as never }),
  });
  const read: ReadAction['read'] = async (_ports, { stepPath }) =>
    broken.has(stepPath)
      ? { kind: 'failed', failure: { kind: 'target', message: 'broken' } }
      : { kind: 'succeeded', result: { ok: true, by: stepPath } };
  return { poll, verify, read };
}

const block = (id: string, steps: readonly Step[], more: Partial<Step> = {}): Step =>
  step(id, { kind: 'steps', steps, finally: [] } as Step['body'], more);
const submits = (world: RunWorld) => world.calls.filter((call) => call.endsWith(':submit')).map((call) => call.split(':')[0]);
const vms = (...keys: readonly string[]): Plan['sets'] => ({
  vms: {
    onEmpty: 'fail',
    onUnreachable: 'fail',
    targets: keys.map((key) => ({ key, name: key, kind: 'host', id: `ssh://${key}`, lockId: `ssh://${key}` }) as never),
  },
});

async function again(
  old: RunWorld,
  retry: Beside['retry'],
  more: {
    readonly steps: readonly Step[];
    readonly finally?: readonly Step[];
    readonly given?: object;
    readonly broken?: Set<string>;
    readonly objectives?: object;
    readonly outputs?: Readonly<Record<string, string>>;
  },
) {
  const { given = {}, broken = new Set<string>(), ...definition } = more;
  return makeRunWorld({ ...definition } as never, failing(broken), given, { ...old, ...(retry === undefined ? {} : { retry }) });
}

test('what succeeded keeps its result and its key, what failed runs again with what follows it; the old record stays as it was', async () => {
  const steps = [leaf('first', 'guarded'), leaf('second', 'guarded'), leaf('third', 'guarded')];
  const tidy = [leaf('tidy', 'guarded')];
  const old = await makeRunWorld({ steps, finally: tidy }, failing(new Set(['second'])));
  expect((await old.go()).state).toBe('failed');
  const before = await old.ports.store.readRun(old.runId);

  const world = await again(old, { mode: 'failed' }, { steps, finally: tidy, outputs: { from: 'run.retry_of' } });
  const run = await world.go();
  expect(run).toMatchObject({ state: 'succeeded', retryOf: { runId: old.runId, number: 1, mode: 'failed' }, outputs: { from: '1' } });
  expect(submits(world)).toEqual(['second', 'third', 'finally/tidy']);
  expect(await world.step('first')).toMatchObject({ keptFrom: 1, key: (await old.step('first')).key });
  expect((await world.step('second')).key).not.toBe((await old.step('second')).key);
  expect(await old.ports.store.readRun(old.runId)).toMatchObject({ run: before?.run, steps: before?.steps });
  const [created] = await world.ports.store.readAudit(world.runId);
  expect(created?.data).toMatchObject({ retryOf: { run: old.runId, mode: 'failed' }, kept: 1 });
});

test('one item alone begins with the first step of its block that did not succeed; other items keep their keys', async () => {
  const steps = [
    block('update', [leaf('drain', 'guarded'), leaf('patch', 'guarded'), leaf('join', 'guarded')], { target: { kind: 'set', set: 'vms' } }),
    leaf('report', 'read'),
  ];
  const given = { sets: vms('a', 'b') };
  const old = await makeRunWorld({ steps }, failing(new Set(['update[b]/patch'])), given);
  expect((await old.go()).state).toBe('failed');
  const world = await again(old, { mode: 'only', step: 'update[b]' }, { steps, given });
  expect((await world.go()).state).toBe('succeeded');
  expect(submits(world)).toEqual(['update[b]/patch', 'update[b]/join']);
  expect(await world.step('update[a]/join')).toMatchObject({ keptFrom: 1, key: (await old.step('update[a]/join')).key });
  expect(await world.step('report')).toMatchObject({ state: 'skipped', reason: 'not part of this retry: skipped in run 1' });
});

test('a retry of what failed goes on behind the failed item', async () => {
  const steps = [leaf('update', 'guarded', { target: { kind: 'set', set: 'vms' } }), leaf('report', 'guarded')];
  const given = { sets: vms('a', 'b') };
  const old = await makeRunWorld({ steps }, failing(new Set(['update[b]'])), given);
  await old.go();
  const world = await again(old, { mode: 'failed' }, { steps, given });
  expect((await world.go()).state).toBe('succeeded');
  expect(submits(world)).toEqual(['update[b]', 'report']);
});

test('from a step: that step and all that follows it, whatever had succeeded', async () => {
  const steps = [leaf('first', 'guarded'), block('middle', [leaf('left', 'guarded'), leaf('right', 'guarded')]), leaf('last', 'guarded')];
  const old = await makeRunWorld({ steps }, failing(new Set(['last'])));
  await old.go();
  const inside = await again(old, { mode: 'from', step: 'middle/right' }, { steps });
  expect((await inside.go()).state).toBe('succeeded');
  expect(submits(inside)).toEqual(['middle/right', 'last']);
  const whole = await again(old, { mode: 'from', step: 'middle' }, { steps });
  await whole.go();
  expect(submits(whole)).toEqual(['middle/left', 'middle/right', 'last']);
});

test('only one step: what failed beside it stays out, and the new run does not hide it', async () => {
  const steps = [leaf('first', 'guarded', { onFailure: 'continue' }), leaf('second', 'guarded'), leaf('third', 'guarded')];
  const old = await makeRunWorld({ steps }, failing(new Set(['first', 'second'])));
  await old.go();
  const world = await again(old, { mode: 'only', step: 'second' }, { steps });
  expect((await world.go()).state).toBe('succeeded');
  expect(submits(world)).toEqual(['second']);
  expect(await world.step('first')).toMatchObject({ state: 'skipped', reason: 'not part of this retry: failed in run 1' });
  expect((await old.run()).state).toBe('failed');
});

test('an approval is void: the new run asks again, before anything is sent', async () => {
  const steps = [step('gate', GATE), leaf('change', 'guarded')];
  const old = await makeRunWorld({ steps }, failing(new Set(['change'])));
  await old.go();
  await old.say({ kind: 'approve', step: 'gate' });
  expect((await old.go()).state).toBe('failed');
  for (const retry of [{ mode: 'failed' }, { mode: 'only', step: 'change' }] as const) {
    const world = await again(old, retry, { steps });
    expect(await world.go()).toMatchObject({ state: 'waiting', reason: 'approval' });
    expect(world.calls).toEqual([]);
    await world.say({
      kind: 'approve',
      step: 'gate',
      by: { id: `dana-${retry.mode}`, name: 'dana', kind: 'token', groups: ['approvers'] },
    });
    expect((await world.go()).state).toBe('succeeded');
    expect(submits(world)).toEqual(['change']);
  }
});

test('a step whose machines are gone runs again, and so does what was done on them or read them', async () => {
  const machine = { key: 'db', name: 'db-test', kind: 'vm', id: '/vms/db-test', lockId: '/vms/db-test' };
  const steps = [
    leaf('failover', 'guarded'),
    leaf('repoint', 'guarded', { target: { kind: 'produced', expression: 'steps.failover.produced' } as never }),
    leaf('unrelated', 'guarded'),
    leaf('answers', 'read'),
  ];
  const old = await makeRunWorld({ steps }, failing(new Set(['answers']), { failover: [machine] }));
  expect((await old.go()).state).toBe('failed');
  const there = await again(old, { mode: 'failed' }, { steps });
  await there.go();
  expect(submits(there)).toEqual([]);
  const fresh = { ...machine, id: '/vms/db-test-2', lockId: '/vms/db-test-2' };
  const world = await makeRunWorld(
    { steps },
    failing(new Set(), { failover: [fresh] }),
    {},
    { ...old, retry: { mode: 'failed', gone: ['/vms/db-test'] } },
  );
  expect((await world.go()).state).toBe('succeeded');
  expect(submits(world)).toEqual(['failover', 'repoint[db-test]']);
});

test('the clock of the recovery time is that of the new run: what was kept is not measured again', async () => {
  const objectives = { rtoMs: 3_600_000, clock: { start: 'failover', stop: 'answers', count: 'wall' } } as const;
  const steps = [leaf('failover', 'guarded'), leaf('answers', 'read')];
  const old = await makeRunWorld({ steps, objectives }, failing(new Set(['answers'])));
  await old.go();
  const kept = await (await again(old, { mode: 'failed' }, { steps, objectives })).go();
  expect(kept.clock).toEqual({ waitedMs: 0 });
  const world = await again(old, { mode: 'from', step: 'failover' }, { steps, objectives });
  const whole = await world.go();
  expect(whole.clock.startedAtMs).toBe((await world.step('failover')).createdAtMs);
  expect((await world.step('failover')).keptFrom).toBeUndefined();
});

test('steps that read an edited input run again with everything that reads them', async () => {
  const steps = [
    leaf('first', 'guarded'),
    leaf('second', 'guarded', { if: 'steps.first.status == "succeeded"' }),
    leaf('third', 'guarded'),
    leaf('last', 'read'),
  ];
  const old = await makeRunWorld({ steps }, failing(new Set(['last'])));
  await old.go();
  const world = await again(old, { mode: 'failed', edited: ['first'] }, { steps });
  await world.go();
  expect(submits(world)).toEqual(['first', 'second']);
});

test('a run in which everything succeeded has nothing to retry, and a step that it does not have cannot be named', async () => {
  const steps = [leaf('first', 'guarded')];
  const old = await makeRunWorld({ steps });
  await old.go();
  await expect(again(old, { mode: 'failed' }, { steps })).rejects.toThrow('there is nothing to retry');
  await expect(again(old, { mode: 'only', step: 'other' }, { steps })).rejects.toThrow('the run has no step other');
});

test('a rollback of an ended run undoes what it did, the last one first and each once, and cleans up', async () => {
  const undo = (id: string) => ({ rollback: [leaf(`undo_${id}`, 'guarded')] });
  const steps = [leaf('first', 'guarded', undo('first')), leaf('second', 'guarded', undo('second')), leaf('third', 'guarded')];
  const tidy = [leaf('tidy', 'guarded')];
  const old = await makeRunWorld({ steps, finally: tidy }, failing(new Set(['third'])));
  expect((await old.go()).state).toBe('failed');
  const world = await again(old, { mode: 'rollback' }, { steps, finally: tidy });
  expect(await world.go()).toMatchObject({ state: 'succeeded', rollback: 'complete', retryOf: { number: 1, mode: 'rollback' } });
  expect(submits(world)).toEqual(['second/roll-back/undo_second', 'first/roll-back/undo_first', 'finally/tidy']);
  expect((await old.step('first')).undoneBy).toBeUndefined();
  await expect(again(world, { mode: 'rollback' }, { steps, finally: tidy })).rejects.toThrow('still open');
  const anew = await again(world, { mode: 'failed' }, { steps, finally: tidy });
  await anew.go();
  expect(submits(anew)).toEqual(['first', 'second', 'third', 'finally/tidy']);
});

test('a rollback that failed begins anew, what it had undone stays undone', async () => {
  const undo = (id: string) => ({ rollback: [leaf(`undo_${id}`, 'guarded')] });
  const steps = [leaf('first', 'guarded', undo('first')), leaf('second', 'guarded', undo('second'))];
  const old = await makeRunWorld({ steps });
  await old.go();
  const broken = await again(old, { mode: 'rollback' }, { steps, broken: new Set(['first/roll-back/undo_first']) });
  expect((await broken.go()).state).toBe('paused');
  await broken.say({ kind: 'resolve', step: 'first/roll-back/undo_first', as: 'failed', reason: 'later' });
  expect(await broken.go()).toMatchObject({ state: 'partially_failed', reason: 'not everything was undone', rollback: 'failed' });
  const last = await again(broken, { mode: 'rollback' }, { steps });
  expect(await last.go()).toMatchObject({ state: 'succeeded', rollback: 'complete' });
  expect(submits(last)).toEqual(['first/roll-back/undo_first']);
});
