import type { Failure } from '../actions/action.ts';
import { evaluate, renderTemplate } from '../language/expression.ts';
import { itemKey } from '../language/item-key.ts';
import type { Step } from '../language/runbook.ts';
import type { JsonObject, JsonValue } from '../json.ts';
import type { Target } from '../target.ts';
import type { FanOutItem, StepRecord } from './record.ts';
import { type ScopeAt, scopeAt } from './scope.ts';

type Items =
  | { readonly ok: true; readonly patch: { readonly items: readonly FanOutItem[] } }
  | { readonly ok: false; readonly failure: Failure };

/** The members of a fan-out in their order, computed when its turn comes: planned targets narrowed by `where`, machines this run produced, or list items. */
export function fanOutItems(step: Step, at: ScopeAt): Items {
  const members =
    step.target === undefined ? listItems(step, at) : step.target.kind === 'set' ? setItems(step, at) : producedItems(step, at);
  if ('kind' in members) return { ok: false, failure: members };
  const twice = members.find((item, index) => members.findIndex((other) => other.key === item.key) !== index);
  if (twice !== undefined) return refused('expression', `two items have the key "${twice.key}" (RW416)`);
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
  for (const item of items) {
    const outcome = evaluate(where, scopeAt({ ...at, bindings: [...at.bindings, { alias: aliasOf(step), item }] }), at.nowMs);
    if (!outcome.ok) return { kind: 'expression', message: `where: ${outcome.message}` };
    if (outcome.value === true) kept.push(item);
  }
  return kept;
}

function producedItems(step: Step, at: ScopeAt): readonly FanOutItem[] | Failure {
  if (step.target?.kind !== 'produced') return [];
  const outcome = evaluate(step.target.expression, scopeAt(at), at.nowMs);
  if (!outcome.ok) return { kind: 'expression', message: `target: ${outcome.message}` };
  if (!Array.isArray(outcome.value)) return { kind: 'expression', message: 'target: the expression is not a list of machines' };
  const made = madeByRun([...at.view.steps.values()]);
  const items: FanOutItem[] = [];
  for (const value of outcome.value as readonly JsonValue[]) {
    const target = made.get(idOf(value));
    if (target === undefined) return { kind: 'target_missing', message: 'target is not in the plan and not produced by this run (RW510)' };
    items.push({ key: target.key, target });
  }
  return items;
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
  if (!outcome.ok) return { kind: 'expression', message: `for_each: ${outcome.message}` };
  if (!Array.isArray(outcome.value)) return { kind: 'expression', message: 'for_each: the expression is not a list' };
  const values = outcome.value as readonly JsonValue[];
  if (values.length > 1000) return { kind: 'expression', message: `for_each: ${values.length} items, at most 1000 are allowed` };
  return values.map((value, index) => ({ key: itemKey(value, index), value }));
}

function inOrder(step: Step, at: ScopeAt, items: readonly FanOutItem[]): readonly FanOutItem[] | Failure {
  const orderBy = step.rollout?.orderBy;
  if (orderBy === undefined) return items;
  const ranked: { readonly item: FanOutItem; readonly rank: JsonValue }[] = [];
  for (const item of items) {
    const outcome = evaluate(orderBy, scopeAt({ ...at, bindings: [...at.bindings, { alias: aliasOf(step), item }] }), at.nowMs);
    if (!outcome.ok) return { kind: 'expression', message: `order_by: ${outcome.message}` };
    ranked.push({ item, rank: outcome.value });
  }
  return ranked.toSorted((a, b) => compare(a.rank, b.rank) || compare(a.item.key, b.item.key)).map(({ item }) => item);
}

function compare(left: JsonValue, right: JsonValue): number {
  if (typeof left === 'number' && typeof right === 'number') return left - right;
  const [a, b] = [JSON.stringify(left), JSON.stringify(right)];
  return a < b ? -1 : a > b ? 1 : 0;
}

function refused(kind: Failure['kind'], message: string): Items {
  return { ok: false, failure: { kind, message } };
}
