import { evaluate } from '../language/expression.ts';
import type { Step } from '../language/runbook.ts';
import type { JsonObject, JsonValue } from '../json.ts';
import { moveStep, type StepChange } from './change.ts';
import { walkHold, walkLocks } from './walk-hold.ts';
import { withinWindows } from './hold-step.ts';
import { failOpened, openNode } from './open-step.ts';
import type { RunRecord, StepRecord } from './record.ts';
import { scopeAt } from './scope.ts';
import { childPrefix, stepPath } from './step-path.ts';
import { countsAsFailed, sequenceStatus, statusOf, stepHasEnded, type StepStatus } from './verdict.ts';
import { walkFanOut } from './walk-fan-out.ts';
import { walkPerson } from './walk-person.ts';
import { type Level, type Walk, wakeAt } from './walk.ts';

/** Walks steps in written order: the next one opens when the one before has ended well or is tolerated. */
export function walkSequence(walk: Walk, steps: readonly Step[], level: Level, tolerant = false): StepStatus {
  const statuses: StepStatus[] = [];
  let mode = level.mode;
  for (const step of steps) {
    const status = walkStep(walk, step, { ...level, mode });
    if (!stepHasEnded(status)) return status === 'unknown' ? 'unknown' : 'running';
    if (!countsAsFailed(status)) statuses.push(status);
    else if (tolerant || step.onFailure === 'continue') statuses.push('partially_failed');
    else {
      statuses.push(status);
      if (mode === 'go') mode = 'finish';
    }
  }
  return sequenceStatus(statuses);
}

/** Walks branches that run together. A failed branch lets its siblings finish what is under way and opens nothing new. */
export function walkParallel(walk: Walk, steps: readonly Step[], level: Level, atOnce: number): StepStatus {
  const before = steps.map((step) => statusOf(walk.view.steps.get(stepPath(level.prefix, step.id))));
  const stopped = steps.some((step, index) => step.onFailure !== 'continue' && countsAsFailed(before[index] ?? 'pending'));
  const mode = stopped && level.mode === 'go' ? 'finish' : level.mode;
  let open = before.filter((status) => status !== 'pending' && !stepHasEnded(status)).length;
  const statuses = steps.map((step, index): StepStatus => {
    const status = before[index] ?? 'pending';
    if (status !== 'pending') return walkStep(walk, step, { ...level, mode });
    const needs = step.needs.map((id) => before[steps.findIndex((other) => other.id === id)] ?? 'pending');
    if (mode === 'go' && (needs.some((need) => !stepHasEnded(need)) || open >= atOnce)) return 'pending';
    open += 1;
    return walkStep(walk, step, { ...level, mode: needs.some((need) => countsAsFailed(need)) && mode === 'go' ? 'finish' : mode });
  });
  if (statuses.some((status) => !stepHasEnded(status) && status !== 'unknown')) return 'running';
  const tolerated = statuses.map((status, index) =>
    countsAsFailed(status) && steps[index]?.onFailure === 'continue' ? 'partially_failed' : status,
  );
  return sequenceStatus(tolerated);
}

/** Walks one step: opens it, asks its children or its kind what comes next, or tells how it ended. */
export function walkStep(walk: Walk, step: Step, level: Level): StepStatus {
  const record = walk.view.steps.get(stepPath(level.prefix, step.id));
  return record === undefined ? openNode(walk, step, level) : walkRecord(walk, step, { record, level });
}

/** Walks a step or item that has a record. */
export function walkRecord(walk: Walk, step: Step, node: { readonly record: StepRecord; readonly level: Level }): StepStatus {
  const { record, level } = node;
  const status = statusOf(record);
  if (stepHasEnded(status) || status === 'unknown') return status;
  if (record.error !== undefined && record.state === 'ready' && record.attempt === 1 && record.firstAttemptAtMs === undefined) {
    walk.found.changes.push(failOpened(record));
    return 'running';
  }
  const locked = walkLocks(walk, step, node);
  if (locked !== undefined) return locked;
  switch (record.node) {
    case 'leaf':
      return walkLeaf(walk, step, node);
    case 'person':
      return walkPerson(walk, step, node);
    case 'timer':
      return walkTimer(walk, node);
    case 'assert':
      return walkAssert(walk, step, node);
    case 'sequence':
    case 'parallel':
      return walkBlock(walk, step, node);
    case 'fan_out':
      return walkFanOut(walk, step, {
        record,
        level: withinWindows(level, step, record.path),
        walkItem: walkRecord,
        walkSteps: walkSequence,
      });
  }
}

function walkLeaf(walk: Walk, step: Step, { record, level }: { readonly record: StepRecord; readonly level: Level }): StepStatus {
  const busy = walk.busy.has(record.path);
  if (record.state === 'ready' && !busy && level.mode === 'drain') {
    walk.found.changes.push(moveStep(record, 'cancelled', { reason: 'the run was stopped before this step was sent' }));
    return 'cancelled';
  }
  if (busy || (record.state === 'ready' && level.mode === 'hold')) return 'running';
  const held = walkHold(walk, record, level);
  if (held !== undefined) return held;
  const notBeforeMs = knowsAll(record, walk.view.run) ? (record.notBeforeMs ?? 0) : 0;
  if (notBeforeMs <= walk.nowMs) walk.found.due.push({ path: record.path, step, level });
  else wakeAt(walk, notBeforeMs);
  return 'running';
}

