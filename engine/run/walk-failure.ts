import type { Failure } from '../actions/action.ts';
import type { Step } from '../language/runbook.ts';
import { moveStep } from './change.ts';
import { afterHandler, firstAnswer, noteFailure } from './failure.ts';
import type { FailureAnswer, StepRecord } from './record.ts';
import { reopenedScope, reopenedStep } from './reopen.ts';
import { delayMs } from './retry.ts';
import { handlerPrefix } from './step-path.ts';
import { statusOf, stepHasEnded, type StepStatus } from './verdict.ts';
import type { Node, Walk } from './walk.ts';
import { askAbout, type Undone, type Undoing, undoingBy, undoRecord, unanswered } from './walk-rollback.ts';

/** Carries out the `on_failure` of a step that has failed, or of an item that has; each decision is a change of its record. */
export function walkFailedStep(walk: Walk, step: Step, node: Node): StepStatus {
  const { record } = node;
  const { answer } = record;
  if (answer === undefined) {
    const first = firstAnswer(step, record);
    if (first !== undefined) walk.found.changes.push(noteFailure(record, { answer: first }));
    return 'running';
  }
  switch (answer) {
    case 'handle': {
      const status = walkHandler(walk, step, node);
      if (!stepHasEnded(status)) return status;
      const next = afterHandler(step, record, status);
      walk.found.changes.push(
        noteFailure(record, { answer: next, handled: true, ...(next === 'recover' ? { verdict: 'recovered' } : {}) }),
      );
      return 'running';
    }
    case 'retry':
    case 'reopen':
      walk.found.changes.push(reopenedStep(walk, step, node));
      return 'running';
    case 'pause':
      walk.found.paused.push(record);
      return 'running';
    case 'rollback': {
      const ended = undoFor(walk, record, (undoing) => undoRecord(walk, step, node, undoing));
      if (ended === 'complete' || ended === 'failed') {
        walk.found.changes.push(
          noteFailure(record, { verdict: ended === 'complete' ? 'rolled_back' : 'rollback_failed', rolledBack: ended }),
        );
        return 'running';
      }
      return ended;
    }
    case 'rollback_run':
    case 'stop':
    case 'continue':
    case 'recover':
      return statusOf(record);
  }
}

/** A block or fan-out whose steps have ended badly, before its `finally` and its end. */
export interface FailedScope {
  readonly step: Step;
  readonly node: Node;
  /** What its handler and its readers see as its error. */
  readonly failure: Failure;
  /** What its `on_failure` says next, given how far it is carried out. */
  readonly next: (record: StepRecord) => FailureAnswer;
  readonly undo: (undoing: Undoing) => Undone;
}

/** `open`: its `on_failure` is being carried out. Otherwise what it came to, for its end. */
export type Aftermath =
  | { readonly kind: 'open'; readonly status: 'running' | 'unknown' }
  | { readonly kind: 'ends'; readonly answer: FailureAnswer; readonly rolledBack: 'complete' | 'failed' | undefined };

/** Carries out the `on_failure` of a block or fan-out; each decision is a change of its record. */
export function walkFailedScope(walk: Walk, scope: FailedScope): Aftermath {
  const { step, node, failure } = scope;
  const { record } = node;
  const answer = record.answer ?? scope.next(record);
  switch (answer) {
    case 'rollback_run':
    case 'stop':
    case 'continue':
    case 'recover':
      return { kind: 'ends', answer, rolledBack: record.rolledBack };
    case 'handle':
    case 'pause':
    case 'retry':
    case 'reopen':
    case 'rollback':
      if (walk.ending && answer !== 'handle' && answer !== 'rollback')
        return { kind: 'ends', answer: 'stop', rolledBack: record.rolledBack };
  }
  if (record.answer === undefined) {
    walk.found.changes.push(noteFailure(record, { answer, error: failure }));
    return { kind: 'open', status: 'running' };
  }
  if (answer === 'handle') return handleScope(walk, step, node);
  if (answer === 'retry' || answer === 'rollback') return undoScope(walk, scope, answer);
  if (answer === 'pause') walk.found.paused.push(record);
  // What was undone in the meantime begins again from its first step.
  else
    walk.found.changes.push(...(record.rolledBack === undefined ? reopenedScope(walk, step, node) : [nextIteration(walk, step, record)]));
  return { kind: 'open', status: 'running' };
}

