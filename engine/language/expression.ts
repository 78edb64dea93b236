import { Environment, EvaluationError, type ParseResult } from '@marcbachmann/cel-js';
import type { JsonObject, JsonValue } from '../json.ts';
import { storedDurationMs, storedTimeMs } from '../values.ts';
import { formatDuration } from './duration.ts';
import { COST_MAX, GLOBAL_FUNCTIONS, METHODS, type Meter, registerFunctions, registerMixedNumbers } from './expression-functions.ts';
import { type Expression, parseExpression } from './expression-parse.ts';
import { fromCel, type Outcome, toCel } from './expression-values.ts';
import { formatInstant } from './instant.ts';
import { soleExpression, splitTemplate } from './template.ts';

/** The names that an expression sees, with their values in stored form. */
export type Scope = Readonly<Record<string, JsonValue>>;

/** What an expression reads: scope names, the steps among them, and the functions it calls. `allSteps` is set when a step is chosen by a computed id. */
export interface FreeNames {
  readonly names: ReadonlySet<string>;
  readonly steps: ReadonlySet<string>;
  readonly allSteps: boolean;
  readonly functions: ReadonlySet<string>;
}

const METER: Meter = { nowMs: 0, cost: 0 };

const RUNTIME = registerMixedNumbers(
  registerFunctions(
    new Environment({
      unlistedVariablesAreDyn: true,
      homogeneousAggregateLiterals: false,
      // Weaving nests a chain of operators once more for each of them; what people write is bounded before.
      limits: { maxAstNodes: 100_000, maxDepth: 5000, maxListElements: 10_000 },
    }),
    METER,
  ),
);

/** Evaluates bare CEL over a scope; `nowMs` (milliseconds since 1970) is what `now()` yields. Never throws for what an author wrote. */
export function evaluate(text: string, scope: Scope, nowMs: number): Outcome<JsonValue> {
  return evaluatorOf(text, scope, nowMs)({});
}

/** Evaluates one expression many times as `evaluate` does: what all of them see is made ready once, `own` names come on top of it. */
export function evaluatorOf(text: string, scope: Scope, nowMs: number): (own: Scope) => Outcome<JsonValue> {
  const parsed = parseExpression(text);
  if (!parsed.ok)
    return () => ({ ok: false, message: parsed.kind === 'limit' ? `the expression exceeds ${parsed.message}` : parsed.message });
  const { expression } = parsed;
  const unknown = expression.calls.find((call) => !(call.method ? METHODS : GLOBAL_FUNCTIONS).has(call.name));
  if (unknown !== undefined) return () => ({ ok: false, message: `there is no function ${JSON.stringify(unknown.name)}` });
  let shared: CelContext | undefined;
  return (own) => {
    try {
      shared ??= contextFor(expression, scope);
      const context = Object.assign(Object.create(null) as CelContext, shared, contextFor(expression, own));
      METER.nowMs = nowMs;
      METER.cost = 0;
      const value: unknown = compile(expression)(context);
      // Quantifiers may swallow the refusal of one item; an overdrawn budget must fail all the same.
      if (METER.cost > COST_MAX) return { ok: false, message: `the expression costs more than ${COST_MAX}` };
      return { ok: true, value: fromCel(value) };
    } catch (error) {
      return { ok: false, message: reasonOf(error) };
    }
  };
}

/** Fills every `${{ }}` of a nested value. A text that is only `${{ }}` keeps the type of its value; mixed text uses `asText`. */
export function renderTemplate(value: JsonValue, scope: Scope, nowMs: number): Outcome<JsonValue> {
  if (typeof value === 'string') return renderText(value, scope, nowMs);
  if (value === null || typeof value !== 'object') return { ok: true, value };
  if (Array.isArray(value)) return renderList(value as readonly JsonValue[], scope, nowMs);
  const result: Record<string, JsonValue> = {};
  for (const [name, item] of Object.entries(value as JsonObject)) {
    const rendered = renderTemplate(item ?? null, scope, nowMs);
    if (!rendered.ok) return rendered;
    result[name] = rendered.value;
  }
  return { ok: true, value: result };
}

/** The text that a script or a message gets for a value. Null is refused: an empty string would hide it. */
export function asText(value: JsonValue): Outcome<string> {
  if (value === null) return { ok: false, message: 'the value is null: use default() to give a text' };
  if (typeof value !== 'object') return { ok: true, value: String(value) };
  const durationMs = storedDurationMs(value);
  if (durationMs !== undefined) return { ok: true, value: formatDuration(durationMs) };
  const timeMs = storedTimeMs(value);
  if (timeMs !== undefined) return { ok: true, value: formatInstant(timeMs) };
  return { ok: true, value: JSON.stringify(plainJson(value)) };
}

/** What bare CEL reads from its scope; nothing for text that cannot be parsed. */
export function freeNames(text: string): FreeNames {
  const parsed = parseExpression(text);
  return parsed.ok ? namesOf([parsed.expression]) : namesOf([]);
}

/** What all the `${{ }}` of a nested value read from their scope. */
export function templateNames(value: JsonValue): FreeNames {
  return namesOf(expressionsIn(value));
}

const COMPILED = new Map<string, ParseResult>();
const COMPILED_MAX = 500;

function compile(expression: Expression): ParseResult {
  const known = COMPILED.get(expression.text);
  if (known !== undefined) return known;
  const compiled = RUNTIME.parse(meteredText(expression));
  if (COMPILED.size >= COMPILED_MAX) COMPILED.clear();
  COMPILED.set(expression.text, compiled);
  return compiled;
}

