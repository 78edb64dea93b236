import type { Failure } from '../actions/action.ts';
import { writtenOutputs } from './written-outputs.ts';
import { evaluate } from '../language/expression.ts';
import type { Step } from '../language/runbook.ts';
import { moveStep, type StepChange } from './change.ts';
import { asksRollback, failureInside, isContainer, isTolerated, retriesByHandler, standingOf } from './failure.ts';
import type { FailureAnswer, StepRecord } from './record.ts';
import { scopeAt } from './scope.ts';
import { childPrefix, finallyPrefix, stepPath } from './step-path.ts';
import { countsAsFailed, stepHasEnded, type StepStatus } from './verdict.ts';
import { type Aftermath, walkFailedScope } from './walk-failure.ts';
import { undoRecord } from './walk-rollback.ts';
import { withinWindows } from './hold-step.ts';
import { cleanupLevel, type Level, type Node, type Walk, wakeAt } from './walk.ts';

/** Walks the steps of a block in the block's own way. */
type WalkInside = (steps: readonly Step[], level: Level) => StepStatus;

/** Walks a block: its steps, then what its failure asks for, then its `finally`, then its end. */
export function walkBlock(walk: Walk, step: Step, node: Node, walkInside: WalkInside): StepStatus {
  const { record, level } = node;
  const late = record.deadlineAtMs !== undefined && walk.nowMs >= record.deadlineAtMs;
  if (record.deadlineAtMs !== undefined && !late) wakeAt(walk, record.deadlineAtMs);
  if ((record.notBeforeMs ?? 0) > walk.nowMs && !late && level.mode === 'go') {
    wakeAt(walk, record.notBeforeMs ?? 0);
    return 'running';
  }
  const mode = late && level.mode === 'go' ? 'drain' : level.mode;
  const within = record.itemKey === undefined ? withinWindows(level, step, record.path) : level;
  const inner: Level = { ...within, prefix: childPrefix(record.path, record.attempt), mode };
  const main = walkInside(stepsOf(step), inner);
  if (!stepHasEnded(main)) return main;
  const status = late && main === 'cancelled' && !walk.ending ? 'timed_out' : main;
  const after = isFailure(status) ? aftermathOf(walk, step, { node, inner, status }) : undefined;
  if (after?.kind === 'open') return after.status;
  const last = walkFinally(walk, step, node);
  if (!stepHasEnded(last)) return last;
  closeBlock(walk, step, { record, inner, after, status: last === 'partially_failed' && main === 'succeeded' ? last : status });
  return 'running';
}

function stepsOf(step: Step): readonly Step[] {
  return step.body.kind === 'steps' || step.body.kind === 'parallel' ? step.body.steps : [];
}

function isFailure(status: StepStatus): boolean {
  return countsAsFailed(status) && status !== 'cancelled';
}

interface Ended {
  readonly node: Node;
  readonly inner: Level;
  readonly status: StepStatus;
}

function aftermathOf(walk: Walk, step: Step, { node, inner, status }: Ended): Aftermath {
  const failure: Failure = status === 'timed_out' && !stopped(walk, step, inner) ? LATE : failureOf(walk, step, inner);
  return walkFailedScope(walk, {
    step,
    node,
    failure,
    next: (record) => nextAnswer(walk, step, { record, level: node.level, inner, isLate: failure === LATE }),
    undo: (undoing) => undoRecord(walk, step, { ...node, level: cleanupLevel(walk, node.level) }, undoing),
  });
}

const LATE: Failure = { kind: 'timed_out', message: 'the block did not end in its time' };

/** What a failed block does next: its own retry, then the rollback that a step inside asked for, then its `on_failure`. */
function nextAnswer(walk: Walk, step: Step, at: Node & { readonly inner: Level; readonly isLate: boolean }): FailureAnswer {
  const { record, inner, isLate } = at;
  if (walk.ending || at.level.mode === 'drain') return 'stop';
  if (!isLate && record.rolledBack === undefined && mayRetry(walk, step, { record, inner })) return 'retry';
  const asked = stepsOf(step).some((inside) => asksRollback(inside, walk.view.steps.get(stepPath(inner.prefix, inside.id))));
  if (asked && record.rolledBack === undefined) return 'rollback';
  if (typeof step.onFailure !== 'string') return record.handled === true ? 'stop' : 'handle';
  if (step.onFailure === 'rollback') return record.rolledBack === undefined ? 'rollback' : 'stop';
  return step.onFailure === 'pause' && record.itemKey !== undefined ? 'stop' : step.onFailure;
}

