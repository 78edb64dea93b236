import type { Step } from '../language/runbook.ts';
import { HOLD_LOOK_MS } from '../limits.ts';
import { moveStep } from './change.ts';
import { holdOfStep } from './hold-step.ts';
import type { StepRecord } from './record.ts';
import type { StepStatus } from './verdict.ts';
import { askAgain } from './walk-person.ts';
import { type Level, type Walk, wakeAt } from './walk.ts';

/** Keeps a changing leaf that something holds from its turn, and tells so in its record; undefined when it may go on. */
export function walkHold(walk: Walk, record: StepRecord, level: Level): StepStatus | undefined {
  if (record.state !== 'ready' || record.effect === undefined || record.effect === 'read') return undefined;
  const hold = holdOfStep(walk, record, level);
  if (hold === undefined) return record.held === undefined ? undefined : letGo(walk, record);
  if (level.mode === 'finish') {
    walk.found.changes.push(moveStep(record, 'left_out', { reason: 'an earlier step failed' }, { drop: ['held'] }));
    return 'skipped';
  }
  if (record.held !== hold.word || record.reason !== hold.message)
    walk.found.changes.push(moveStep(record, 'postponed', { held: hold.word, reason: hold.message }, { data: { held: hold.word } }));
  if (hold.word === 'approval' || hold.word === 'readiness') askAgain(walk, hold.message);
  walk.found.held.push({ path: record.path, hold });
  // A window opens at its time; everything else may end at any moment, by somebody's word.
  wakeAt(
    walk,
    hold.word === 'window' ? (hold.untilMs ?? walk.nowMs + HOLD_LOOK_MS) : Math.min(hold.untilMs ?? Infinity, walk.nowMs + HOLD_LOOK_MS),
  );
  return 'waiting';
}

/** Keeps a step from going on until it has its named locks; undefined when it has them or needs none. */
export function walkLocks(
  walk: Walk,
  step: Step,
  { record, level }: { readonly record: StepRecord; readonly level: Level },
): StepStatus | undefined {
  const isAsked = step.locks !== undefined && record.itemKey === undefined && record.state === 'ready';
  if (!isAsked || walk.granted.has(record.path) || level.mode === 'drain' || level.mode === 'hold') return undefined;
  if (level.mode === 'finish') {
    walk.found.changes.push(moveStep(record, 'left_out', { reason: 'an earlier step failed' }));
    return 'skipped';
  }
  const lookAtMs = record.lockLookAtMs ?? 0;
  if (lookAtMs > walk.nowMs) wakeAt(walk, lookAtMs);
  else walk.found.wants.push({ path: record.path, names: step.locks ?? [] });
  return 'waiting';
}

function letGo(walk: Walk, record: StepRecord): StepStatus {
  walk.found.changes.push(moveStep(record, 'postponed', {}, { drop: ['held', 'reason', 'notBeforeMs'] }));
  return 'running';
}