// The library has no cost budget and its `duration` knows no days, so the text is woven: each macro body pays before it runs and
// has its value bounded, what goes through a list or a text pays for its size, and `duration` goes to our reader. Insertions never
// overlap: they sit at the two ends of a node.
function meteredText(expression: Expression): string {
  const edits: { at: number; order: number; text: string; drop: number }[] = [];
  for (const { range, nodes } of expression.macroBodies) {
    edits.push({ at: range.start, order: range.start - range.end, text: `cel.bind(rw_paid, rw_spend(${nodes}), rw_bounded(`, drop: 0 });
    edits.push({ at: range.end, order: range.end - range.start - 1e9, text: '))', drop: 0 });
  }
  for (const { range, deep } of expression.weighed) {
    edits.push({ at: range.start, order: range.start - range.end, text: deep ? 'rw_deep(' : 'rw_flat(', drop: 0 });
    edits.push({ at: range.end, order: range.end - range.start - 1e9, text: ')', drop: 0 });
  }
  for (const call of expression.calls) {
    if (!call.method && call.name === 'duration')
      edits.push({ at: call.range.start, order: 1, text: 'rw_duration', drop: 'duration'.length });
  }
  edits.sort((a, b) => a.at - b.at || a.order - b.order);
  let text = '';
  let position = 0;
  for (const edit of edits) {
    text += expression.text.slice(position, edit.at) + edit.text;
    position = edit.at + edit.drop;
  }
  return text + expression.text.slice(position);
}

type CelContext = Record<string, unknown>;

function contextFor(expression: Expression, scope: Scope): CelContext {
  const free = namesOf([expression]);
  const context: CelContext = Object.create(null) as CelContext;
  for (const name of free.names) {
    const value = scope[name];
    if (value === undefined) continue;
    context[name] = toCel(name === 'steps' && !free.allSteps ? onlySteps(value, free.steps) : value);
  }
  return context;
}

// A run's steps can hold thousands of items: only those that the expression names are converted.
function onlySteps(value: JsonValue, wanted: ReadonlySet<string>): JsonValue {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value;
  return Object.fromEntries(Object.keys(value).flatMap((id) => (wanted.has(id) ? [[id, (value as JsonObject)[id] ?? null]] : [])));
}

function renderText(text: string, scope: Scope, nowMs: number): Outcome<JsonValue> {
  const template = splitTemplate(text);
  if (!template.ok) return { ok: false, message: '${{ is not closed' };
  const sole = soleExpression(template);
  if (sole !== undefined) return evaluate(sole.text, scope, nowMs);
  let result = '';
  for (const part of template.parts) {
    if (part.kind === 'text') {
      result += part.text;
      continue;
    }
    const value = evaluate(part.text, scope, nowMs);
    if (!value.ok) return value;
    const rendered = asText(value.value);
    if (!rendered.ok) return rendered;
    result += rendered.value;
  }
  return { ok: true, value: result };
}

function renderList(list: readonly JsonValue[], scope: Scope, nowMs: number): Outcome<JsonValue> {
  const result: JsonValue[] = [];
  for (const item of list) {
    const rendered = renderTemplate(item, scope, nowMs);
    if (!rendered.ok) return rendered;
    result.push(rendered.value);
  }
  return { ok: true, value: result };
}

function plainJson(value: JsonValue): JsonValue {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return (value as readonly JsonValue[]).map(plainJson);
  if (storedDurationMs(value) !== undefined || storedTimeMs(value) !== undefined) {
    const text = asText(value);
    return text.ok ? text.value : null;
  }
  return Object.fromEntries(Object.entries(value as JsonObject).map(([name, item]) => [name, plainJson(item ?? null)]));
}

function namesOf(expressions: readonly Expression[]): FreeNames {
  const steps = expressions.flatMap((expression) => expression.paths.filter((path) => path.root === 'steps'));
  return {
    names: new Set(expressions.flatMap((expression) => expression.names.map((name) => name.name))),
    steps: new Set(steps.flatMap((path) => path.fields.slice(0, 1).map((field) => field.name))),
    allSteps: steps.some((path) => path.fields.length === 0),
    functions: new Set(expressions.flatMap((expression) => expression.calls.map((call) => call.name))),
  };
}

function expressionsIn(value: JsonValue): readonly Expression[] {
  if (value === null || typeof value !== 'object') return typeof value === 'string' ? expressionsInText(value) : [];
  return Object.values(value).flatMap((item: JsonValue | undefined) => expressionsIn(item ?? null));
}

function expressionsInText(text: string): readonly Expression[] {
  const template = splitTemplate(text);
  if (!template.ok) return [];
  return template.parts.flatMap((part) => {
    const parsed = part.kind === 'expression' ? parseExpression(part.text) : undefined;
    return parsed?.ok === true ? [parsed.expression] : [];
  });
}

function reasonOf(error: unknown): string {
  const summary = error instanceof EvaluationError ? error.summary : error instanceof Error ? error.message : String(error);
  const text =
    summary
      .replaceAll(/dyn<([^>]*)>/g, '$1')
      .replaceAll('google.protobuf.Duration', 'duration')
      .replaceAll('google.protobuf.Timestamp', 'timestamp')
      .replace(/^No such key: index out of bounds, index (-?\d+).*$/, 'the list has no item $1')
      .replace('No such key:', 'there is no')
      .split('\n')[0] ?? '';
  return text.charAt(0).toLowerCase() + text.slice(1);
}
