import type { Runbook, Step } from '../engine/language/runbook.ts';
import { CONDITION_IS_FALSE } from '../engine/run/open-step.ts';
import { allSteps, handlerOf } from '../engine/run/step-path.ts';
import type { Journal } from './journal.ts';

/** What is counted: that a step began, and that a condition was seen both ways. */
export type PointKind = 'step' | 'condition' | 'handler' | 'rollback';

/** One thing that a case can reach, with the words that name it to a reader. */
export interface Point {
  readonly kind: PointKind;
  readonly step: string;
  readonly text: string;
  readonly line: number;
}

/** What the cases of a runbook reached together. */
export interface Coverage {
  readonly points: readonly Point[];
  readonly missed: readonly Point[];
}

/** Which points of a runbook its cases reached. */
export function coverageOf(runbook: Runbook, reached: readonly ReadonlySet<string>[]): Coverage {
  const points = pointsOf(runbook);
  return { points, missed: points.filter(({ text }) => !reached.some((texts) => texts.has(text))) };
}

/** The share of reached points in percent, rounded down; a runbook always has a step. */
export function percentOf({ points, missed }: Coverage): number {
  return points.length === 0 ? 100 : Math.floor((100 * (points.length - missed.length)) / points.length);
}

function pointsOf(runbook: Runbook): readonly Point[] {
  const whole = typeof runbook.onFailure === 'object' ? runbook.onFailure.steps : [];
  const all = [...allSteps([...(runbook.readiness?.checks ?? []), ...runbook.steps, ...runbook.finally, ...whole])];
  const kinds = new Map<Step, PointKind>([
    ...[...allSteps([...whole, ...all.flatMap(handlerOf)])].map((step) => [step, 'handler'] as const),
    ...[...allSteps(all.flatMap(({ rollback }) => rollback ?? []))].map((step) => [step, 'rollback'] as const),
  ]);
  // A handler of the runbook stands at every step that says nothing else: it is one thing to reach.
  const once = new Map(all.map((step) => [step.id, step]));
  return [...once.values()].flatMap((step) => pointsOfStep(step, kinds.get(step) ?? 'step'));
}

function pointsOfStep(step: Step, kind: PointKind): readonly Point[] {
  const of = (kind: PointKind, text: string): Point => ({ kind, step: step.id, text, line: step.at.line });
  return [
    of(kind, step.id),
    ...(step.if === undefined ? [] : [of('condition', `${step.id}: if is true`), of('condition', `${step.id}: if is false`)]),
    ...(step.successIf === undefined
      ? []
      : [of('condition', `${step.id}: success_if is true`), of('condition', `${step.id}: success_if is false`)]),
    ...(step.body.kind === 'assert'
      ? [of('condition', `${step.id}: assert holds`), of('condition', `${step.id}: assert does not hold`)]
      : []),
  ];
}

/** The texts of the points that a case reached. */
export function* reachedIn(journal: Journal): Generator<string> {
  for (const { stepId, called } of journal.begun) if (!called) yield stepId;
  for (const { stepId, node, state, reason, error } of journal.changes) {
    if (state === 'skipped' && reason === CONDITION_IS_FALSE) yield `${stepId}: if is false`;
    if (state !== 'skipped' && state !== 'cancelled') yield `${stepId}: if is true`;
    if (state === 'succeeded') yield `${stepId}: success_if is true`;
    if (error?.message.startsWith('the condition is false') === true) yield `${stepId}: success_if is false`;
    if (node === 'assert' && state === 'succeeded') yield `${stepId}: assert holds`;
    if (node === 'assert' && error?.kind === 'assertion') yield `${stepId}: assert does not hold`;
  }
}
