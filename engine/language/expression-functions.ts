import { Environment, EvaluationError } from '@marcbachmann/cel-js';
import { Duration } from '@marcbachmann/cel-js/evaluator';
import type { JsonValue } from '../json.ts';
import { formatDuration, parseDurationMs } from './duration.ts';
import { LIST_MAX, toCel } from './expression-values.ts';
import { dateOf, formatInstant, msOfDate } from './instant.ts';

const DURATION = 'google.protobuf.Duration';
const TIMESTAMP = 'google.protobuf.Timestamp';
const TEXT_MAX = 1_048_576;

/** What one evaluation may cost: bodies of macros count their nodes at each item. */
export const COST_MAX = 1_000_000;

const GLOB_MAX = 256;

// How much of a list or a text an operation goes through for one unit of cost.
const ITEMS_PER_COST = 16;
const CHARACTERS_PER_COST = 100;
const JSON_CHARACTERS_PER_COST = 4;

/** What one evaluation knows and spends. The library's handlers cannot be given it, so one object is filled before each evaluation. */
export interface Meter {
  nowMs: number;
  cost: number;
}

/** Functions that a runbook may call as `f(x)`; the list is closed. */
export const GLOBAL_FUNCTIONS: ReadonlySet<string> = new Set(
  'has size int double string bool duration timestamp type now max min sum default json lines glob'.split(' '),
);

/** Functions that a runbook may call as `x.f(y)`; the list is closed and has no `matches`. */
export const METHODS: ReadonlySet<string> = new Set(
  (
    'all exists exists_one filter map size contains startsWith endsWith trim split substring indexOf lowerAscii upperAscii join ' +
    'getFullYear getMonth getDate getDayOfMonth getDayOfWeek getDayOfYear getHours getMinutes getSeconds getMilliseconds'
  ).split(' '),
);

/** Macros that bind a variable over the items of a list. */
export const MACROS: ReadonlySet<string> = new Set(['all', 'exists', 'exists_one', 'filter', 'map']);

/** Registers the functions that runbooks have beyond CEL's own; `meter` supplies the time and takes the cost. */
export function registerFunctions(environment: Environment, meter: Meter): Environment {
  registerText(environment, meter);
  registerLists(environment);
  registerDefault(environment);
  registerNull(environment);
  environment.registerFunction(`now(): ${TIMESTAMP}`, () => dateOf(meter.nowMs));
  environment.registerFunction(`rw_duration(dyn): ${DURATION}`, readDuration);
  environment.registerFunction('rw_spend(int): bool', (cost: bigint) => spend(meter, Number(cost)));
  environment.registerFunction('rw_bounded(dyn): dyn', bounded);
  environment.registerFunction('rw_flat(dyn): dyn', (value: unknown) => weighFlat(meter, value));
  environment.registerFunction('rw_deep(dyn): dyn', (value: unknown) => weighDeep(meter, value));
  return environment;
}

/** Lets whole and broken numbers meet at run time, where JSON no longer tells 2 from 2.0; the type check keeps them apart. */
export function registerMixedNumbers(environment: Environment): Environment {
  for (const [left, right] of [
    ['int', 'double'],
    ['double', 'int'],
  ]) {
    environment.registerOperator(`${left} + ${right}: double`, (a: bigint, b: bigint) => Number(a) + Number(b));
    environment.registerOperator(`${left} - ${right}: double`, (a: bigint, b: bigint) => Number(a) - Number(b));
    environment.registerOperator(`${left} * ${right}: double`, (a: bigint, b: bigint) => Number(a) * Number(b));
    environment.registerOperator(`${left} / ${right}: double`, (a: bigint, b: bigint) => Number(a) / Number(b));
  }
  return environment;
}

function registerText(environment: Environment, meter: Meter): void {
  environment.registerFunction(`string(${DURATION}): string`, (value: Duration) => formatDuration(value.valueOf()));
  environment.registerFunction(`string(${TIMESTAMP}): string`, (value: unknown) => formatInstant(msOfDate(value) ?? 0));
  environment.registerFunction('json(string): dyn', (text: string) => {
    // A value is built for each of its characters at worst.
    spend(meter, Math.ceil(text.length / JSON_CHARACTERS_PER_COST));
    return readJson(text);
  });
  environment.registerFunction('lines(string): list<string>', (text: string) =>
    text === '' ? [] : capped(text.replace(/\r?\n$/, '').split(/\r?\n/)),
  );
  environment.registerFunction('glob(string, string): bool', (text: string, pattern: string) => {
    // Each star can go over the whole text again.
    spend(meter, Math.ceil((text.length * pattern.split('*').length) / CHARACTERS_PER_COST));
    return globMatches(text, pattern);
  });
}

function registerLists(environment: Environment): void {
  environment.registerFunction('max(list<V>): V', (list: readonly unknown[]) => extreme(list, (a, b) => a > b, 'max'));
  environment.registerFunction('min(list<V>): V', (list: readonly unknown[]) => extreme(list, (a, b) => a < b, 'min'));
  environment.registerFunction('sum(list<V>): V', sum);
}

// `default` must not fail where its first argument does: a skipped step has no outputs at all, so reading one is an error and not null.
function registerDefault(environment: Environment): void {
  environment.registerFunction('default(ast, ast): dyn', ({ args }: { args: readonly unknown[] }) => ({
    value: args[0],
    fallback: args[1],
    typeCheck(checker: Checker, macro: DefaultMacro, context: unknown) {
      const fallback = checker.check(macro.fallback, context);
      const value = checker.check(macro.value, context);
      return value.kind === 'dyn' || value === fallback ? fallback : checker.getType('dyn');
    },
    evaluate(evaluator: Evaluator, macro: DefaultMacro, context: unknown) {
      const value = evaluator.tryEval(macro.value, context);
      return value === null || value === undefined || value instanceof Error ? evaluator.run(macro.fallback, context) : value;
    },
  }));
}

