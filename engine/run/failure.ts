import type { FailureWord, Step } from '../language/runbook.ts';
import type { Failure } from '../actions/action.ts';
import { moveStep, type StepChange } from './change.ts';
import type { FailureAnswer, StepRecord } from './record.ts';
import { countsAsFailed, type Member, statusOf, type StepStatus } from './verdict.ts';
import type { Walk } from './walk.ts';

/** True for nodes that hold others: their `on_failure` is carried out before they are closed. */
export function isContainer({ node }: Pick<StepRecord, 'node'>): boolean {
  return node === 'sequence' || node === 'parallel' || node === 'fan_out';
}

/**
 * The status of a node for the level around it. A failure counts only once its `on_failure` is carried out: until then the node has not ended.
 */
export function standingOf(walk: Pick<Walk, 'ending'>, step: Step, record: StepRecord | undefined): StepStatus {
  const status = statusOf(record);
  if (record?.state === 'failed') return isUnanswered(walk, step, record) ? 'running' : status;
  return record?.state === 'ready' && status === 'rollback_failed' ? 'running' : status;
}

/** A step as a member of the level around it. */
export function memberOf(walk: Pick<Walk, 'ending'>, step: Step, record: StepRecord | undefined): Member {
  return {
    status: standingOf(walk, step, record),
    tolerated: record !== undefined && isTolerated(step, record),
    endedAtMs: record?.endedAtMs,
  };
}

/** True when the failure of a node was answered with `continue`, by its author or by its handler. */
export function isTolerated(step: Step, record: StepRecord): boolean {
  return (record.answer ?? step.onFailure) === 'continue' && record.state === 'failed';
}

/** True when a failed step asks for the rollback of the block around it. Blocks undo themselves, items their item. */
export function asksRollback(step: Step, record: StepRecord | undefined): boolean {
  if (record?.state !== 'failed' || isContainer(record) || record.itemKey !== undefined) return false;
  return countsAsFailed(statusOf(record)) && (record.answer ?? step.onFailure) === 'rollback';
}

/** True when a failed top-level step asks for the rollback of the whole run. */
export function asksRunRollback(step: Step, record: StepRecord | undefined): boolean {
  if (record?.state !== 'failed' || !countsAsFailed(statusOf(record))) return false;
  return (record.answer ?? step.onFailure) === 'rollback_run' || asksRollback(step, record);
}

/** True while something is still to be done about a failed node. */
export function isUnanswered({ ending }: Pick<Walk, 'ending'>, step: Step, record: StepRecord): boolean {
  const { answer } = record;
  if (answer === undefined) return !ending && firstAnswer(step, record) !== undefined;
  switch (answer) {
    case 'handle':
      return true;
    case 'rollback':
      return record.itemKey !== undefined && record.verdict !== 'rolled_back' && record.verdict !== 'rollback_failed';
    case 'retry':
    case 'reopen':
    case 'pause':
      return !ending;
    case 'rollback_run':
    case 'stop':
    case 'continue':
    case 'recover':
      return false;
  }
}

/**
 * What a failed step's `on_failure` begins with; undefined where its word needs nothing more here. On an item of a fan-out `rollback` and
 * handlers act on the item, while the other words act once on the fan-out.
 */
export function firstAnswer(step: Step, record: StepRecord): 'handle' | 'pause' | 'rollback' | undefined {
  if (isContainer(record) || step.body.kind === 'approval') return undefined;
  if (typeof step.onFailure !== 'string') return 'handle';
  const isItem = record.itemKey !== undefined;
  if (step.onFailure === 'pause') return isItem ? undefined : 'pause';
  return step.onFailure === 'rollback' && isItem ? 'rollback' : undefined;
}

/** What follows a handler: its `then`, or `stop` when it failed itself. */
export function afterHandler(step: Step, record: StepRecord, status: StepStatus): FailureAnswer {
  if (typeof step.onFailure === 'string' || countsAsFailed(status)) return 'stop';
  const { next } = step.onFailure;
  switch (next) {
    case 'retry':
      return mayRetryAfterHandler(step, record) ? 'retry' : 'stop';
    case 'rollback':
      return record.rolledBack === undefined ? 'rollback' : 'stop';
    case 'pause':
      return record.itemKey === undefined ? 'pause' : 'stop';
    case 'stop':
    case 'continue':
    case 'recover':
    case 'rollback_run':
      return next;
  }
}

/** `then: retry` tries again within `retry.attempts`, once where nothing is said. What fails in an expression fails again. */
function mayRetryAfterHandler(step: Step, record: StepRecord): boolean {
  return record.error?.kind !== 'expression' && (record.handlerRetries ?? 0) < (step.retry?.attempts ?? 1);
}

/** True for a step whose tries are made by its handler, not at once. */
export function retriesByHandler(step: Step): boolean {
  return typeof step.onFailure !== 'string' && step.onFailure.next === 'retry';
}

/** The word for a fan-out as a whole: what acts per item has done so already. */
export function wordOfFanOut(step: Step): Exclude<FailureWord, 'rollback'> {
  const word = typeof step.onFailure === 'string' ? step.onFailure : step.onFailure.next;
  return word === 'rollback' || word === 'recover' || word === 'retry' ? 'stop' : word;
}

/** Stores how far the `on_failure` of a node is carried out. */
export function noteFailure(record: StepRecord, patch: Partial<StepRecord>, drop: readonly (keyof StepRecord)[] = []): StepChange {
  const data = patch.answer === undefined ? {} : { data: { answer: patch.answer } };
  if (record.state === 'failed') return moveStep(record, 'answered', patch, { ...data, drop });
  // A node with an error that was never attempted is one that could not be opened; this one has worked.
  const worked = { firstAttemptAtMs: record.firstAttemptAtMs ?? record.createdAtMs ?? 0 };
  return moveStep(record, 'failing', { ...worked, ...patch }, { ...data, drop });
}

/** The words for a failure inside a block: which step it was and why. */
export function failureInside(stepId: string, record: StepRecord | undefined): Failure {
  const error = record?.error;
  return { kind: error?.kind ?? 'target', message: `${stepId}: ${error?.message ?? 'failed'}` };
}