function mayRetry(walk: Walk, step: Step, at: { readonly record: StepRecord; readonly inner: Level }): boolean {
  const { retry } = step;
  if (retry === undefined || retriesByHandler(step) || at.record.attempt > retry.attempts) return false;
  const sinceMs = walk.nowMs - (at.record.createdAtMs ?? walk.nowMs);
  if (retry.maxDurationMs !== undefined && sinceMs >= retry.maxDurationMs) return false;
  if (retry.if === undefined) return true;
  const wanted = evaluate(retry.if, scopeAt({ ...walk, ...at.inner }), walk.nowMs);
  return wanted.ok && wanted.value === true;
}

function failureOf(walk: Walk, step: Step, inner: Level): Failure {
  const failed = stopped(walk, step, inner);
  return failed === undefined ? { kind: 'target', message: 'a step inside failed' } : failureInside(failed.stepId, failed);
}

/** The step inside that stopped the block: the first in time that failed and was not tolerated. */
function stopped(walk: Walk, step: Step, inner: Level): StepRecord | undefined {
  const records = stepsOf(step).flatMap((inside) => {
    const record = walk.view.steps.get(stepPath(inner.prefix, inside.id));
    return record !== undefined && isFailure(standingOf(walk, inside, record)) && !isTolerated(inside, record) ? [record] : [];
  });
  return records.toSorted((left, right) => (left.endedAtMs ?? 0) - (right.endedAtMs ?? 0))[0];
}

/** The `finally` of a block runs when something inside has started; each of its steps runs even if an earlier one failed. */
function walkFinally(walk: Walk, step: Step, { record, level }: Node): StepStatus {
  const steps = (step.body.kind === 'steps' || step.body.kind === 'parallel' ? step.body.finally : undefined) ?? [];
  if (steps.length === 0) return 'succeeded';
  const inside = childPrefix(record.path, record.attempt);
  const started = [...walk.view.steps.values()].some((other) => other.path.startsWith(inside) && hasStarted(other));
  const prefix = finallyPrefix(record.path, record);
  const stays = started || level.mode === 'hold' ? {} : ({ mode: 'finish', why: 'nothing inside has started' } as const);
  return walk.walkSteps(steps, { ...cleanupLevel(walk, level), prefix, ...stays }, true);
}

/** True when something of a node has happened: it was not left out or cancelled before its turn. */
export function hasStarted(record: StepRecord): boolean {
  if (record.state === 'cancelled' && !isContainer(record)) return record.firstAttemptAtMs !== undefined;
  return !['pending', 'skipped', 'cancelled'].includes(record.state);
}

function closeBlock(
  walk: Walk,
  step: Step,
  node: { readonly record: StepRecord; readonly inner: Level; readonly status: StepStatus; readonly after: Aftermath | undefined },
): void {
  const { record, status, after } = node;
  if (after?.kind === 'ends') {
    const error = status === 'timed_out' && record.error === undefined && stopped(walk, step, node.inner) === undefined ? LATE : undefined;
    walk.found.changes.push(failedScope(record, { status, after, error: record.error ?? error ?? failureOf(walk, step, node.inner) }));
    return;
  }
  if (!isGood(status)) {
    walk.found.changes.push(closedBlock(record, status, step.outputs === undefined ? {} : { outputs: {} }));
    return;
  }
  const written = writtenOutputs(walk, step, node.inner);
  walk.found.changes.push(
    written.ok ? closedBlock(record, status, written.kept) : moveStep(record, 'read_failed', { error: written.error }),
  );
}

// Outputs of what was skipped or cancelled are null.
function isGood(status: StepStatus): boolean {
  return status === 'succeeded' || status === 'partially_failed' || status === 'recovered';
}

/** The end of a block or fan-out that has failed, after its `on_failure` was carried out. Outputs of what failed are null. */
export function failedScope(
  record: StepRecord,
  at: {
    readonly status: StepStatus;
    readonly after: Extract<Aftermath, { kind: 'ends' }>;
    readonly error: Failure;
    readonly kept?: Partial<StepRecord>;
  },
): StepChange {
  const { answer, rolledBack } = at.after;
  const verdict =
    answer === 'recover'
      ? 'recovered'
      : rolledBack !== undefined
        ? rolledBack === 'complete'
          ? 'rolled_back'
          : 'rollback_failed'
        : at.status === 'timed_out'
          ? 'timed_out'
          : undefined;
  return moveStep(record, 'read_failed', { ...at.kept, answer, error: at.error, ...(verdict === undefined ? {} : { verdict }) });
}

function closedBlock(record: StepRecord, status: StepStatus, kept: Partial<StepRecord>): StepChange {
  if (status === 'cancelled') return moveStep(record, 'cancelled');
  if (status === 'skipped') return moveStep(record, 'left_out', { reason: 'every step inside was skipped' });
  return moveStep(record, 'read_finished', status === 'partially_failed' ? { ...kept, verdict: 'partially_failed' } : kept, {
    drop: ['error', 'reason'],
  });
}
