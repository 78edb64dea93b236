import type { Failed, ReadAction, ReadOutcome } from '../actions/action.ts';
import { moveStep, type StepChange } from './change.ts';
import { logOutcome } from './log-outcome.ts';
import type { RunRecord, StepRecord } from './record.ts';
import { redactOutcome } from './redact-outcome.ts';
import { keepBeside } from './keep-beside.ts';
import { afterFailure, settle, type Settled } from './settle.ts';
import { attemptDeadlineMs, contextOf, move, recordOf, type Turn } from './turn.ts';

/** One attempt of a read: its answer ends the step, or asks for another look later. A step that was cancelled meanwhile stays as it is. */
export async function readStep(turn: Turn, action: ReadAction, input: unknown): Promise<void> {
  const record = recordOf(turn);
  const deadlineAtMs = attemptDeadlineMs(turn, record);
  const outcome = await answerOf(turn, action, { record, input, deadlineAtMs });
  if (outcome === undefined) return;
  const unless = (_run: RunRecord, now: StepRecord) => now.state !== 'ready' || now.attempt !== record.attempt;
  if (outcome.kind === 'unanswered') {
    const { message: reason, retryAfterMs } = outcome;
    const look = (now: StepRecord, nowMs: number) =>
      moveStep(now, 'postponed', { deadlineAtMs, reason, notBeforeMs: nowMs + retryAfterMs });
    return move(turn, look, { unless });
  }
  const clean = await redactOutcome(turn, record, outcome);
  await logOutcome(turn, record, clean);
  await keepBeside(turn, action, { record, input, outcome: clean });
  await move(turn, (now) => readChange(now, settle(turn, now, clean)), { unless });
}

/** The change that an ended read makes to its record. */
export function readChange(record: StepRecord, settled: Settled): StepChange {
  switch (settled.kind) {
    case 'succeeded':
      return moveStep(record, 'read_finished', settled.patch, { drop: ['reason', 'error', 'notBeforeMs'] });
    case 'failed':
      return moveStep(record, 'read_failed', settled.patch, { drop: ['reason', 'notBeforeMs'] });
    case 'again':
      return moveStep(record, 'retried', settled.patch, { drop: ['deadlineAtMs'] });
  }
}

/** What the read answers; undefined when nobody waits for it any more. */
async function answerOf(
  turn: Turn,
  action: ReadAction,
  at: { readonly record: StepRecord; readonly input: unknown; readonly deadlineAtMs: number },
): Promise<ReadOutcome | undefined> {
  const nowMs = turn.holder.nowMs();
  const late: Failed = { kind: 'failed', failure: { kind: 'timed_out', message: at.record.reason ?? 'no answer in time' } };
  if (nowMs >= at.deadlineAtMs) return late;
  const timer = new AbortController();
  const signal = AbortSignal.any([turn.signal, timer.signal]);
  const clockEnd = turn.engine.ports.clock.sleep(at.deadlineAtMs - nowMs, signal).then(() => timer.abort());
  const reading = action.read(turn.engine.ports, { ...contextOf(turn, at.record, at.input), signal });
  const outcome = await Promise.race([reading, clockEnd.then(() => (turn.signal.aborted ? undefined : reading))]);
  const timedOut = timer.signal.aborted;
  timer.abort();
  await clockEnd;
  if (outcome === undefined || turn.signal.aborted) return undefined;
  return timedOut && outcome.kind !== 'succeeded' ? late : outcome;
}

/** The change of a leaf that cannot even begin: its arguments do not fit, or its action is not there. */
export function refusedChange(turn: Turn, record: StepRecord, message: string): StepChange {
  return readChange(record, afterFailure(turn, record, { failure: { kind: 'expression', message } }));
}
