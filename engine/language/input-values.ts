import type { JsonObject, JsonValue } from '../json.ts';
import { durationValue, storedDurationMs, storedTimeMs, timeValue } from '../values.ts';
import { formatDuration, parseDurationMs } from './duration.ts';
import { formatInstant, parseInstantMs } from './instant.ts';
import { compilePattern } from './pattern.ts';
import type { InputDefinition } from './runbook.ts';
import { isSecretReference } from './secret-reference.ts';

const STRING_MAX = 4096;
const ARRAY_MAX = 1000;
const ARM_ID = /^\/subscriptions\/[^/\s]+(\/resourceGroups\/[^/\s]+)?(\/providers\/[^/\s]+(\/[^/\s]+\/[^/\s]+)+)?$/i;

/** One thing wrong with a value: where inside it (JSON Pointer), what, which key of the definition says so, and what would be right. */
export interface ValueProblem {
  readonly pointer: string;
  readonly reason: string;
  readonly key: string;
  readonly bounds: string;
}

/** A value of a definition's type in stored form, or all that is wrong with it. */
export type CheckedValue =
  | { readonly ok: true; readonly value: JsonValue }
  | { readonly ok: false; readonly problems: readonly ValueProblem[] };

/** Checks a value as given (durations and datetimes as text) and turns it into stored form. */
export function checkValue(definition: InputDefinition, given: JsonValue, pointer: string): CheckedValue {
  const problem: Problem = (reason, key = 'type') => ({ ok: false, problems: [{ pointer, reason, key, bounds: boundsOf(definition) }] });
  switch (definition.type) {
    case 'string':
      return typeof given === 'string' ? text(definition, given, problem) : problem('must be text');
    case 'integer':
      return Number.isSafeInteger(given)
        ? ranged(definition, given as number, { stored: given, problem })
        : problem('must be a whole number');
    case 'number':
      return typeof given === 'number' ? ranged(definition, given, { stored: given, problem }) : problem('must be a number');
    case 'duration':
      return span(definition, given, problem);
    case 'datetime':
      return moment(definition, given, problem);
    case 'boolean':
      return typeof given === 'boolean' ? { ok: true, value: given } : problem('must be true or false');
    case 'azure_id':
      return armId(definition, given, problem);
    case 'file':
      return typeof given === 'string' && isProjectFile(given) ? { ok: true, value: given } : problem('must be a path in the project');
    case 'secret':
      return typeof given === 'string' && isSecretReference(given) ? { ok: true, value: given } : problem('must be a secret reference');
    case 'array':
      return list(definition, given, { pointer, problem });
    case 'object':
      return map(definition, given, { pointer, problem });
  }
}

type Problem = (reason: string, key?: string) => CheckedValue;

function text(definition: InputDefinition, given: string, problem: Problem): CheckedValue {
  const length = Array.from(given).length;
  if (length > (definition.maxLength ?? STRING_MAX)) return problem('is too long', 'max_length');
  if (length < (definition.minLength ?? 0)) return problem('is too short', 'min_length');
  if (definition.enum !== undefined && !definition.enum.includes(given)) return problem('is not one of the list', 'enum');
  const pattern = definition.pattern === undefined ? undefined : compilePattern(definition.pattern);
  if (pattern?.ok === true && !pattern.matches(given)) return problem('does not match the pattern', 'pattern');
  return { ok: true, value: given };
}

interface Ranged {
  readonly stored: JsonValue;
  readonly problem: Problem;
}

function ranged(definition: InputDefinition, value: number, { stored, problem }: Ranged): CheckedValue {
  const min = boundOf(definition, definition.min);
  const max = boundOf(definition, definition.max);
  if (min !== undefined && value < min) return problem('is too small', 'min');
  if (max !== undefined && value > max) return problem('is too large', 'max');
  const allowed = definition.enum?.map((item) => boundOf(definition, item));
  if (allowed !== undefined && !allowed.includes(value)) return problem('is not one of the list', 'enum');
  return { ok: true, value: stored };
}

/** A bound as a number: milliseconds for durations and datetimes. Undefined when it is absent or not of the type. */
export function boundOf(definition: InputDefinition, bound: JsonValue | undefined): number | undefined {
  if (typeof bound === 'number') return bound;
  if (typeof bound !== 'string') return undefined;
  return definition.type === 'datetime' ? parseInstantMs(bound) : parseDurationMs(bound);
}

function span(definition: InputDefinition, given: JsonValue, problem: Problem): CheckedValue {
  const ms = typeof given === 'string' ? parseDurationMs(given) : undefined;
  return ms === undefined ? problem('must be a duration such as 1h30m') : ranged(definition, ms, { stored: durationValue(ms), problem });
}

function moment(definition: InputDefinition, given: JsonValue, problem: Problem): CheckedValue {
  const ms = typeof given === 'string' ? parseInstantMs(given) : undefined;
  return ms === undefined ? problem('must be an RFC 3339 time with an offset') : ranged(definition, ms, { stored: timeValue(ms), problem });
}

