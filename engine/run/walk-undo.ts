import type { Step } from '../language/runbook.ts';
import { moveStep, type StepChange } from './change.ts';
import { AFTER_A_FAILURE } from './open-step.ts';
import type { StepRecord } from './record.ts';
import { stepPath, visiblePrefixes } from './step-path.ts';
import { type StepStatus } from './verdict.ts';
import { stepsById } from './waiting.ts';
import { cleanupLevel, type Level, type Node, type Walk } from './walk.ts';
import { type Undoing, undoingBy, undoItems, undoRecord } from './walk-rollback.ts';

/** Runs the rollbacks of an earlier step or block now. What an earlier `undo` or rollback has undone is not undone twice. */
export function walkUndo(walk: Walk, step: Step, node: Node): StepStatus {
  const { record, level } = node;
  if (step.body.kind !== 'undo') return 'running';
  const found = earlierStep(walk, step.body.step, level);
  const rollback = found === undefined ? [] : rollbackOf(walk, found.record);
  const begun = rollback.some(({ firstIntentAtMs }) => firstIntentAtMs !== undefined);
  const held = rollback.some(({ held: by, state }) => by !== undefined && state === 'ready');
  if (!begun && (level.mode === 'drain' || (level.mode === 'finish' && held))) {
    walk.found.changes.push(...givenUp(record, { rollback, level }));
    return 'running';
  }
  if (level.mode === 'hold' && found === undefined) return 'running';
  const undoing = undoingBy(record.path, { round: `${record.path}#${record.attempt}`, insists: true });
  const undo = found?.record.node === 'fan_out' ? undoItems : undoRecord;
  const undone = found === undefined ? 'done' : undo(walk, found.step, found, undoing);
  if (undone !== 'done') return undone;
  walk.found.changes.push(endOfUndo(walk, record, undoing));
  return 'running';
}

// What was opened and has sent nothing is closed as well: a later rollback opens it again.
function givenUp(
  record: StepRecord,
  { rollback, level }: { readonly rollback: readonly StepRecord[]; readonly level: Level },
): readonly StepChange[] {
  const open = rollback.filter(({ state }) => state === 'ready' || state === 'pending');
  const reason = 'the run was stopped';
  const own =
    level.mode === 'drain' ? moveStep(record, 'cancelled', { reason }) : moveStep(record, 'left_out', { reason: AFTER_A_FAILURE });
  return [...open.map((each) => moveStep(each, 'cancelled', { reason }, { drop: ['held'] })), own];
}

function endOfUndo(walk: Walk, record: StepRecord, undoing: Undoing) {
  const [first] = undoing.failed;
  if (first !== undefined) {
    const message = `the rollback step ${first.stepId} failed: ${first.error?.message ?? 'it did not run'}`;
    return moveStep(record, 'read_failed', { error: { kind: first.error?.kind ?? 'target', message } });
  }
  const undidSomething = [...walk.view.steps.values()].some(({ undoneBy }) => undoneBy === record.path);
  if (undidSomething) return moveStep(record, 'read_finished', {}, { drop: ['error'] });
  return moveStep(record, 'left_out', { reason: 'there was nothing to undo' });
}

// The step may stand at this level, at one around it, or inside blocks of either that have ended: of those the last attempt counts.
function earlierStep(walk: Walk, id: string, level: Level): (Node & { readonly step: Step }) | undefined {
  const step = stepsById(walk.plan.definition).get(id);
  if (step === undefined) return undefined;
  for (const around of visiblePrefixes(level.prefix)) {
    const record = walk.view.steps.get(stepPath(around, id)) ?? insideBlocks(walk, id, around);
    if (record === undefined) continue;
    const prefix = record.path.slice(0, -id.length);
    const bindings = level.bindings.filter(({ at }) => at === undefined || record.path.startsWith(at));
    return { step, record, level: { ...levelOfUndo(walk, level), prefix, bindings } };
  }
  return undefined;
}

function insideBlocks(walk: Walk, id: string, around: string): StepRecord | undefined {
  const found = [...walk.view.steps.values()].filter(({ path, stepId, itemKey }) => {
    if (stepId !== id || itemKey !== undefined || !path.startsWith(around)) return false;
    return /^([a-z0-9_]+(#\d+)?\/)+$/.test(path.slice(around.length, -id.length));
  });
  return found.toSorted((left, right) => (left.createdAtMs ?? 0) - (right.createdAtMs ?? 0)).at(-1);
}

/**
 * On the good path an undo is a change like any other. What mends a failure, cleans up, or was half done when the run was stopped, is
 * brought to its end.
 */
function levelOfUndo(walk: Walk, level: Level): Level {
  const isGood = level.cleanup !== true && level.about === undefined && level.mode !== 'drain';
  if (!isGood) return cleanupLevel(walk, level);
  return { ...level, onGoodPath: true, mode: level.mode === 'hold' ? 'hold' : 'go' };
}

function rollbackOf(walk: Walk, { path: undone }: StepRecord): readonly StepRecord[] {
  return [...walk.view.steps.values()].filter(
    ({ path }) =>
      [`${undone}/`, `${undone}[`, `${undone}#`].some((inside) => path.startsWith(inside)) && path.includes('/roll-back/', undone.length),
  );
}
