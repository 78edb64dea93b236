import type { JsonObject, JsonValue } from '../json.ts';
import type { Exported, Exporting } from './exported.ts';
import { type Fact, type Facts, type ProbeRequest, requestKey } from './fact.ts';
import { resourceTypes } from './resources/catalogue.ts';

/** What is exported: names by type. */
export type Wanted = ReadonlyMap<string, readonly string[]>;

/** The types that can be exported, by name. */
export function exportable(): ReadonlyMap<string, Exporting> {
  return new Map([...resourceTypes].flatMap(([name, { exporting }]) => (exporting === undefined ? [] : [[name, exporting]])));
}

/** Everything that has to be asked about these things. */
export function exportRequests(wanted: Wanted): readonly ProbeRequest[] {
  const types = exportable();
  return [...wanted].flatMap(([type, names]) =>
    names.flatMap((name) => (types.get(type)?.isName(name) === true ? (types.get(type)?.requests(name) ?? []) : [])),
  );
}

/** The document that these things make, and what of them could not be observed. */
export function exportedDocument(
  wanted: Wanted,
  facts: Facts,
): { readonly document: JsonObject; readonly count: number; readonly unknown: readonly string[] } {
  const types = exportable();
  const all = [...wanted].flatMap(([type, names]) => names.map((name) => ({ type, name, seen: seenThing(types.get(type), name, facts) })));
  const resources = all.flatMap(({ type, name, seen }) =>
    seen.kind === 'unknown' ? [] : [{ type, name: literal(name), properties: literal(seen.properties) }],
  );
  const unknown = all.flatMap(({ type, name, seen }) => (seen.kind === 'unknown' ? [`${type}:${name} (${seen.reason})`] : []));
  const $schema = 'https://aka.ms/dsc/schemas/v3/bundled/config/document.json';
  return { document: { $schema, resources }, count: resources.length, unknown };
}

function seenThing(type: Exporting | undefined, name: string, facts: Facts): Exported {
  return type?.isName(name) === true ? type.read(name, facts) : { kind: 'unknown', reason: 'unsupported' };
}

/** The names that a list brought; undefined when it was not observed. */
export function namesOf(request: ProbeRequest, facts: ReadonlyMap<string, Fact>): readonly string[] | undefined {
  const fact = facts.get(requestKey(request));
  return fact?.state === 'value' ? (fact.value as readonly string[]) : undefined;
}

/** A text that starts with a bracket is an expression; written twice it is a text again. */
function literal(value: JsonValue): JsonValue {
  if (typeof value === 'string') return value.trimStart().startsWith('[') ? `[${value}` : value;
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return (value as readonly JsonValue[]).map(literal);
  return Object.fromEntries(Object.entries(value as Readonly<Record<string, JsonValue>>).map(([key, one]) => [key, literal(one)]));
}
