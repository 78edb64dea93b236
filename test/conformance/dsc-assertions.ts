import { isDeepStrictEqual } from 'node:util';
import type { JsonObject, JsonValue } from '../../engine/json.ts';
import type { Assertion } from './dsc-case.ts';

/** The value at a path such as `a.b[0].c['k']`; null where a step is missing. */
export function valueAt(root: JsonValue, path: string): JsonValue {
  const steps = [...path.matchAll(/\['((?:[^'])*)'\]|\[(\d+)\]|([^.[\]]+)/g)];
  return steps.reduce<JsonValue>((value, [, key, index, name]) => {
    if (value === null || typeof value !== 'object') return null;
    if (index !== undefined) return Array.isArray(value) ? ((value as readonly JsonValue[])[Number(index)] ?? null) : null;
    const wanted = key ?? name ?? '';
    return Array.isArray(value) ? null : Object.hasOwn(value, wanted) ? ((value as JsonObject)[wanted] ?? null) : null;
  }, root);
}

/** Whether an assertion holds for a result. */
export function holds(root: JsonValue, { path, op, value }: Assertion): boolean {
  const actual = valueAt(root, path);
  if (op.startsWith('not-')) return !decide(root, { op: op.slice('not-'.length), actual, value });
  return decide(root, { op, actual, value });
}

interface Deciding {
  readonly op: string;
  readonly actual: JsonValue;
  readonly value: JsonValue;
}

function decide(root: JsonValue, { op, actual, value }: Deciding): boolean {
  switch (op) {
    case 'equals':
      return isSame(actual, value) || isSame(onlyElement(actual), value);
    case 'equalsLoose':
      return isLoosely(actual, value);
    case 'equalsPath':
      return isLoosely(actual, valueAt(root, textOf(value)));
    case 'count':
      return countOf(actual) === value;
    case 'nullOrEmpty':
      return isNothing(actual);
    case 'regex':
      return new RegExp(textOf(value), 'i').test(textOf(actual));
    case 'like':
      return wildcard(textOf(value)).test(textOf(actual));
    case 'hasExactKeys':
      return isSame(keysOf(actual), (value as readonly string[]).toSorted());
    case 'oneOf':
      return (value as readonly JsonValue[]).some((each) => isLoosely(actual, each));
    default:
      throw new Error(`the operator ${op} is not known`);
  }
}

/** Deep equality: the order of keys does not count, numbers are compared as numbers. */
export function isSame(left: JsonValue, right: JsonValue): boolean {
  return isDeepStrictEqual(plain(left), plain(right));
}

// An array of one is its element to the shell in which these expectations were written.
function onlyElement(value: JsonValue): JsonValue {
  return Array.isArray(value) && value.length === 1 ? ((value as readonly JsonValue[])[0] ?? null) : value;
}

/** As a shell compares: case and kind of a scalar do not count, null is what is missing, an array of one is its element. */
export function isLoosely(left: JsonValue, right: JsonValue): boolean {
  if (Array.isArray(left) !== Array.isArray(right)) {
    return Array.isArray(left) ? left.length === 1 && isLoosely(onlyElement(left), right) : isLoosely(right, left);
  }
  if (Array.isArray(left) && Array.isArray(right)) {
    const others = right as readonly JsonValue[];
    return left.length === right.length && (left as readonly JsonValue[]).every((item, index) => isLoosely(item, others[index] ?? null));
  }
  if (left === null || right === null) return left === right;
  if (typeof left === 'object' && typeof right === 'object') {
    const one = left as JsonObject;
    const other = right as JsonObject;
    return isSame(keysOf(one), keysOf(other)) && Object.keys(one).every((key) => isLoosely(one[key] ?? null, other[key] ?? null));
  }
  return textOf(left).toLowerCase() === textOf(right).toLowerCase();
}

/** True for null, nothing, an empty text and an empty array. */
export function isNothing(value: JsonValue): boolean {
  return value === null || value === '' || (Array.isArray(value) && value.length === 0);
}

function countOf(value: JsonValue): number {
  if (value === null) return 0;
  return Array.isArray(value) ? value.length : 1;
}

function keysOf(value: JsonValue): readonly string[] {
  return value === null || typeof value !== 'object' ? [] : Object.keys(value).toSorted();
}

function textOf(value: JsonValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** A pattern with `*` and `?` for a whole text, whatever its case. */
export function wildcard(pattern: string): RegExp {
  const source = pattern
    .replaceAll(/[\\^$.+()[\]{}|]/g, '\\$&')
    .replaceAll('*', '[\\s\\S]*')
    .replaceAll('?', '[\\s\\S]');
  return new RegExp(`^${source}$`, 'i');
}

function plain(value: JsonValue): unknown {
  return JSON.parse(JSON.stringify(value));
}
