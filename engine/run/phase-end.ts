import type { RunChange } from './change.ts';
import { asksRunRollback, isTolerated } from './failure.ts';
import { clockChange } from './objective-clock.ts';
import { endOfRun } from './end-of-run.ts';
import type { RunRecord, StepRecord } from './record.ts';
import { mayBeWaived, notReady } from './readiness.ts';
import { runOutcome } from './run-outcome.ts';
import type { RunOutcome } from './run-state.ts';
import { phasePrefix, stepPath } from './step-path.ts';
import { countsAsFailed, statusOf, type StepStatus } from './verdict.ts';
import { stepsById } from './waiting.ts';
import { hasStarted } from './walk-block.ts';
import { isUntouched } from './run-stops.ts';
import type { Situation } from './walk.ts';

type Fields = NonNullable<RunChange['fields']>;

/** What follows when all steps of a phase have ended: readiness, steps, rollback where it is asked for, `finally`, the end. */
export function phaseEnd(situation: Situation, status: StepStatus): RunChange {
  const { view, plan } = situation;
  const { run } = view;
  const clock = clockChange(plan, view);
  switch (run.phase) {
    case 'readiness':
      if (run.state === 'cancelling') return afterMain(situation, status, clock);
      if (!countsAsFailed(status)) return { fields: { phase: 'main' }, events: [{ type: 'runward.run.ready', data: {} }] };
      // The gate in front of the first change tells what failed, and its approver may waive it.
      if (mayBeWaived(plan, view)) return notReadyChange(situation);
      return endOfRun(withOutcome(situation, 'failed'), 'succeeded', { ...clock, reason: `${reasonOf(situation)} (RW519)` });
    case 'main':
      return afterMain(situation, status, clock);
    case 'rollback':
      return afterRollback(situation, status, clock);
    case 'finally':
      if (run.state === 'cancelling')
        return { event: 'settled', fields: { ...clock, ...(run.cleanup === undefined ? { finallyDeadlineAtMs: null } : {}) } };
      return endOfRun(situation, status, clock);
  }
}

function notReadyChange({ plan, view }: Situation): RunChange {
  const checks = notReady(plan, view).map(({ check }) => check);
  return { fields: { phase: 'main' }, events: [{ type: 'runward.run.not_ready', data: { checks } }] };
}

function afterMain(situation: Situation, status: StepStatus, clock: Fields): RunChange {
  const { view, plan } = situation;
  const { run } = view;
  const stopped = run.state === 'cancelling' ? (run.outcome === 'timed_out' ? 'timed_out' : 'cancelled') : undefined;
  const outcome = runOutcome({ refused: refusalOf(situation), stopped, main: status });
  const decided = withOutcome(situation, outcome);
  const isForced = run.cleanup === 'incomplete';
  if (outcome === 'cancelled' && isUntouched(view) && (isForced || !hasBegun(situation))) {
    // Nothing was sent, so nothing is left behind: there is no cleanup that could be incomplete.
    const forced = isForced ? { cleanup: null, reason: `cancelled by ${run.cancel?.by ?? 'a person'}` } : {};
    return endOfRun(decided, 'succeeded', { ...clock, ...forced });
  }
  if (isForced) return { event: 'settled', fields: { ...clock, outcome } };
  const reason = stopped !== undefined || outcome === 'succeeded' ? {} : { reason: reasonOf(situation) };
  const event = run.state === 'cancelling' ? 'settled' : 'outcome_decided';
  const fields = { ...clock, outcome, ...reason };
  if (wantsRollback(situation, outcome)) return { event, fields: { ...fields, phase: 'rollback', ...budget(situation) } };
  const needsFinally = plan.definition.finally.length > 0 && hasBegun(situation);
  if (needsFinally || run.state === 'cancelling') return { event, fields: { ...fields, phase: 'finally', ...budget(situation) } };
  return endOfRun(decided, 'succeeded', fields);
}

