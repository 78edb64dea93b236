import type { JsonObject, JsonValue } from '../json.ts';
import { durationValue, type ResultFields, timeValue, type ValueType } from '../values.ts';
import { didYouMean } from './diagnostics.ts';
import { parseDurationMs } from './duration.ts';
import { parseInstantMs } from './instant.ts';
import { nearest } from './near.ts';

/** A written value in the form that records store, or what is wrong with it. */
export type StoredValue = { readonly ok: true; readonly value: JsonValue } | { readonly ok: false; readonly problem: string };

/** One field of a written result in the form that records store: durations and times are written as text. */
export function storedField(fields: ResultFields, name: string, value: JsonValue): StoredValue {
  const type = Object.hasOwn(fields, name) ? fields[name] : undefined;
  if (type !== undefined) return stored(type, value);
  const near = nearest(name, Object.keys(fields));
  const known = near === undefined ? `it has ${Object.keys(fields).join(', ') || 'no fields'}` : didYouMean(near);
  return { ok: false, problem: `there is no field "${name}" in its result: ${known}` };
}

function stored(type: ValueType, value: JsonValue): StoredValue {
  if (typeof type !== 'string') return 'list' in type ? storedList(type.list, value) : storedMap(type.map, value);
  switch (type) {
    case 'string':
      return typeof value === 'string' ? good(value) : bad('text', value);
    case 'int':
      return Number.isSafeInteger(value) ? good(value) : bad('a whole number', value);
    case 'double':
      return typeof value === 'number' ? good(value) : bad('a number', value);
    case 'bool':
      return typeof value === 'boolean' ? good(value) : bad('true or false', value);
    case 'duration':
      return tagged(typeof value === 'string' ? parseDurationMs(value) : undefined, durationValue) ?? bad('a duration such as 4m', value);
    case 'timestamp':
      return tagged(typeof value === 'string' ? parseInstantMs(value) : undefined, timeValue) ?? bad('a time with an offset', value);
    case 'dyn':
      return good(value);
  }
}

function tagged(ms: number | undefined, make: (ms: number) => JsonObject): StoredValue | undefined {
  return ms === undefined ? undefined : good(make(ms));
}

function storedList(type: ValueType, value: JsonValue): StoredValue {
  if (!Array.isArray(value)) return bad('a list', value);
  const items = (value as readonly JsonValue[]).map((item) => stored(type, item));
  return items.find((item) => !item.ok) ?? good(items.map((item) => (item.ok ? item.value : null)));
}

function storedMap(type: ValueType, value: JsonValue): StoredValue {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return bad('a map', value);
  const members = Object.entries(value as JsonObject).map(([name, item]) => [name, stored(type, item ?? null)] as const);
  const wrong = members.find(([, member]) => !member.ok)?.[1];
  return wrong ?? good(Object.fromEntries(members.map(([name, member]) => [name, member.ok ? member.value : null])));
}

function good(value: JsonValue): StoredValue {
  return { ok: true, value };
}

function bad(wanted: string, value: JsonValue): StoredValue {
  return { ok: false, problem: `${JSON.stringify(value).slice(0, 40)} is not ${wanted}` };
}

/** An empty value of a type; `nowMs` stands for times. */
export function emptyValue(type: ValueType, nowMs: number): JsonValue {
  if (typeof type !== 'string') return 'list' in type ? [] : {};
  switch (type) {
    case 'string':
      return '';
    case 'int':
    case 'double':
      return 0;
    case 'bool':
      return false;
    case 'duration':
      return durationValue(0);
    case 'timestamp':
      return timeValue(nowMs);
    case 'dyn':
      return null;
  }
}
