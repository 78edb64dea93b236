import type { JsonValue } from '../json.ts';
import { freeNames, templateNames } from '../language/expression.ts';
import type { Step } from '../language/runbook.ts';
import { childrenOf, handlerOf } from '../run/step-path.ts';

/** The ids of steps whose targets or arguments are known only after another step has ended, their own or those of what they stand in. Pure. */
export function laterSteps(steps: readonly Step[]): ReadonlySet<string> {
  const later = new Set<string>();
  for (const step of steps) add(step, { later, around: false });
  return later;
}

interface Found {
  readonly later: Set<string>;
  /** What it stands in has members that are not known yet. */
  readonly around: boolean;
}

function add(step: Step, { later, around }: Found): void {
  const membersLater = around || hasLaterMembers(step);
  if (membersLater || hasLaterArguments(step)) later.add(step.id);
  const within = [...childrenOf(step), ...(step.rollout?.afterWave ?? []), ...handlerOf(step), ...(step.rollback ?? [])];
  for (const inside of within) add(inside, { later, around: membersLater });
}

function hasLaterMembers({ target, forEach }: Step): boolean {
  if (target?.kind === 'produced') return true;
  if (target?.kind === 'set' && target.where !== undefined && freeNames(target.where).names.has('steps')) return true;
  return readsSteps(forEach ?? null);
}

function hasLaterArguments({ body }: Step): boolean {
  if (body.kind === 'run') return readsSteps(body.env);
  return (body.kind === 'uses' || body.kind === 'call') && readsSteps(body.with);
}

function readsSteps(value: JsonValue): boolean {
  const { names } = templateNames(value);
  return names.has('steps') || names.has('undone');
}
