import { expect, test } from 'vitest';
import type { Runbook, Step } from '../../../engine/language/runbook.ts';
import { type ChecksRun, judgePlans } from '../../../engine/recovery/readiness-reads.ts';
import type { StepRecord } from '../../../engine/run/record.ts';
import type { Target } from '../../../engine/target.ts';
import { step } from '../../support/plan.ts';

const AT_MS = Date.UTC(2026, 10, 24, 9);
const PLAN = '/subscriptions/s/resourcegroups/g/providers/microsoft.recoveryservices/vaults/v/replicationrecoveryplans/rp-shop';
const MACHINES = ['db-01', 'web-01'].map((name) => ({ id: name, lockId: name, name }));
const uses = (id: string, action: string, given: Record<string, string> = {}): Step => step(id, { kind: 'uses', action, with: given });

const DRILL = {
  name: 'drill',
  inputs: { point: { default: 'latest-application-consistent' } },
  objectives: { rpoMs: 900_000, drillEveryMs: 1 },
  readiness: { everyMs: 3_600_000, checks: [uses('healthy', 'asr.item.get@1'), uses('idle', 'asr.plan.get@1')] },
  steps: [uses('test', 'asr.item.test-failover@1', { recovery_point: '${{ inputs.point }}' }), uses('move', 'asr.plan.failover@1')],
} as unknown as Runbook;

function leaf(path: string, more: Partial<StepRecord>): StepRecord {
  const stepId = /\/([a-z]+)/.exec(path)?.[1];
  return { path, stepId, node: 'leaf', state: 'succeeded', endedAtMs: AT_MS, ...more } as StepRecord;
}

function made(number: number, steps: readonly StepRecord[], more: Partial<ChecksRun['run']> = {}): ChecksRun {
  return {
    run: { number, createdAtMs: AT_MS + number, ...more },
    steps,
    plan: { definition: DRILL, recoveryPlans: { [PLAN]: MACHINES } },
  };
}

const of = (name: string) => ({ target: { lockId: name } as Target });
const judge = (...runs: readonly ChecksRun[]) => judgePlans([DRILL], runs, AT_MS);

test('the newest answer of all runbooks counts for each machine, and a failed read is no older answer', () => {
  const [plan] = judge(
    made(2, [
      leaf('readiness/healthy[db-01]', { ...of('db-01'), endedAtMs: AT_MS + 5, error: { kind: 'unreachable', message: 'no answer' } }),
    ]),
    made(1, [
      leaf('readiness/healthy', { node: 'fan_out' }),
      leaf('readiness/healthy[db-01]', { ...of('db-01'), result: { protection_state: 'Protected' } }),
      leaf('readiness/healthy[web-01]', { ...of('web-01'), result: { protection_state: 'Protected' } }),
    ]),
  );
  expect(plan).toMatchObject({
    plan: 'rp-shop',
    machines: [
      { machine: 'db-01', ready: 'unknown', message: 'no answer', run: 2 },
      { machine: 'web-01', run: 1 },
    ],
  });
  expect(plan?.machines[1]?.facts[0]).toMatchObject({ fact: 'protection', state: 'ready' });
});

test('checks that were made again count by their last round', () => {
  const [plan] = judge(
    made(
      1,
      [
        leaf('readiness/healthy[db-01]', { ...of('db-01'), result: { protection_state: 'Protected' } }),
        leaf('readiness#2/healthy[db-01]', { ...of('db-01'), result: { protection_state: 'Other' } }),
      ],
      { readinessRound: 2 },
    ),
  );
  expect(plan?.machines[0]?.facts[0]).toMatchObject({ is: 'Other' });
});

test('the plan is known by its id, what is wanted of it and of its points by the runbooks', () => {
  const result = { plan: PLAN.toUpperCase(), allowed_operations: ['UnplannedFailover'], current_scenario: 'None' };
  const points = { recovery_point_times: {}, read_time: { $time: AT_MS } };
  const [plan] = judge(made(1, [leaf('readiness/idle', { result }), leaf('readiness/healthy[db-01]', { ...of('db-01'), result: points })]));
  expect(plan?.facts[0]).toMatchObject({ fact: 'allowed', state: 'ready', limit: 'UnplannedFailover' });
  expect(plan?.machines[0]?.facts[3]).toMatchObject({ fact: 'recovery_point', state: 'not_ready', is: 'no application-consistent point' });
  expect(judge()).toEqual([]);
});
