import type { Step } from '../language/runbook.ts';
import { moveStep } from './change.ts';
import { memberOf, standingOf } from './failure.ts';
import { droppedRead, isToBeStopped } from './interruption.ts';
import { failOpened, openNode } from './open-step.ts';
import type { RunRecord, StepRecord } from './record.ts';
import { stepPath } from './step-path.ts';
import { countsAsFailed, levelStatus, type Member, stepHasEnded, type StepStatus } from './verdict.ts';
import { walkAssert } from './walk-assert.ts';
import { walkBlock } from './walk-block.ts';
import { walkFailedStep } from './walk-failure.ts';
import { walkFanOut } from './walk-fan-out.ts';
import { walkUndo } from './walk-undo.ts';
import { withinWindows } from './hold-step.ts';
import { walkHold, walkLocks } from './walk-hold.ts';
import { walkPerson } from './walk-person.ts';
import { type Level, type Node, type Walk, wakeAt } from './walk.ts';
import { writtenOutputs } from './written-outputs.ts';

/** Walks steps in written order: the next one opens when the one before has ended well or is tolerated. */
export function walkSequence(walk: Walk, steps: readonly Step[], level: Level, tolerant = false): StepStatus {
  const members: Member[] = [];
  let { mode } = level;
  for (const step of steps) {
    const status = walkStep(walk, step, { ...level, mode });
    if (!stepHasEnded(status)) return status === 'unknown' ? 'unknown' : 'running';
    const seen = memberOf(walk, step, walk.view.steps.get(stepPath(level.prefix, step.id)));
    const member = { ...seen, status, tolerated: tolerant || seen.tolerated };
    members.push(member);
    if (countsAsFailed(status) && !member.tolerated && mode === 'go') mode = 'finish';
  }
  return levelStatus({ members });
}

/** Walks branches that run together. A failed branch lets its siblings finish what is under way and opens nothing new. */
export function walkParallel(walk: Walk, steps: readonly Step[], level: Level, atOnce: number): StepStatus {
  const before = steps.map((step) => memberOf(walk, step, walk.view.steps.get(stepPath(level.prefix, step.id))));
  const mode = before.some(stops) && level.mode === 'go' ? 'finish' : level.mode;
  let open = before.filter(({ status }) => status !== 'pending' && !stepHasEnded(status)).length;
  const members = steps.map((step, index): Member => {
    const member = before[index] ?? NOT_YET;
    if (member.status !== 'pending') return { ...member, status: walkStep(walk, step, { ...level, mode }) };
    const needs = step.needs.map((id) => before[steps.findIndex((other) => other.id === id)] ?? NOT_YET);
    if (mode === 'go' && (needs.some(({ status }) => !stepHasEnded(status)) || open >= atOnce)) return member;
    open += 1;
    const isUnmet = needs.some(stops) && mode === 'go';
    return { ...member, status: walkStep(walk, step, { ...level, mode: isUnmet ? 'finish' : mode }) };
  });
  if (members.some(({ status }) => !stepHasEnded(status) && status !== 'unknown')) return 'running';
  return levelStatus({ members });
}

const NOT_YET: Member = { status: 'pending', tolerated: false };

function stops({ status, tolerated }: Member): boolean {
  return countsAsFailed(status) && !tolerated;
}

/** Walks one step: opens it, asks its children or its kind what comes next, or tells how it ended. */
function walkStep(walk: Walk, step: Step, level: Level): StepStatus {
  const record = walk.view.steps.get(stepPath(level.prefix, step.id));
  return record === undefined || record.state === 'pending' ? openNode(walk, step, level) : walkRecord(walk, step, { record, level });
}

/** Walks a step or item that has a record. */
function walkRecord(walk: Walk, step: Step, node: Node): StepStatus {
  const { record, level } = node;
  const status = standingOf(walk, step, record);
  if (stepHasEnded(status) || status === 'unknown') return status;
  if (record.state === 'failed') return walkFailedStep(walk, step, node);
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
      return walkTimer(walk, step, node);
    case 'assert':
      return walkAssert(walk, step, node);
    case 'undo':
      return walkUndo(walk, step, node);
    case 'sequence':
      return walkBlock(walk, step, node, (steps, inner) => walkSequence(walk, steps, inner));
    case 'parallel': {
      const atOnce = step.body.kind === 'parallel' ? step.body.maxParallel : 1;
      return walkBlock(walk, step, node, (steps, inner) => walkParallel(walk, steps, inner, atOnce));
    }
    case 'fan_out':
      return walkFanOut(walk, step, { record, level: withinWindows(level, step, record.path), walkItem: walkRecord });
  }
}

function walkLeaf(walk: Walk, step: Step, { record, level }: Node): StepStatus {
  const busy = walk.busy.has(record.path);
  if (record.state === 'ready' && level.mode === 'drain') {
    const dropped = droppedRead(walk, step, { record, level });
    if (dropped !== undefined || !busy) {
      walk.found.changes.push(dropped ?? moveStep(record, 'cancelled', { reason: 'the run was stopped before this step was sent' }));
      return 'running';
    }
  }
  if (busy || (record.state === 'ready' && level.mode === 'hold')) return 'running';
  const held = walkHold(walk, record, level);
  if (held !== undefined) return held;
  const isPatient = knowsAll(record, walk.view.run) && !(step.body.kind === 'run' && isToBeStopped(record, walk.view.run, level.mode));
  const notBeforeMs = isPatient ? (record.notBeforeMs ?? 0) : 0;
  if (notBeforeMs <= walk.nowMs) walk.found.due.push({ path: record.path, step, level });
  else wakeAt(walk, notBeforeMs);
  return 'running';
}

// A called run is looked at as soon as it has said something, or has something to be told.
function knowsAll({ handle, state }: StepRecord, run: RunRecord): boolean {
  if (handle?.runId === undefined || state !== 'submitted') return true;
  return (handle.inboxPosition ?? 0) >= run.inboxPosition && (handle.nudges ?? 0) >= (run.nudges ?? 0);
}

function walkTimer(walk: Walk, step: Step, { record, level }: Node): StepStatus {
  if (level.mode === 'drain') {
    walk.found.changes.push(moveStep(record, 'cancelled', { reason: 'the run was stopped' }));
    return 'running';
  }
  const endMs = record.notBeforeMs ?? 0;
  if (endMs > walk.nowMs || level.mode === 'hold') {
    wakeAt(walk, endMs);
    return 'waiting';
  }
  const written = writtenOutputs(walk, step, level);
  walk.found.changes.push(
    written.ok ? moveStep(record, 'read_finished', written.kept) : moveStep(record, 'read_failed', { error: written.error }),
  );
  return 'running';
}
