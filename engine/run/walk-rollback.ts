import type { Step } from '../language/runbook.ts';
import { moveStep, type StepChange } from './change.ts';
import { aliasOf } from './fan-out-items.ts';
import { isContainer, isTolerated, noteFailure } from './failure.ts';
import { hasChanged, isOwnUndo } from './own-undo.ts';
import type { RunView, StepRecord } from './record.ts';
import { reopened } from './reopen.ts';
import { childPrefix, handlerOf, handlerPrefix, itemPath, rollbackPrefix, stepPath, wavePrefix } from './step-path.ts';
import { countsAsFailed, statusOf, stepHasEnded, type StepStatus } from './verdict.ts';
import { cleanupLevel, type Level, type Node, type Walk } from './walk.ts';

/** `done`: nothing of the scope is left to undo, or what is left has failed. */
export type Undone = 'done' | 'running' | 'unknown';

/** One rollback under way: what asked for it, and what of it has failed. */
export interface Undoing {
  /** The path of the `undo` step or of the scope; `run` for the whole run. */
  readonly by: string;
  /** Which try this is: rollback steps that failed in another one are opened again. */
  readonly round: string;
  /** An `undo` tries again also what a person has left as it is. */
  readonly insists: boolean;
  /** Rollback steps that have failed. */
  readonly failed: StepRecord[];
}

/** A rollback that begins; `round` tells it from an earlier one of the same name. */
export function undoingBy(by: string, { round = by, insists = false } = {}): Undoing {
  return { by, round, insists, failed: [] };
}

/** Rollback steps that have failed and about which nobody has decided yet. */
export function unanswered({ failed }: Undoing): readonly StepRecord[] {
  return failed.filter(({ resolution, state }) => resolution === undefined && state === 'failed');
}

/** Undoes everything that the run has done. A person is asked about rollback steps that failed before the run goes on to its `finally`. */
export function walkRunRollback(walk: Walk, steps: readonly Step[], level: Level): StepStatus {
  const undoing = undoingBy('run');
  const undone = undoSteps(walk, steps, level, undoing);
  if (undone !== 'done') return undone;
  const open = unanswered(undoing);
  if (open.length > 0 && !walk.ending) {
    walk.found.changes.push(...open.map(askAbout));
    return 'running';
  }
  return undoing.failed.length > 0 ? 'failed' : 'succeeded';
}

/** A person decides about a rollback step that failed, once everything else of its scope is undone. */
export function askAbout(record: StepRecord): StepChange {
  return noteFailure(record, { answer: 'pause' });
}

/** Undoes steps that ran in written order, the last one first. */
export function undoSteps(walk: Walk, steps: readonly Step[], level: Level, undoing: Undoing): Undone {
  return inTurn(steps.toReversed().map((step) => () => undoStep(walk, step, level, undoing)));
}

/** Undoes what a step has done, or each of its items that it has touched. */
function undoStep(walk: Walk, step: Step, level: Level, undoing: Undoing): Undone {
  const record = walk.view.steps.get(stepPath(level.prefix, step.id));
  if (record === undefined) return 'done';
  return record.node === 'fan_out' ? undoItems(walk, step, { record, level }, undoing) : undoRecord(walk, step, { record, level }, undoing);
}

/** Undoes one step or item: what has handled its failure, its own rollback, then the steps inside it. */
export function undoRecord(walk: Walk, step: Step, node: Node, undoing: Undoing): Undone {
  const { record, level } = node;
  const rounds = Array.from({ length: record.round ?? 1 }, (_, index) => (record.round ?? 1) - index);
  const handlers = rounds.map((round) => () => {
    const inner = { ...level, prefix: handlerPrefix(record.path, round), about: record.path };
    return undoSteps(walk, handlerOf(step), inner, undoing);
  });
  return inTurn([...handlers, () => undoOwn(walk, step, node, undoing), () => undoInside(walk, step, node, undoing)]);
}

function undoInside(walk: Walk, step: Step, { record, level }: Node, undoing: Undoing): Undone {
  const inner = { ...level, prefix: childPrefix(record.path, record.attempt) };
  if (step.body.kind === 'steps') return undoSteps(walk, step.body.steps, inner, undoing);
  if (step.body.kind !== 'parallel') return 'done';
  return together(step.body.steps.map((branch) => undoStep(walk, branch, inner, undoing)));
}