// A called run is looked at as soon as it has said something, or has something to be told.
function knowsAll({ handle, state }: StepRecord, run: RunRecord): boolean {
  if (handle?.runId === undefined || state !== 'submitted') return true;
  return (handle.inboxPosition ?? 0) >= run.inboxPosition && (handle.nudges ?? 0) >= (run.nudges ?? 0);
}

function walkTimer(walk: Walk, { record, level }: { readonly record: StepRecord; readonly level: Level }): StepStatus {
  if (level.mode === 'drain') {
    walk.found.changes.push(moveStep(record, 'cancelled', { reason: 'the run was stopped' }));
    return 'cancelled';
  }
  const endMs = record.notBeforeMs ?? 0;
  if (endMs > walk.nowMs || level.mode === 'hold') {
    wakeAt(walk, endMs);
    return 'waiting';
  }
  walk.found.changes.push(moveStep(record, 'read_finished'));
  return 'running';
}

function walkAssert(walk: Walk, step: Step, { record, level }: { readonly record: StepRecord; readonly level: Level }): StepStatus {
  if (step.body.kind !== 'assert' || level.mode === 'hold') return 'running';
  const scope = scopeAt({ ...walk, ...level });
  const failures: string[] = [];
  for (const check of step.body.checks) {
    const outcome = evaluate(check.that, scope, walk.nowMs);
    if (!outcome.ok) {
      walk.found.changes.push(moveStep(record, 'read_failed', { error: { kind: 'expression', message: `that: ${outcome.message}` } }));
      return 'running';
    }
    if (outcome.value !== true) failures.push(check.message);
  }
  walk.found.changes.push(
    failures.length === 0
      ? moveStep(record, 'read_finished')
      : moveStep(record, 'read_failed', { error: { kind: 'assertion', message: failures.join('; ') } }),
  );
  return 'running';
}

function walkBlock(walk: Walk, step: Step, { record, level }: { readonly record: StepRecord; readonly level: Level }): StepStatus {
  const late = record.deadlineAtMs !== undefined && walk.nowMs >= record.deadlineAtMs;
  if (record.deadlineAtMs !== undefined && !late) wakeAt(walk, record.deadlineAtMs);
  const inner: Level = {
    ...(record.itemKey === undefined ? withinWindows(level, step, record.path) : level),
    prefix: childPrefix(record.path),
    mode: late && level.mode === 'go' ? 'drain' : level.mode,
  };
  let status: StepStatus = 'running';
  if (step.body.kind === 'parallel') status = walkParallel(walk, step.body.steps, inner, step.body.maxParallel);
  if (step.body.kind === 'steps') status = walkSequenceWithFinally(walk, step, inner);
  if (!stepHasEnded(status)) return status;
  closeBlock(walk, step, { record, level: inner, status: late && status === 'cancelled' ? 'timed_out' : status });
  return 'running';
}

function walkSequenceWithFinally(walk: Walk, step: Step, level: Level): StepStatus {
  if (step.body.kind !== 'steps') return 'running';
  const main = walkSequence(walk, step.body.steps, level);
  if (!stepHasEnded(main) || step.body.finally.length === 0) return main;
  const last = walkSequence(walk, step.body.finally, { ...level, cleanup: true, mode: level.mode === 'hold' ? 'hold' : 'go' }, true);
  if (!stepHasEnded(last)) return last;
  return last === 'partially_failed' && main === 'succeeded' ? 'partially_failed' : main;
}

function closeBlock(
  walk: Walk,
  step: Step,
  node: { readonly record: StepRecord; readonly level: Level; readonly status: StepStatus },
): void {
  const { record, status } = node;
  const outputs: Record<string, JsonValue> = {};
  for (const [name, text] of Object.entries(step.outputs ?? {})) {
    const outcome = evaluate(text, scopeAt({ ...walk, ...node.level }), walk.nowMs);
    outputs[name] = outcome.ok ? outcome.value : null;
  }
  const kept = step.outputs === undefined ? {} : { outputs: outputs as JsonObject };
  walk.found.changes.push(closedBlock(record, status, kept));
}

function closedBlock(record: StepRecord, status: StepStatus, kept: Partial<StepRecord>): StepChange {
  if (status === 'cancelled') return moveStep(record, 'cancelled');
  if (status === 'skipped') return moveStep(record, 'left_out', { reason: 'every step inside was skipped' });
  if (status === 'failed') return moveStep(record, 'read_failed', { ...kept, error: { kind: 'target', message: 'a step inside failed' } });
  if (status === 'timed_out') {
    return moveStep(record, 'read_failed', {
      ...kept,
      verdict: 'timed_out',
      error: { kind: 'timed_out', message: 'the block did not end in its time' },
    });
  }
  return moveStep(record, 'read_finished', status === 'partially_failed' ? { ...kept, verdict: 'partially_failed' } : kept);
}
