import type { JsonObject, JsonValue } from './json.ts';

/** The type of a value as expressions see it. */
export type ValueType =
  | 'string'
  | 'int'
  | 'double'
  | 'bool'
  | 'duration'
  | 'timestamp'
  | 'dyn'
  | { readonly list: ValueType }
  | { readonly map: ValueType };

/** The typed fields of an action's result or of a form. */
export type ResultFields = Readonly<Record<string, ValueType>>;

/** How a record stores a duration (milliseconds), so that expressions get a duration back and not a number. */
export function durationValue(ms: number): JsonObject {
  return { $duration: ms };
}

/** How a record stores an instant (milliseconds since 1970, UTC), so that expressions get a timestamp back. */
export function timeValue(ms: number): JsonObject {
  return { $time: ms };
}

/** The milliseconds of a stored duration; undefined for every other value. */
export function storedDurationMs(value: JsonValue | undefined): number | undefined {
  return tagged(value, '$duration');
}

/** The milliseconds since 1970 of a stored instant; undefined for every other value. */
export function storedTimeMs(value: JsonValue | undefined): number | undefined {
  return tagged(value, '$time');
}

function tagged(value: JsonValue | undefined, tag: string): number | undefined {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return undefined;
  const ms = (value as JsonObject)[tag];
  return typeof ms === 'number' ? ms : undefined;
}

/** A text that a record holds; empty when there is none. */
export function storedText(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : '';
}
