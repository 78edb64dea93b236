import type { JsonObject } from '../json.ts';
import type { Scope } from '../language/expression.ts';
import type { Step } from '../language/runbook.ts';
import type { StepRecord } from './record.ts';

/**
 * True when an action's own undo has something to take back: a request of the step was accepted or, says a person, had its effect, and no
 * result says that nothing was changed. What a person did by hand, and what they say never happened, is left alone.
 */
export function hasChanged({ submittedAtMs, changed, attempt, generation, resolution, state }: StepRecord): boolean {
  if (resolution?.as === 'failed') return false;
  const happened = submittedAtMs !== undefined || (resolution?.as === 'succeeded' && state === 'succeeded');
  // A later attempt that finds its work done may find that of an earlier one.
  return happened && (changed !== false || attempt > 1 || generation > 0);
}

/** The rollback of a step is the own undo of its action, not steps that somebody wrote. */
export function isOwnUndo({ rollback }: Step): boolean {
  return rollback?.some(({ ownUndo }) => ownUndo !== undefined) === true;
}

/** What the arguments of an own undo can read of the step that it undoes. A result that changed nothing tells nothing of before. */
export function undoneScope({ result, changed, before }: StepRecord): Scope {
  return { undone: { result: (changed === false ? undefined : result) ?? {}, before: before ?? {} } };
}

/** The arguments that an own undo takes over, as the step that it undoes has used them. */
export function sameArguments(same: readonly string[], { input }: StepRecord): JsonObject {
  return Object.fromEntries(same.flatMap((name) => (input?.[name] === undefined ? [] : [[name, input[name]]])));
}
