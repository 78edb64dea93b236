import { EvaluationError } from '@marcbachmann/cel-js';
import { Duration } from '@marcbachmann/cel-js/evaluator';
import type { JsonObject, JsonValue } from '../json.ts';
import { durationValue, storedDurationMs, storedTimeMs, timeValue } from '../values.ts';
import { dateOf, msOfDate } from './instant.ts';

/** Longest list that an expression may read or build. */
export const LIST_MAX = 10_000;

// Values share what they hold: a small one can stand for billions of parts.
const PARTS_MAX = 100_000;

/** A value or the reason why there is none. */
export type Outcome<Value> = { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly message: string };

/** Turns a stored value into what CEL computes with: whole numbers become int, tagged values durations and timestamps. Throws the library's EvaluationError. */
export function toCel(value: JsonValue): unknown {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return listToCel(value as readonly JsonValue[]);
  const durationMs = storedDurationMs(value);
  if (durationMs !== undefined) return Duration.fromMilliseconds(durationMs);
  const timeMs = storedTimeMs(value);
  if (timeMs !== undefined) return dateOf(timeMs);
  return mapToCel(value as JsonObject);
}

/** Turns a result of CEL into the form that records store. Throws EvaluationError for what JSON cannot hold, and for values of more than 100,000 parts. */
export function fromCel(value: unknown): JsonValue {
  return stored(value, { left: PARTS_MAX });
}

function stored(value: unknown, parts: { left: number }): JsonValue {
  parts.left -= 1;
  if (parts.left < 0) return refuse(`the value has more than ${PARTS_MAX} parts`);
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'bigint') return wholeNumber(value);
  if (typeof value === 'number') return finiteNumber(value);
  if (value instanceof Duration) return durationValue(Math.round(value.valueOf()));
  const timeMs = msOfDate(value);
  if (timeMs !== undefined) return timeValue(timeMs);
  if (Array.isArray(value)) return value.map((item) => stored(item, parts));
  if (typeof value === 'object' && isPlain(value))
    return Object.fromEntries(entriesOf(value).map(([name, item]) => [name, stored(item, parts)]));
  return refuse('the value is of a kind that cannot be stored');
}

function listToCel(list: readonly JsonValue[]): unknown {
  if (list.length > LIST_MAX) return refuse(`a list has more than ${LIST_MAX} items`);
  return list.map(toCel);
}

function mapToCel(map: JsonObject): unknown {
  const result: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const [name, value] of Object.entries(map)) if (value !== undefined) result[name] = toCel(value);
  return result;
}

function wholeNumber(value: bigint): number {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : refuse('an integer is too large to be stored exactly');
}

function finiteNumber(value: number): number {
  return Number.isFinite(value) ? value : refuse('a number is not finite');
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype || value instanceof Map;
}

function entriesOf(value: object): readonly (readonly [string, unknown])[] {
  if (!(value instanceof Map)) return Object.entries(value);
  return [...value.entries()].map(([name, item]) => [String(name), item] as const);
}

function refuse(message: string): never {
  throw new EvaluationError(message);
}
