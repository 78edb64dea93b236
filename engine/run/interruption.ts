import type { Step } from '../language/runbook.ts';
import { moveStep, type RunChange, type StepChange } from './change.ts';
import { endOfRun } from './end-of-run.ts';
import { clockChange } from './objective-clock.ts';
import type { RunRecord, StepRecord } from './record.ts';
import type { Mode, Node, Situation } from './walk.ts';

/** A person asked to stop: nothing new starts, what was sent is followed to its end. Inside rollback and `finally` only `force` has an effect. */
export function cancelChange({ view, nowMs }: Situation): RunChange | undefined {
  const { run } = view;
  if (run.cancel === undefined || run.cleanup === 'incomplete') return undefined;
  if (run.cancel.force === true && ['running', 'waiting', 'paused', 'cancelling'].includes(run.state)) {
    const event = run.state === 'cancelling' ? {} : ({ event: 'cancel_asked' } as const);
    const fields = { outcome: run.outcome ?? 'cancelled', reason: 'cleanup_incomplete', cleanup: 'incomplete', pause: null } as const;
    return { ...event, fields: { ...endWaiting(run, nowMs), ...fields } };
  }
  const open = ['running', 'waiting', 'paused'].includes(run.state) && !isCleaningUp(run) && run.outcome === undefined;
  if (!open) return undefined;
  const fields = { outcome: 'cancelled', reason: `cancelled by ${run.cancel.by}`, pause: null } as const;
  return { event: 'cancel_asked', fields: { ...endWaiting(run, nowMs), ...fields } };
}

/** Rollback and `finally` are not stopped by a cancel: they are what a cancel ends with, within a time of their own. */
export function isCleaningUp({ phase }: Pick<RunRecord, 'phase'>): boolean {
  return phase === 'rollback' || phase === 'finally';
}

/** Work that was sent before a person or the clock stopped the run: its action may end it early. What cleans up inside a block goes on. */
export function isToBeStopped({ state, stopAskedAtMs }: StepRecord, run: Pick<RunRecord, 'state' | 'phase'>, mode: Mode): boolean {
  return state === 'submitted' && stopAskedAtMs === undefined && run.state === 'cancelling' && mode === 'drain' && !isCleaningUp(run);
}

/**
 * The end of a read whose run or block was stopped: nothing can be harmed, so its answer is not waited for. Undefined for everything else, for
 * readiness checks and for what cleans up. A read begins when it opens, unless it waits for a lock: after a takeover nobody can tell more.
 */
export function droppedRead({ nowMs }: Pick<Situation, 'nowMs'>, { body }: Step, { record, level }: Node): StepChange | undefined {
  if (body.kind !== 'uses' || record.effect !== 'read' || level.cleanup === true) return undefined;
  const begun = record.lockWaitSinceMs === undefined ? { firstAttemptAtMs: record.firstAttemptAtMs ?? nowMs } : {};
  return moveStep(record, 'cancelled', { ...begun, reason: 'the run was stopped: the answer of this read was not waited for' });
}

/** What was sent has ended after `cancel --force`: rollback and `finally` are given up, and the run says so. */
export function givenUpChange(situation: Situation): RunChange | undefined {
  const { run } = situation.view;
  if (run.cleanup !== 'incomplete' || run.state !== 'running') return undefined;
  const end = endOfRun(situation, 'cancelled', clockChange(situation.plan, situation.view));
  return { ...end, fields: { ...end.fields, reason: 'cleanup_incomplete' } };
}

/** Parked by runward itself: nothing is followed either, because what is wrong may be the plan or runward's own code. */
export function isParked({ state, pause }: RunRecord): boolean {
  return state === 'paused' && (pause === undefined || pause.cause === 'parked');
}

/** A person's wish to pause takes effect as soon as the run is in a state that can stand still. */
export function pauseChange({ state, pause }: RunRecord): RunChange | undefined {
  if (pause === undefined || (state !== 'running' && state !== 'waiting')) return undefined;
  return { event: 'paused', fields: { reason: pauseReason(pause) } };
}

/** A person lets a paused run go on; what had not begun begins now. */
export function resumeChange(situation: Pick<Situation, 'plan' | 'view' | 'nowMs'>): RunChange {
  const { run } = situation.view;
  if (run.state !== 'paused') return { fields: { pause: null } };
  const begun = run.startedAtMs !== undefined;
  return {
    event: 'resumed',
    fields: { ...endWaiting(run, situation.nowMs), pause: null, ...(begun ? {} : startFields(situation)) },
    ...(begun ? {} : { stampFields: ['startedAtMs'] }),
  };
}

function pauseReason({ cause, by, reason }: NonNullable<RunRecord['pause']>): string {
  if (cause === 'failure') return reason ?? 'a step has failed';
  return reason === undefined ? `paused by ${by}` : `paused by ${by}: ${reason}`;
}

/** The run's own time is over: what was sent is followed to its end, the rest is cancelled. Rollback and `finally` share a budget of their own. */
export function lateChange({ view, nowMs }: Situation): RunChange | undefined {
  const { run } = view;
  const limitMs = timeLimitMs(run);
  if (limitMs === undefined || nowMs < limitMs) return undefined;
  const ending = { ...endWaiting(run, nowMs), pause: null } as const;
  if (!isCleaningUp(run))
    return { event: 'cancel_asked', fields: { ...ending, outcome: 'timed_out', reason: 'the time of the run is over' } };
  return { event: 'cancel_asked', fields: { ...ending, reason: 'cleanup_late' } };
}

/** When the time of the run, or of its cleanup, is over; undefined once that has been acted on: it is no time to wake up for any more. */
export function timeLimitMs(run: RunRecord): number | undefined {
  if (run.state !== 'running' && run.state !== 'waiting' && run.state !== 'paused') return undefined;
  if (!isCleaningUp(run)) return run.deadlineAtMs;
  return run.reason === 'cleanup_late' ? undefined : run.finallyDeadlineAtMs;
}

/** The fields that a run gets when it begins: its deadline, and the first phase that has anything to do. */
export function startFields({ plan, view, nowMs }: Pick<Situation, 'plan' | 'view' | 'nowMs'>): NonNullable<RunChange['fields']> {
  const hasChecks = (plan.definition.readiness?.checks.length ?? 0) > 0;
  const deadlineAtMs = Math.min(nowMs + plan.definition.timeoutMs, view.run.parent?.endByMs ?? Infinity);
  if (view.run.phase === 'rollback')
    return { deadlineAtMs, phase: 'rollback', finallyDeadlineAtMs: nowMs + plan.definition.finallyTimeoutMs };
  return { deadlineAtMs, phase: hasChecks ? view.run.phase : 'main' };
}

/** Closes the interval in which the run waited only for people: it counts as waited only while the objective's clock ran. */
export function endWaiting(run: RunRecord, nowMs: number): NonNullable<RunChange['fields']> {
  const { waitingSinceMs, ...clock } = run.clock;
  if (waitingSinceMs === undefined) return { reason: null };
  const runs = clock.startedAtMs !== undefined && clock.stoppedAtMs === undefined;
  return { reason: null, clock: { ...clock, waitedMs: clock.waitedMs + (runs ? nowMs - waitingSinceMs : 0) } };
}
