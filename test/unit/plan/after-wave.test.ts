import { expect, test } from 'vitest';
import { planRows } from '../../../engine/plan/rows.ts';
import { leaf, step } from '../../support/run-world.ts';

test('steps after a wave are shown once, below their rollout, with what they do', () => {
  const check = step('wave_ok', { kind: 'assert', checks: [{ that: 'wave.failed == 0', message: 'stop' }] }, { if: 'wave.number == 1' });
  const rollout = { waves: [{ count: 1 }], maxFailures: { count: 0 }, afterWave: [check, leaf('mark', 'guarded')] };
  const known = {
    scope: {},
    sets: {},
    open: new Set<string>(),
    calls: new Map(),
    actions: new Map([
      ['test.read@1', { effect: 'read', severity: 'mild' } as const],
      ['test.guarded@1', { effect: 'guarded', severity: 'moderate' } as const],
    ]),
    nowMs: 0,
  };
  const rows = planRows([leaf('each', 'read', { forEach: '${{ ["a", "b"] }}', rollout })], 'steps', known);
  expect(rows.map(({ depth, path, kind, condition }) => [depth, path, kind, condition])).toEqual([
    [0, 'each', 'READ', 'always'],
    [1, 'each/after_wave/wave_ok', 'READ', 'depends'],
    [1, 'each/after_wave/mark', 'MUTATES', 'always'],
  ]);
});
