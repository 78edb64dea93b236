import type { RecoveryPointChoice } from '../actions/asr-recovery-point.ts';
import type { Runbook, Step } from '../language/runbook.ts';
import { READINESS_AGE_MAX_MS } from '../limits.ts';
import type { Plan } from '../plan/plan-record.ts';
import type { RunRecord, StepRecord } from '../run/record.ts';
import { allSteps, phasePrefix } from '../run/step-path.ts';
import type { PlannedMachine } from '../target.ts';
import { storedText } from '../values.ts';
import { isPointChoice, type ReadinessRead, type RecoveryPromises } from './machine-readiness.ts';
import { judgePlan, type PlanReadiness } from './plan-readiness.ts';

/** The newest run of a runbook's checks that has ended. */
export interface ChecksRun {
  readonly run: Pick<RunRecord, 'number' | 'createdAtMs' | 'readinessRound' | 'endedAtMs'>;
  readonly steps: readonly StepRecord[];
  readonly plan: Pick<Plan, 'definition' | 'recoveryPlans'>;
}

/** Every recovery plan that the runbooks of an application name, judged by what the checks of all of them have read. */
export function judgePlans(runbooks: readonly Runbook[], runs: readonly ChecksRun[], nowMs: number): readonly PlanReadiness[] {
  const machines = new Map<string, ReadinessRead>();
  const plans = new Map<string, ReadinessRead>();
  const held = new Map<string, readonly PlannedMachine[]>();
  for (const made of runs.toSorted((left, right) => left.run.createdAtMs - right.run.createdAtMs)) {
    for (const { record, read } of readsOf(made, 'asr.item.get'))
      if (record.target !== undefined) keepNewer(machines, record.target.lockId, read);
    for (const { read } of readsOf(made, 'asr.plan.get')) keepNewer(plans, storedText(read.result?.['plan']).toLowerCase(), read);
    for (const [planId, all] of Object.entries(made.plan.recoveryPlans ?? {})) held.set(planId, all);
  }
  const promises = promisesOf(runbooks);
  const words = wordsOf(runbooks);
  return [...held].map(([planId, all]) =>
    judgePlan({ planId, machines: all, reads: machines, planRead: plans.get(planId), words, promises, nowMs }),
  );
}

function keepNewer(kept: Map<string, ReadinessRead>, key: string, read: ReadinessRead): void {
  if ((kept.get(key)?.atMs ?? -Infinity) <= read.atMs) kept.set(key, read);
}

function readsOf(
  { run, steps, plan }: ChecksRun,
  action: string,
): readonly { readonly record: StepRecord; readonly read: ReadinessRead }[] {
  const { checks = [], everyMs } = plan.definition.readiness ?? {};
  const ids = new Set([...allSteps(checks)].filter((step) => usesOf(step)?.action.startsWith(`${action}@`) === true).map(({ id }) => id));
  const prefix = phasePrefix('readiness', run.readinessRound);
  return steps.flatMap((record) => {
    const atMs = record.endedAtMs ?? run.endedAtMs;
    if (record.node !== 'leaf' || !ids.has(record.stepId) || !record.path.startsWith(prefix) || atMs === undefined) return [];
    const why = record.error?.message;
    const read = { result: record.result, ...(why === undefined ? {} : { message: why }), atMs, run: run.number };
    return [{ record, read: { ...read, periodMs: everyMs ?? READINESS_AGE_MAX_MS } }];
  });
}

function promisesOf(runbooks: readonly Runbook[]): RecoveryPromises {
  const least = (values: readonly (number | undefined)[]): number | undefined => {
    const told = values.flatMap((value) => value ?? []);
    return told.length === 0 ? undefined : Math.min(...told);
  };
  return {
    rpoMs: least(runbooks.map(({ objectives }) => objectives?.rpoMs)),
    drillEveryMs: least(runbooks.map(({ objectives }) => objectives?.drillEveryMs)),
    points: runbooks.flatMap((runbook) => [...allSteps(runbook.steps)].flatMap((step) => pointOf(step, runbook))),
  };
}

const FAILOVERS = /^asr\.(plan|item)\.(test-)?failover@/;

function pointOf(step: Step, { inputs }: Runbook): readonly RecoveryPointChoice[] {
  const used = usesOf(step);
  if (used === undefined || !FAILOVERS.test(used.action)) return [];
  const written = used.with['recovery_point'];
  const input = /^\$\{\{\s*inputs\.([a-z0-9_]+)\s*\}\}$/.exec(typeof written === 'string' ? written : '')?.[1];
  const given = input === undefined ? written : inputs[input]?.default;
  // What only the run decides may be any point: then the newest of all is looked at.
  return [isPointChoice(given) ? given : 'latest-processed'];
}

const PLAN_WORDS = { 'asr.plan.failover': 'UnplannedFailover', 'asr.plan.test-failover': 'TestFailover' } as const;

function wordsOf(runbooks: readonly Runbook[]): readonly string[] {
  const used = runbooks.flatMap(({ steps }) => [...allSteps(steps)].flatMap((step) => usesOf(step)?.action.split('@')[0] ?? []));
  return Object.entries(PLAN_WORDS).flatMap(([action, word]) => (used.includes(action) ? [word] : []));
}

function usesOf({ body }: Step): Extract<Step['body'], { kind: 'uses' }> | undefined {
  return body.kind === 'uses' ? body : undefined;
}
