import { didYouMean, quoted, type Report } from './diagnostics.ts';
import { nearest } from './near.ts';
import { enclosing, isInside, type OutlinedStep } from './outline.ts';
import { ownUndoOf } from './own-undo.ts';
import { child, entryOf, itemsOf, pointerOf, textOf } from './tree.ts';
import { visibilityOf } from './visible.ts';

/** The list around a step that must be able to run unattended; undefined where there is none. */
export function cleanupAround(step: OutlinedStep): 'rollback' | 'finally' | undefined {
  const lists = [step, ...enclosing(step)].map(({ list }) => list);
  if (lists.includes('rollback')) return 'rollback';
  return step.section === 'finally' || lists.includes('finally') ? 'finally' : undefined;
}

/** Checks what a step says of undoing: that `undo` names something that can be undone, and that nothing is undone twice. */
export function checkRollback(step: OutlinedStep, steps: readonly OutlinedStep[], report: Report): void {
  if (step.body === 'undo') checkUndo(step, steps, report);
  checkBlockRetry(step, steps, report);
  const rollback = entryOf(step.node, 'rollback');
  if (rollback === undefined) return;
  const place = { span: rollback.keySpan, pointer: pointerOf([...step.path, 'rollback']) };
  // An empty list says that what the action would undo by itself stays as it is.
  const isEmpty = rollback.value.kind === 'list' && rollback.value.items.length === 0;
  if (isEmpty && step.action?.undo === undefined)
    return report(
      'RW207',
      { ...place, hint: 'leave it out: nothing undoes this step by itself' },
      { key: '"rollback"', bound: 'at least 1 step' },
    );
  if (cleanupAround(step) === undefined) return;
  report('RW210', place, { key: '"rollback"', body: 'a cleanup', why: 'what stands in rollback or finally is not undone itself' });
}

function checkUndo(step: OutlinedStep, steps: readonly OutlinedStep[], report: Report): void {
  const node = child(step.node, 'undo');
  const id = textOf(node);
  if (node === undefined || id === undefined) return;
  const place = { span: node.span, pointer: pointerOf([...step.path, 'undo']) };
  const named = steps.find((other) => other.id === id);
  if (named === undefined) {
    const near = nearest(
      id,
      steps.filter((other) => canBeUndone(other, steps)).map((other) => other.id),
    );
    return report('RW401', { ...place, ...(near === undefined ? {} : { hint: didYouMean(near), fix: near }) }, { id: quoted(id) });
  }
  const visibility = visibilityOf(named, step);
  const problem =
    visibility.kind === 'hidden'
      ? `it belongs to the items of "${visibility.outer.id}"`
      : visibility.kind === 'later'
        ? 'it has not ended when this runs'
        : canBeUndone(named, steps)
          ? undefined
          : 'neither it nor a step in it has a rollback';
  if (problem !== undefined) report('RW411', place, { id: quoted(id), problem });
}

function canBeUndone(step: OutlinedStep, steps: readonly OutlinedStep[]): boolean {
  return hasRollback(step) || steps.some((inner) => isInside(inner, step) && cleanupAround(inner) === undefined && hasRollback(inner));
}

function hasRollback(step: OutlinedStep): boolean {
  return itemsOf(child(step.node, 'rollback')).length > 0 || ownUndoOf(step) !== undefined;
}

// A block that is tried again is undone first: what can neither be undone nor safely be done twice is refused.
function checkBlockRetry(step: OutlinedStep, steps: readonly OutlinedStep[], report: Report): void {
  const retry = retryOf(step);
  if (retry === undefined || (step.body !== 'steps' && step.body !== 'parallel')) return;
  const inside = steps.filter((inner) => isInside(inner, step) && standsInItsSteps(inner, step));
  const repeats = inside.some((inner) => {
    const way = [inner, ...enclosing(inner)];
    const undoable = way.slice(0, way.indexOf(step) + 1).some(hasRollback);
    return (inner.effect === 'guarded' || inner.effect === 'blind') && !undoable;
  });
  if (repeats)
    report('RW513', { span: retry.keySpan, pointer: pointerOf([...step.path, retry.key]) }, { what: 'a block without rollback' });
}

/** The key with which a step says that it is tried again. */
export function retryOf({ node }: OutlinedStep): ReturnType<typeof entryOf> {
  const handler = entryOf(node, 'on_failure');
  return entryOf(node, 'retry') ?? (textOf(child(handler?.value, 'then')) === 'retry' ? handler : undefined);
}

function standsInItsSteps(inner: OutlinedStep, block: OutlinedStep): boolean {
  const way = [inner, ...enclosing(inner)];
  return way.slice(0, way.indexOf(block)).every(({ list }) => list === 'steps' || list === 'parallel' || list === 'after_wave');
}
