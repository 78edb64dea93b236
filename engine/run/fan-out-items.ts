import type { Failure, RunCode } from '../actions/action.ts';
import { evaluate, evaluatorOf, renderTemplate } from '../language/expression.ts';
import type { Outcome } from '../language/expression-values.ts';
import { itemKey } from '../language/item-key.ts';
import type { Step } from '../language/runbook.ts';
import type { JsonObject, JsonValue } from '../json.ts';
import { withShortKeys } from '../plan/short-keys.ts';
import type { Target } from '../target.ts';
import { storedDurationMs, storedTimeMs } from '../values.ts';
import { expressionFailure } from './expression-failure.ts';
import type { FanOutItem, StepRecord } from './record.ts';
import { itemScope, type ScopeAt, scopeAt } from './scope.ts';

/** Longest key of an item: it stands in paths, reports and file names of evidence. */
const KEY_MAX_CHARS = 256;

type Items =
  | { readonly ok: true; readonly patch: { readonly items: readonly FanOutItem[] } }
  | { readonly ok: false; readonly failure: Failure };

/** The members of a fan-out in their order, computed when its turn comes: planned targets narrowed by `where`, machines this run produced, or list items. */
export function fanOutItems(step: Step, at: ScopeAt): Items {
  const members =
    step.target === undefined ? listItems(step, at) : step.target.kind === 'set' ? setItems(step, at) : producedItems(step, at);
  if ('kind' in members) return { ok: false, failure: members };
  const seen = new Set<string>();
  for (const { key } of members) {
    if (seen.has(key)) return refused('expression', `two items have the key "${key}": make the list unique`, 'RW416');
    if (key.length > KEY_MAX_CHARS)
      return refused('expression', `the key of an item is longer than ${KEY_MAX_CHARS} characters: ${key.slice(0, 40)}…`);
    seen.add(key);
  }
  const ordered = inOrder(step, at, members);
  return 'kind' in ordered ? { ok: false, failure: ordered } : { ok: true, patch: { items: ordered } };
}

/** The name under which expressions see the item of a fan-out. */
export function aliasOf(step: Step): string {
  return step.as ?? (step.forEach === undefined ? 'target' : 'item');
}

function setItems(step: Step, at: ScopeAt): readonly FanOutItem[] | Failure {
  if (step.target?.kind !== 'set') return [];
  const { set, where } = step.target;
  const planned = at.plan.sets[set];
  if (planned === undefined) return { kind: 'target_missing', message: `the plan has no target set "${set}"` };
  const items = planned.targets.map((target): FanOutItem => ({ key: target.key, target }));
  if (where === undefined) return items;
  const kept: FanOutItem[] = [];
  const answerFor = evaluatorFor(step, at, where);
  for (const item of items) {
    const outcome = answerFor(item);
    if (!outcome.ok) return expressionFailure('where', outcome.message);
    if (outcome.value === true) kept.push(item);
  }
  return kept;
}

/** Asks an expression about one item after the other: what they share may be the results of a thousand others. */
function evaluatorFor(step: Step, at: ScopeAt, text: string): (item: FanOutItem) => Outcome<JsonValue> {
  const answerFor = evaluatorOf(text, scopeAt(at), at.nowMs);
  return (item) => answerFor({ [aliasOf(step)]: itemScope(item) });
}

function producedItems(step: Step, at: ScopeAt): readonly FanOutItem[] | Failure {
  if (step.target?.kind !== 'produced') return [];
  const outcome = evaluate(step.target.expression, scopeAt(at), at.nowMs);
  if (!outcome.ok) return expressionFailure('target', outcome.message);
  if (!Array.isArray(outcome.value)) return expressionFailure('target', 'the expression is not a list of machines');
  const made = madeByRun([...at.view.steps.values()]);
  const targets: Target[] = [];
  for (const value of outcome.value as readonly JsonValue[]) {
    const target = made.get(idOf(value));
    if (target === undefined)
      return { kind: 'target_missing', code: 'RW510', message: 'target is not in the plan and not produced by this run' };
    targets.push(target);
  }
  return withShortKeys(targets).map((target) => ({ key: target.key, target }));
}

function madeByRun(records: readonly StepRecord[]): ReadonlyMap<string, Target> {
  return new Map(records.flatMap((record) => (record.produced ?? []).map((target) => [target.id, target] as const)));
}

function idOf(value: JsonValue): string {
  const id = value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as JsonObject)['id'] : undefined;
  return typeof id === 'string' ? id : '';
}

function listItems(step: Step, at: ScopeAt): readonly FanOutItem[] | Failure {
  const outcome = renderTemplate(step.forEach ?? '', scopeAt(at), at.nowMs);
  if (!outcome.ok) return expressionFailure('for_each', outcome.message);
  if (!Array.isArray(outcome.value)) return expressionFailure('for_each', 'the expression is not a list');
  const values = outcome.value as readonly JsonValue[];
  if (values.length > 1000) return { kind: 'expression', message: `for_each: ${values.length} items, at most 1000 are allowed` };
  return values.map((value, index) => ({ key: itemKey(value, index), value }));
}

function inOrder(step: Step, at: ScopeAt, items: readonly FanOutItem[]): readonly FanOutItem[] | Failure {
  const orderBy = step.rollout?.orderBy;
  if (orderBy === undefined) return items;
  const ranked: { readonly item: FanOutItem; readonly rank: JsonValue }[] = [];
  const rankOf = evaluatorFor(step, at, orderBy);
  for (const item of items) {
    const outcome = rankOf(item);
    if (!outcome.ok) return expressionFailure('order_by', outcome.message);
    ranked.push({ item, rank: outcome.value });
  }
  const kinds = new Set(ranked.map(({ rank }) => kindOfRank(rank)));
  if (kinds.size > 1 || kinds.has('none')) {
    const odd = ranked.find(({ rank }) => kindOfRank(rank) === 'none') ?? ranked[0];
    const why = kinds.has('none')
      ? `${JSON.stringify(odd?.rank ?? null)} of ${odd?.item.key} has no order`
      : `values of ${[...kinds].join(' and ')} have no common order`;
    return expressionFailure('order_by', why);
  }
  return ranked.toSorted((a, b) => compare(orderOf(a.rank), orderOf(b.rank)) || compare(a.item.key, b.item.key)).map(({ item }) => item);
}

function kindOfRank(rank: JsonValue): 'number' | 'text' | 'boolean' | 'duration' | 'time' | 'none' {
  if (typeof rank === 'number') return 'number';
  if (typeof rank === 'string') return 'text';
  if (typeof rank === 'boolean') return 'boolean';
  if (storedDurationMs(rank) !== undefined) return 'duration';
  return storedTimeMs(rank) === undefined ? 'none' : 'time';
}

function orderOf(rank: JsonValue): string | number {
  if (typeof rank === 'string' || typeof rank === 'number') return rank;
  return storedDurationMs(rank) ?? storedTimeMs(rank) ?? Number(rank);
}

function compare(left: string | number, right: string | number): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

function refused(kind: Failure['kind'], message: string, code?: RunCode): Items {
  return { ok: false, failure: { kind, message, ...(code === undefined ? {} : { code }) } };
}