/** Undoes the items of a fan-out and what ran after its waves, in the reverse order in which they ended. */
export function undoItems(walk: Walk, step: Step, { record, level }: Node, undoing: Undoing): Undone {
  const alias = aliasOf(step);
  const items = (record.items ?? []).flatMap((item) => {
    const member = walk.view.steps.get(itemPath(record.path, item.key));
    if (member === undefined) return [];
    const inner = { ...level, bindings: [...level.bindings, { alias, item, at: member.path }] };
    return [{ atMs: member.endedAtMs ?? Infinity, undo: () => undoRecord(walk, step, { record: member, level: inner }, undoing) }];
  });
  const waves = (step.rollout?.afterWave ?? []).length === 0 ? [] : wavesOf(walk, step, { record, level }, undoing);
  const units = [...items, ...waves].toReversed();
  return inTurn(units.toSorted((left, right) => right.atMs - left.atMs).map(({ undo }) => undo));
}

function wavesOf(walk: Walk, step: Step, { record, level }: Node, undoing: Undoing) {
  const steps = step.rollout?.afterWave ?? [];
  const waves: { readonly atMs: number; readonly undo: () => Undone }[] = [];
  for (let number = 1; ; number += 1) {
    const prefix = wavePrefix(record.path, number);
    const ends = steps.flatMap(({ id }) => walk.view.steps.get(stepPath(prefix, id)) ?? []).map(({ endedAtMs }) => endedAtMs ?? Infinity);
    if (ends.length === 0) return waves;
    waves.push({ atMs: Math.max(...ends), undo: () => undoSteps(walk, steps, { ...level, prefix }, undoing) });
  }
}

/** Runs the rollback of a step once. What undid it is stored when it is done: from then on the rollback is spent. */
function undoOwn(walk: Walk, step: Step, { record, level }: Node, undoing: Undoing): Undone {
  const list = step.rollback ?? [];
  if (list.length === 0 || record.undoneBy !== undefined || !mustUndo(walk.view, step, record)) return 'done';
  if (walk.found.undone.has(record.path)) return 'running';
  walk.found.undone.add(record.path);
  const prefix = rollbackPrefix(record.path);
  const around = level.onGoodPath === true ? level : cleanupLevel(walk, level);
  const inner: Level = { ...around, prefix, about: record.path, openedFor: undoing.round };
  const status = walk.walkSteps(list, inner, true);
  if (!stepHasEnded(status)) return status === 'unknown' ? 'unknown' : 'running';
  // What this walk itself has cancelled or skipped is judged once it is stored.
  if (list.some((each) => !walk.view.steps.has(stepPath(prefix, each.id)))) return 'running';
  const failed = list.flatMap((each) => {
    const made = walk.view.steps.get(stepPath(prefix, each.id));
    return made !== undefined && countsAsFailed(statusOf(made)) && !isTolerated(each, made) ? [{ step: each, record: made }] : [];
  });
  if (failed.length === 0) {
    walk.found.changes.push(moveStep(record, 'undone', { undoneBy: undoing.by }, { data: { undoneBy: undoing.by } }));
    return 'running';
  }
  const again = failed.filter(({ record: made }) => made.openedFor !== undoing.round && (undoing.insists || !isLeft(made)));
  if (again.length > 0 && inner.mode === 'go') {
    walk.found.changes.push(...again.flatMap((each) => reopened(walk, each.step, { record: each.record, level: inner })));
    return 'running';
  }
  undoing.failed.push(...failed.map((each) => each.record));
  return 'done';
}

/** A person was asked about the failed rollback step and has left it as it is. */
function isLeft({ answer, resolution }: StepRecord): boolean {
  return answer === 'stop' && resolution !== undefined;
}

/**
 * A step is undone when it succeeded, and when it failed after its request was sent and not refused without effect: the author of a rollback
 * accepts that there may be nothing to undo. An action's own undo takes back only what the step has changed.
 */
export function mustUndo(view: RunView, step: Step, record: StepRecord): boolean {
  if (isOwnUndo(step) && (isContainer(record) || !hasChanged(record))) return false;
  switch (record.state) {
    case 'succeeded':
      return true;
    case 'failed':
    case 'ready':
    case 'cancelled':
      return record.verdict === 'recovered' || (step.rollbackOnFailure !== false && wasSent(view, record));
    case 'pending':
    case 'skipped':
    case 'intent':
    case 'submitted':
    case 'unknown':
      return false;
  }
}

function wasSent(view: RunView, record: StepRecord): boolean {
  if (!isContainer(record)) return record.submittedAtMs !== undefined || record.resolution?.as === 'failed';
  const inside = (path: string): boolean => path.startsWith(record.path) && '/#['.includes(path[record.path.length] ?? ' ');
  return [...view.steps.values()].some((other) => inside(other.path) && other.submittedAtMs !== undefined);
}

function inTurn(parts: readonly (() => Undone)[]): Undone {
  for (const part of parts) {
    const undone = part();
    if (undone !== 'done') return undone;
  }
  return 'done';
}

function together(branches: readonly Undone[]): Undone {
  if (branches.includes('running')) return 'running';
  return branches.includes('unknown') ? 'unknown' : 'done';
}