interface DefaultMacro {
  readonly value: unknown;
  readonly fallback: unknown;
}

interface Checker {
  readonly check: (node: unknown, context: unknown) => { readonly kind: string };
  readonly getType: (name: string) => unknown;
}

interface Evaluator {
  readonly run: (node: unknown, context: unknown) => unknown;
  readonly tryEval: (node: unknown, context: unknown) => unknown;
}

// Facts that are absent are null, whatever type they have when present, so every type can be compared with null.
function registerNull(environment: Environment): void {
  for (const type of ['string', 'int', 'double', 'bool', DURATION, TIMESTAMP, 'list', 'map']) {
    environment.registerOperator(`${type} == null`, (a: unknown, b: unknown) => a === b);
  }
}

function readDuration(text: unknown): Duration {
  if (text instanceof Duration) return text;
  const ms = typeof text === 'string' ? parseDurationMs(text) : undefined;
  if (ms === undefined) throw new EvaluationError(`not a duration: ${typeof text === 'string' ? JSON.stringify(text) : typeof text}`);
  return Duration.fromMilliseconds(ms);
}

function readJson(text: string): unknown {
  try {
    return toCel(JSON.parse(text) as JsonValue);
  } catch (error) {
    throw new EvaluationError('json(): the text is not JSON', undefined, error);
  }
}

function extreme(list: readonly unknown[], better: (a: number, b: number) => boolean, name: string): unknown {
  if (list.length === 0) throw new EvaluationError(`${name}() of an empty list`);
  return list.reduce((best, item) => (better(item as number, best as number) ? item : best));
}

function sum(list: readonly unknown[]): unknown {
  const [first, ...rest] = list;
  if (first === undefined) return 0n;
  if (first instanceof Duration) return rest.reduce((total: Duration, item) => total.addDuration(item as Duration), first);
  if (typeof first !== 'bigint' && typeof first !== 'number') throw new EvaluationError('sum() needs numbers or durations');
  return rest.reduce((total, item) => (typeof total === typeof item ? add(total, item) : Number(total) + Number(item)), first as unknown);
}

function add(left: unknown, right: unknown): unknown {
  return typeof left === 'bigint' ? left + (right as bigint) : Number(left) + Number(right);
}

function capped<Item>(list: readonly Item[]): readonly Item[] {
  if (list.length > LIST_MAX) throw new EvaluationError(`a list has more than ${LIST_MAX} items`);
  return list;
}

function spend(meter: Meter, cost: number): boolean {
  meter.cost += cost;
  if (meter.cost > COST_MAX) throw new EvaluationError(`the expression costs more than ${COST_MAX}`);
  return true;
}

// What goes through a text or a list once is paid by its size. Lists and texts that have grown too large are refused here as well,
// because each operation could make them twice as long.
function weighFlat(meter: Meter, value: unknown): unknown {
  if (Array.isArray(value)) spend(meter, Math.ceil(value.length / ITEMS_PER_COST));
  if (typeof value === 'string') spend(meter, Math.ceil(value.length / CHARACTERS_PER_COST));
  return bounded(value);
}

// Values share what they hold, so a short expression can build one that takes forever to go through.
function weighDeep(meter: Meter, value: unknown): unknown {
  const open: unknown[] = [value];
  let seen = 0;
  while (open.length > 0) {
    const next = open.pop();
    // Maps are compared key by key, which costs much more than a number does.
    seen += isMap(next) ? ITEMS_PER_COST : 1;
    if (seen >= ITEMS_PER_COST) {
      spend(meter, Math.floor(seen / ITEMS_PER_COST));
      seen %= ITEMS_PER_COST;
    }
    if (typeof next === 'string') spend(meter, Math.floor(next.length / CHARACTERS_PER_COST));
    if (Array.isArray(next)) for (const item of next as readonly unknown[]) open.push(item);
    else if (isMap(next)) for (const item of Object.values(next)) open.push(item);
  }
  return bounded(value);
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return (
    typeof value === 'object' &&
    value !== null &&
    (Object.getPrototypeOf(value) === null || Object.getPrototypeOf(value) === Object.prototype)
  );
}

// A chain of macros could double a text or a list at each link, so each value that a macro yields is bounded.
function bounded(value: unknown): unknown {
  if (Array.isArray(value)) capped(value);
  if (typeof value === 'string' && value.length > TEXT_MAX) throw new EvaluationError(`a text is longer than ${TEXT_MAX} characters`);
  return value;
}

/** Linear matching of `*` (any run of characters) and `?` (one character) against the whole text. */
export function globMatches(text: string, pattern: string): boolean {
  if (pattern.length > GLOB_MAX) throw new EvaluationError(`glob(): the pattern is longer than ${GLOB_MAX} characters`);
  let at = 0;
  let want = 0;
  let star = -1;
  let resume = 0;
  while (at < text.length) {
    if (pattern[want] === '*') {
      star = want;
      resume = at;
      want += 1;
    } else if (want < pattern.length && (pattern[want] === '?' || pattern[want] === text[at])) {
      at += 1;
      want += 1;
    } else if (star >= 0) {
      resume += 1;
      at = resume;
      want = star + 1;
    } else return false;
  }
  while (pattern[want] === '*') want += 1;
  return want === pattern.length;
}