function armId(definition: InputDefinition, given: JsonValue, problem: Problem): CheckedValue {
  if (typeof given !== 'string' || !ARM_ID.test(given)) return problem('must be a full Azure resource id');
  const wanted = definition.resourceType?.toLowerCase();
  const [provider = '', ...names] = given.toLowerCase().split('/providers/').at(-1)?.split('/') ?? [];
  const type = [provider, ...names.filter((_, index) => index % 2 === 0)].join('/');
  return wanted === undefined || wanted === type
    ? { ok: true, value: given }
    : problem(`must be of type ${definition.resourceType}`, 'resource_type');
}

/** True for a path below runbooks/ or configurations/ that does not lead out of them. */
export function isProjectFile(path: string): boolean {
  return (
    /^(configurations|runbooks)\/[^\\\0]+$/.test(path) && !path.split('/').some((part) => part === '..' || part === '.' || part === '')
  );
}

interface Nested {
  readonly pointer: string;
  readonly problem: Problem;
}

function list(definition: InputDefinition, given: JsonValue, { pointer, problem }: Nested): CheckedValue {
  if (!Array.isArray(given)) return problem('must be a list');
  const items = given as readonly JsonValue[];
  if (items.length > (definition.maxLength ?? ARRAY_MAX)) return problem('has too many items', 'max_length');
  if (items.length < (definition.minLength ?? 0)) return problem('has too few items', 'min_length');
  const { items: item } = definition;
  if (item === undefined) return { ok: true, value: items };
  return combine(
    items.map((value, index) => [String(index), checkValue(item, value, `${pointer}/${index}`)] as const),
    Object.values,
  );
}

function map(definition: InputDefinition, given: JsonValue, { pointer, problem }: Nested): CheckedValue {
  if (given === null || typeof given !== 'object' || Array.isArray(given)) return problem('must be a map');
  return checkMap(definition.fields ?? {}, given as JsonObject, pointer);
}

/** A value in stored form as a person would give it: durations and times as text. Values that are given that way already stay as they are. */
export function givenForm(value: JsonValue): JsonValue {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return (value as readonly JsonValue[]).map(givenForm);
  const durationMs = storedDurationMs(value);
  if (durationMs !== undefined) return formatDuration(durationMs);
  const timeMs = storedTimeMs(value);
  if (timeMs !== undefined) return formatInstant(timeMs);
  return Object.fromEntries(Object.entries(value as JsonObject).map(([name, item]) => [name, givenForm(item ?? null)]));
}

/** Checks a closed map of definitions: unknown and missing names are problems, defaults are applied. */
export function checkMap(definitions: Readonly<Record<string, InputDefinition>>, given: JsonObject, pointer: string): CheckedValue {
  const unknown = Object.keys(given)
    .filter((name) => !Object.hasOwn(definitions, name))
    .map((name) => problemAt(`${pointer}/${escape(name)}`, 'is not known', Object.keys(definitions).join(', ') || 'there are no inputs'));
  const members = Object.entries(definitions).flatMap(([name, definition]) => {
    const value = given[name] ?? definition.default;
    const at = `${pointer}/${escape(name)}`;
    if (value === undefined) return [[name, problemAt(at, 'is missing', boundsOf(definition))] as const];
    return [[name, checkValue(definition, value, at)] as const];
  });
  return combine([...unknown.map((item) => ['', item] as const), ...members], (values) => values);
}

function problemAt(pointer: string, reason: string, bounds: string): CheckedValue {
  return { ok: false, problems: [{ pointer, reason, key: 'fields', bounds }] };
}

function escape(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}

function combine(
  members: readonly (readonly [string, CheckedValue])[],
  shape: (values: Readonly<Record<string, JsonValue>>) => JsonValue,
): CheckedValue {
  const problems = members.flatMap(([, member]) => (member.ok ? [] : member.problems));
  if (problems.length > 0) return { ok: false, problems };
  return { ok: true, value: shape(Object.fromEntries(members.flatMap(([name, member]) => (member.ok ? [[name, member.value]] : [])))) };
}

/** The type and bounds of a definition in words, as hints show them. */
export function boundsOf(definition: InputDefinition): string {
  const parts: string[] = [definition.resourceType ?? definition.type];
  if (definition.enum !== undefined) parts.push(`one of ${definition.enum.slice(0, 8).map(String).join(', ')}`);
  if (definition.pattern !== undefined) parts.push(`pattern ${definition.pattern}`);
  for (const [word, bound] of [
    ['min', definition.min],
    ['max', definition.max],
    ['at least', definition.minLength],
    ['at most', definition.maxLength],
  ] as const) {
    if (bound !== undefined) parts.push(`${word} ${typeof bound === 'object' ? '' : bound}`);
  }
  if (definition.type === 'array') parts.push('as JSON ["a", "b"]');
  if (definition.type === 'object') parts.push('as JSON {"key": "value"}');
  if (definition.type === 'duration' && parts.length === 1) parts.push(`e.g. ${formatDuration(5_400_000)}`);
  return parts.join(', ');
}