function afterRollback(situation: Situation, status: StepStatus, clock: Fields): RunChange {
  const { view, plan } = situation;
  const undidSomething = [...view.steps.values()].some(({ undoneBy }) => undoneBy === 'run');
  const rollback = status === 'failed' ? 'failed' : undidSomething ? 'complete' : undefined;
  const fields: Fields = { ...clock, rollback: rollback ?? null };
  if (view.run.state === 'cancelling') return { event: 'settled', fields: { ...fields, phase: 'finally' } };
  const run: RunRecord = rollback === undefined ? view.run : { ...view.run, rollback };
  if (plan.definition.finally.length === 0) return endOfRun({ ...situation, view: { ...view, run } }, 'succeeded', fields);
  return { fields: { ...fields, phase: 'finally' }, events: [{ type: 'runward.run.rolled_back', data: { rollback: rollback ?? 'none' } }] };
}

/**
 * The whole run is rolled back when a failed top-level step asks for it, when a person asked for it with the cancel, and, where the runbook
 * says `on_failure: rollback`, also after a refusal and when its time is over.
 */
function wantsRollback(situation: Situation, outcome: RunOutcome): boolean {
  const { view, plan } = situation;
  const { onFailure, steps } = plan.definition;
  const word = typeof onFailure === 'object' ? onFailure.next : onFailure;
  switch (outcome) {
    case 'cancelled':
      return view.run.cancel?.rollback === true;
    case 'rejected':
    case 'timed_out':
      return word === 'rollback';
    case 'failed':
      return steps.some((step) => asksRunRollback(step, view.steps.get(step.id)));
    case 'succeeded':
    case 'partially_failed':
      return false;
  }
}

/** An approval that was denied, or that nobody decided in time, ends the run whatever the steps around it say of failures. */
export function refusalOf({ plan, view }: Pick<Situation, 'plan' | 'view'>): 'rejected' | 'timed_out' | undefined {
  const failed = [...view.steps.values()].filter(({ node, state }) => node === 'person' && state === 'failed');
  if (failed.length === 0) return undefined;
  if (failed.some(({ error }) => error?.kind === 'denied')) return 'rejected';
  const steps = stepsById(plan.definition);
  return failed.some(({ stepId }) => steps.get(stepId)?.body.kind === 'approval') ? 'timed_out' : undefined;
}

/** A step of this run has started; what a retry carried over was started by another run. */
function hasBegun({ view }: Situation): boolean {
  const own = [...view.steps.values()].filter(({ path, keptFrom }) => keptFrom === undefined && !path.startsWith('readiness'));
  return own.some(hasStarted);
}

function budget({ plan, nowMs }: Situation): Fields {
  return { finallyDeadlineAtMs: nowMs + plan.definition.finallyTimeoutMs };
}

function withOutcome(situation: Situation, outcome: RunOutcome): Situation {
  return { ...situation, view: { ...situation.view, run: { ...situation.view.run, outcome } } };
}

function reasonOf({ plan, view }: Situation): string {
  const { run } = view;
  const { readiness, steps } = plan.definition;
  const inReadiness = run.phase === 'readiness';
  const level = phasePrefix(run.phase, run.readinessRound);
  const failed = (inReadiness ? (readiness?.checks ?? []) : steps)
    .flatMap((step) => {
      const record = view.steps.get(stepPath(level, step.id));
      return record !== undefined && record.state === 'failed' && countsAsFailed(statusOf(record)) && !isTolerated(step, record)
        ? [record]
        : [];
    })
    .toSorted(byEnd)[0];
  const where = inReadiness ? 'readiness check' : 'step';
  return failed === undefined ? 'a tolerated failure' : `${where} ${failed.stepId}: ${failed.error?.message ?? 'failed'}`;
}

function byEnd(left: StepRecord, right: StepRecord): number {
  return (left.endedAtMs ?? 0) - (right.endedAtMs ?? 0);
}
