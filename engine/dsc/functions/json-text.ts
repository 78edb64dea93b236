import { assert } from '../../errors.ts';
import { fail } from '../expression/problem.ts';
import { isList, isMap, type Value } from '../expression/value.ts';
import { int64 } from './function.ts';

const DEPTH_MAX = 64;
const TOKEN = /\s*(?:([{}[\],:])|("(?:[^"\\]|\\.)*")|([^\s{}[\],:"]+))/y;

/**
 * The value of a strict JSON text. Unlike the parser of the language it runs on, it keeps the order of all keys and integers of 64 bits.
 * Throws DSC_EXPRESSION.
 */
export function readJson(text: string): Value {
  try {
    JSON.parse(text);
  } catch {
    return fail('json() takes a JSON text, and this is none');
  }
  return valueAt({ text, at: 0 }, 1);
}

interface Reading {
  readonly text: string;
  at: number;
}

// The text is known to be JSON, so only what can follow is looked for.
function next(reading: Reading): string {
  TOKEN.lastIndex = reading.at;
  const token = TOKEN.exec(reading.text);
  assert(token !== null, 'a JSON text that was checked has another token');
  reading.at = TOKEN.lastIndex;
  return token[0].trimStart();
}

function valueAt(reading: Reading, depth: number, first = next(reading)): Value {
  if (depth > DEPTH_MAX) return fail(`the JSON text is nested deeper than ${DEPTH_MAX}`);
  if (first === '[') return listAt(reading, depth);
  if (first === '{') return mapAt(reading, depth);
  if (first.startsWith('"')) return JSON.parse(first) as string;
  if (first === 'true' || first === 'false') return first === 'true';
  if (first === 'null') return null;
  return /^-?\d+$/.test(first) ? int64(BigInt(first)) : Number(first);
}

function listAt(reading: Reading, depth: number): Value {
  const items: Value[] = [];
  for (let token = next(reading); token !== ']'; token = next(reading)) if (token !== ',') items.push(valueAt(reading, depth + 1, token));
  return items;
}

function mapAt(reading: Reading, depth: number): Value {
  const map = new Map<string, Value>();
  for (let token = next(reading); token !== '}'; token = next(reading)) {
    if (token === ',') continue;
    next(reading);
    map.set(JSON.parse(token) as string, valueAt(reading, depth + 1));
  }
  return map;
}

/** The JSON text of a value without spaces, keys in their order. Secrets show their mark. */
export function jsonText(value: Value): string {
  if (isList(value)) return `[${value.map(jsonText).join(',')}]`;
  if (isMap(value)) return `{${[...value].map(([key, item]) => `${JSON.stringify(key)}:${jsonText(item)}`).join(',')}}`;
  if (typeof value === 'bigint') return value.toString();
  // A float stays one when it is read again.
  if (typeof value === 'number') return Number.isInteger(value) && Math.abs(value) < 1e16 ? value.toFixed(1) : String(value);
  return JSON.stringify(value);
}
