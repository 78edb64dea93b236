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
