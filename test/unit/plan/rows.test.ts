import { expect, test } from 'vitest';
import type { Step } from '../../../engine/language/runbook.ts';
import { planRows } from '../../../engine/plan/rows.ts';
import { leaf, step } from '../../support/run-world.ts';

const known = {
  scope: {},
  sets: {},
  open: new Set<string>(),
  calls: new Map(),
  actions: new Map([
    ['test.read@1', { effect: 'read', severity: 'mild' } as const],
    [
      'test.guarded@1',
      { effect: 'guarded', severity: 'moderate', noteWith: { argument: 'expire_after', note: 'deletes old ones' } } as const,
    ],
  ]),
  nowMs: 0,
  steps: new Map<string, Step>(),
};

test('steps after a wave are shown once, below their rollout, with what they do', () => {
  const check = step('wave_ok', { kind: 'assert', checks: [{ that: 'wave.failed == 0', message: 'stop' }] }, { if: 'wave.number == 1' });
  const rollout = { waves: [{ count: 1 }], maxFailures: { count: 0 }, afterWave: [check, leaf('mark', 'guarded')] };
  const rows = planRows([leaf('each', 'read', { forEach: '${{ ["a", "b"] }}', rollout })], 'steps', known);
  expect(rows.map(({ depth, path, kind, condition }) => [depth, path, kind, condition])).toEqual([
    [0, 'each', 'READ', 'always'],
    [1, 'each/after_wave/wave_ok', 'READ', 'depends'],
    [1, 'each/after_wave/mark', 'MUTATES', 'always'],
  ]);
});

test('a list that is known now is counted, and cut into its waves; one that a step yields is not', () => {
  const rollout = { waves: [{ count: 1 }, { percent: 50 }], maxFailures: { count: 0 } };
  const row = (forEach: string) => planRows([leaf('each', 'read', { forEach, rollout })], 'steps', known)[0];
  expect(row('${{ ["a", "b", "c"] }}')).toMatchObject({ targets: 3, waves: [1, 2] });
  expect(row('${{ steps.list.outputs.names }}')).not.toHaveProperty('targets');
});

test('a wait is shown with its length where that is known now', () => {
  const note = (duration: string) =>
    planRows([step('bake', { kind: 'wait', wait: { duration } })], 'steps', {
      ...known,
      scope: { inputs: { bake: { $duration: 1_800_000 } } },
    })[0]?.note;
  expect(note('${{ inputs.bake }}')).toBe('waits 30m');
  expect(note('10m')).toBe('waits 10m');
  expect(note('${{ steps.look.outputs.pause }}')).toBe('waits ${{ steps.look.outputs.pause }}');
});

test('an undo is shown as what the rollbacks are that it runs', () => {
  const row = (...rollback: readonly Step[]) => {
    const steps = [leaf('drain', 'guarded', { rollback }), step('enable', { kind: 'undo', step: 'drain' })];
    return planRows(steps, 'steps', { ...known, steps: new Map(steps.map((one) => [one.id, one])) }).find(({ path }) => path === 'enable');
  };
  expect(row(leaf('undrain', 'guarded'))).toMatchObject({ kind: 'MUTATES', severity: 'moderate', note: 'runs undrain' });
  expect(row(leaf('look', 'read'), step('tell', { kind: 'run', script: 'mail', effect: 'blind', env: {} }))).toMatchObject({
    kind: 'UNKNOWN',
    severity: 'moderate',
    note: 'runs look, tell',
  });
  expect(row(leaf('look', 'read'))).toMatchObject({ kind: 'READ', severity: 'mild' });
});

test('what an argument adds to a change is said where the runbook writes it', () => {
  const note = (args: Readonly<Record<string, string>>) =>
    planRows([leaf('keep', 'guarded', { body: { kind: 'uses', action: 'test.guarded@1', with: args } })], 'steps', known)[0]?.note;
  expect(note({ expire_after: '7d' })).toBe('deletes old ones');
  expect(note({})).toBeUndefined();
});

const FROM_LIST = { forEach: '${{ steps.list.outputs.names }}' };
const block = (steps: readonly Step[], more: Partial<Step>): Step =>
  step('block', { kind: 'steps', steps, finally: [leaf('tidy', 'guarded')] }, more);

test.each<[string, Step, readonly string[]]>([
  ['a list', block([leaf('one', 'guarded')], FROM_LIST), ['block/one', 'block/tidy']],
  [
    'a filter',
    block([leaf('one', 'guarded')], { target: { kind: 'set', set: 'web', where: 'steps.list.outputs.ok' } }),
    ['block/one', 'block/tidy'],
  ],
  ['machines that the run makes', block([], { target: { kind: 'produced', expression: 'steps.list.produced' } }), ['block/tidy']],
  [
    'what undoes and handles them',
    leaf('one', 'guarded', { ...FROM_LIST, rollback: [leaf('back', 'guarded')] }),
    ['one', 'one/rollback/back'],
  ],
  [
    'the arguments of one step',
    block([leaf('one', 'guarded', { body: { kind: 'uses', action: 'test.guarded@1', with: { vm: '${{ steps.list.outputs.vm }}' } } })], {}),
    ['block/one'],
  ],
])('what stands in a block is UNKNOWN where only a later result tells %s', (_, given, expected) => {
  const rows = planRows([leaf('list', 'read'), given], 'steps', known);
  expect(rows.filter(({ kind }) => kind === 'UNKNOWN').map(({ path }) => path)).toEqual(expected);
  expect(rows.find(({ kind }) => kind === 'UNKNOWN')?.note).toBe('depends on a later result');
});

test('a condition holds for all that it stands around, and one that the clock decides is not known yet', () => {
  const conditions = (outer: string, inner: string) => {
    const inside = leaf('one', 'guarded', { if: inner, rollback: [leaf('back', 'guarded')] });
    return planRows([block([inside], { if: outer })], 'steps', known).map(({ path, condition }) => `${path} ${condition}`);
  };
  expect(conditions('false', 'true')).toEqual(['block/one never', 'block/one/rollback/back never', 'block/tidy never']);
  expect(conditions('true', 'false')).toEqual(['block/one never', 'block/one/rollback/back never', 'block/tidy always']);
  const late = 'now() > timestamp("2026-01-01T00:00:00Z")';
  expect(conditions(late, 'true')).toEqual(['block/one depends', 'block/one/rollback/back depends', 'block/tidy depends']);
  expect(conditions(late, 'false')[0]).toBe('block/one never');
});
