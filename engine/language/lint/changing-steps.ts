import { enclosing, isInside, type OutlinedStep } from '../outline.ts';

const WAY_FORWARD: ReadonlySet<string> = new Set(['top', 'steps', 'parallel', 'after_wave']);

/** True for a leaf that does more than read. */
export function changes(step: OutlinedStep): boolean {
  return step.effect !== undefined && step.effect !== 'read';
}

/** True for a changing leaf, and for a block that holds one on its way forward. */
export function holdsChange(step: OutlinedStep, steps: readonly OutlinedStep[]): boolean {
  return changes(step) || steps.some((inner) => isInside(inner, step) && changes(inner) && isForward(inner));
}

/** True for steps that run when nothing fails: not in readiness, finally, rollbacks or handlers. */
export function isForward(step: OutlinedStep): boolean {
  return step.section === 'steps' && [step, ...enclosing(step)].every((each) => WAY_FORWARD.has(each.list));
}

/** The changing leaves on the way forward, in written order. */
export function forwardChanges(steps: readonly OutlinedStep[]): readonly OutlinedStep[] {
  return steps.filter((step) => changes(step) && isForward(step));
}

/** The steps of the same list, in written order. */
export function siblingsOf(step: OutlinedStep, steps: readonly OutlinedStep[]): readonly OutlinedStep[] {
  return steps.filter((other) => other.parent === step.parent && other.list === step.list && other.section === step.section);
}
