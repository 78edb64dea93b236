import type { JsonObject, JsonValue } from '../json.ts';
import { CHECK_BODY_MAX_CHARS } from '../limits.ts';
import { durationValue } from '../values.ts';

/** What an answer must be. */
export interface HttpExpectation {
  readonly expect_status: number;
  readonly expect_text?: string | undefined;
  readonly expect_json?: string | undefined;
}

/** An answer as a check sees it; `cut` says that the beginning of the body is missing. */
export interface SeenAnswer {
  readonly status: number;
  readonly body: string;
  readonly durationMs: number;
  readonly cut: boolean;
}

/** The typed result of a check and, when it is not ok, why. */
export interface JudgedAnswer {
  readonly result: JsonObject;
  readonly problem: string | undefined;
}

/** Compares an answer with what was expected. `value` is what stands at the path of expect_json, as text, otherwise empty. */
export function judgeAnswer(expected: HttpExpectation, seen: SeenAnswer): JudgedAnswer {
  const found = expected.expect_json === undefined ? undefined : valueAt(seen.body, expected.expect_json);
  const problem = problemOf(expected, seen, found);
  const value = found === undefined ? '' : typeof found === 'string' ? found : JSON.stringify(found);
  const result = {
    ok: problem === undefined,
    status: seen.status,
    duration: durationValue(Math.round(seen.durationMs)),
    value,
    body: seen.body.slice(0, CHECK_BODY_MAX_CHARS),
  };
  return { result, problem };
}

/** The parts of a path such as `checks.db[0].state`, with or without a leading `$.`; undefined when it is not one. */
export function jsonPath(text: string): readonly (string | number)[] | undefined {
  const path = text.replace(/^\$\.?/, '');
  if (!/^(?:[A-Za-z_][\w-]*|\[\d{1,6}\])(?:\.[A-Za-z_][\w-]*|\[\d{1,6}\])*$/.test(path)) return undefined;
  return [...path.matchAll(/\[(\d+)\]|([A-Za-z_][\w-]*)/g)].map(([, index, name]) => (index === undefined ? (name ?? '') : Number(index)));
}

function problemOf(expected: HttpExpectation, seen: SeenAnswer, found: JsonValue | undefined): string | undefined {
  const { expect_status: status, expect_text: text, expect_json: path } = expected;
  if (seen.status !== status) return `the answer has status ${seen.status} instead of ${status}`;
  if (text !== undefined && !seen.body.includes(text)) return `the answer does not hold the expected text${cutNote(seen)}`;
  if (path !== undefined && found === undefined) return `the answer has nothing at ${path}${cutNote(seen)}`;
  return undefined;
}

function cutNote(seen: SeenAnswer): string {
  return seen.cut ? '; its beginning was cut off on the way, because it is long' : '';
}

function valueAt(body: string, path: string): JsonValue | undefined {
  let value: JsonValue | undefined;
  try {
    value = JSON.parse(body) as JsonValue;
  } catch {
    return undefined;
  }
  for (const part of jsonPath(path) ?? []) {
    if (value === null || typeof value !== 'object') return undefined;
    const holder: object = value;
    value = Object.hasOwn(holder, part) ? (holder as Readonly<Record<string | number, JsonValue>>)[part] : undefined;
  }
  return value;
}