function handleScope(walk: Walk, step: Step, node: Node): Aftermath {
  const { record } = node;
  const status = walkHandler(walk, step, node);
  if (stepHasEnded(status)) walk.found.changes.push(noteFailure(record, { answer: afterHandler(step, record, status), handled: true }));
  return { kind: 'open', status: status === 'unknown' ? 'unknown' : 'running' };
}

// A block that is tried again is undone first, so that its steps do not meet their own effects.
function undoScope(walk: Walk, { step, node, undo }: FailedScope, answer: FailureAnswer): Aftermath {
  const { record } = node;
  const ended = undoFor(walk, record, undo);
  if (ended === 'running' || ended === 'unknown') return { kind: 'open', status: ended };
  if (answer === 'retry' && ended === 'complete') walk.found.changes.push(nextIteration(walk, step, record));
  else if (answer === 'retry') walk.found.changes.push(noteFailure(record, { rolledBack: ended, answer: 'stop' }));
  else {
    const isSettled = record.handled === true || record.resolution !== undefined;
    walk.found.changes.push(
      noteFailure(record, { rolledBack: ended, ...(isSettled ? { answer: 'stop' } : {}) }, isSettled ? [] : ['answer']),
    );
  }
  return { kind: 'open', status: 'running' };
}

function nextIteration(walk: Walk, step: Step, record: StepRecord) {
  const byHandler = record.handled === true;
  const rounds = byHandler ? { round: (record.round ?? 1) + 1, handlerRetries: (record.handlerRetries ?? 0) + 1 } : {};
  const notBeforeMs = walk.nowMs + (step.retry === undefined ? 0 : delayMs(step.retry, record, jitter(walk, record)));
  const drop = ['answer', 'error', 'rolledBack', 'handled', 'resolution'] as const;
  return moveStep(record, 'retried', { attempt: record.attempt + 1, ...rounds, notBeforeMs }, { drop });
}

// The walk decides the same again when it is repeated, so its dice are the step's own name.
function jitter(walk: Walk, record: StepRecord): number {
  return Number.parseInt(walk.uuid5(record.key, 'delay', String(record.attempt)).slice(0, 8), 16) / 2 ** 32;
}

function walkHandler(walk: Walk, step: Step, { record, level }: Node): 'running' | 'unknown' | StepStatus {
  if (typeof step.onFailure === 'string') return 'succeeded';
  // A sibling's failure does not stop what mends this one; the end of the run does.
  const mode = level.mode === 'finish' && !walk.ending ? 'go' : level.mode;
  const inner = { ...level, prefix: handlerPrefix(record.path, record.round), about: record.path, mode };
  const status = walk.walkSteps(step.onFailure.steps, inner);
  return stepHasEnded(status) || status === 'unknown' ? status : 'running';
}

/** Undoes what a scope covers; when a rollback step failed, a person is asked before the scope ends. */
function undoFor(walk: Walk, record: StepRecord, undo: (undoing: Undoing) => Undone): 'running' | 'unknown' | 'complete' | 'failed' {
  const undoing = undoingBy(record.path);
  const undone = undo(undoing);
  if (undone !== 'done') return undone;
  const open = unanswered(undoing);
  if (open.length === 0 || walk.ending) return undoing.failed.length > 0 ? 'failed' : 'complete';
  walk.found.changes.push(noteFailure(record, { rolledBack: 'failed' }), ...open.map(askAbout));
  return 'running';
}
