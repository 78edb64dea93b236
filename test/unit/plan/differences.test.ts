import { expect, test } from 'vitest';
import { planDifferences } from '../../../engine/plan/differences.ts';
import type { PlannedSet } from '../../../engine/plan/plan-record.ts';
import { pinnedRunbook, testPlan } from '../../support/plan.ts';
import { testTarget } from '../../support/targets.ts';

const set = (...names: readonly string[]): PlannedSet => ({
  onEmpty: 'fail',
  onUnreachable: 'fail',
  targets: names.map((name) => testTarget(name)),
});
const child = pinnedRunbook({ name: 'child', steps: [] });
const plan = testPlan({ steps: [] }, { inputs: { ring: 'a' }, sets: { web: set('web-01', 'web-02') }, calls: { child } });

test('equal plans differ in nothing', () => {
  expect(planDifferences(plan, structuredClone(plan))).toEqual([]);
});

test('inputs, machines, texts, documents and called runbooks are told by name', () => {
  const after = {
    ...plan,
    inputs: { ring: 'b' },
    runbookDigest: '2'.repeat(64),
    sets: { web: set('web-01', 'web-03') },
    documents: { 'configurations/web.dsc.yaml': '3'.repeat(64) },
    calls: { child: { ...child, digest: '4'.repeat(64) } },
  };
  expect(planDifferences(plan, after)).toEqual([
    'text of the runbook: "00000000" → "22222222"',
    'input ring: "a" → "b"',
    'target set web: - web-02, + web-03',
    'document configurations/web.dsc.yaml: none → "33333333"',
    'called runbook child: "11111111" → "44444444"',
  ]);
});

test('a fact of a machine that changed is told', () => {
  const after = {
    ...plan,
    sets: { web: { ...set('web-01', 'web-02'), targets: [{ ...testTarget('web-01'), powerState: 'stopped' }, testTarget('web-02')] } },
  };
  expect(planDifferences(plan, after)).toEqual(['target set web: powerState of web-01']);
});

test('a recovery plan is told beside the sets that take a part of it: its failover would move all of it', () => {
  const held = (name: string, lifecycleId = 'a') => ({
    id: name,
    lockId: testTarget(name).lockId,
    name,
    replicated: { machines: [], lifecycleId },
  });
  const before = { ...plan, recoveryPlans: { '/x/rp-shop': [held('web-01'), held('db-01'), held('app-01'), held('app-02')] } };
  const after = { ...plan, recoveryPlans: { '/x/rp-shop': [held('web-01', 'b'), held('db-01', 'b'), held('app-01'), held('jump-01')] } };
  expect(planDifferences(before, after)).toEqual(['recovery plan rp-shop: - app-02, + jump-01, protection of db-01']);
});
