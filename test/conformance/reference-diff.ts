import type { JsonObject, JsonValue } from '../../engine/json.ts';

const REFERENCES_MAX = 20;

/**
 * The names of the properties of a desired state that an actual state does not have, as DSC itself compares a resource that has no test of
 * its own: what is not desired does not count, arrays are multisets, and the resource's JSON Schema gives defaults and what cannot be read.
 */
export function differingProperties(desired: JsonObject, actual: JsonObject, schema: JsonObject = {}): readonly string[] {
  const root = schema;
  return Object.keys(desired).filter((key) => {
    if (key === '$schema') return false;
    const own = propertySchema(schema, key, root);
    if (own['writeOnly'] === true) return false;
    return !isMet(desired[key] ?? null, { actual, key, schema: own, root });
  });
}

interface Comparing {
  readonly actual: JsonObject;
  readonly key: string;
  readonly schema: JsonObject;
  readonly root: JsonObject;
}

function isMet(wanted: JsonValue, { actual, key, schema, root }: Comparing): boolean {
  const found = Object.hasOwn(actual, key) ? actual[key] : schema['default'];
  if (found === undefined) return false;
  return includes(found, wanted, { schema, root });
}

function includes(found: JsonValue, wanted: JsonValue, about: Pick<Comparing, 'schema' | 'root'>): boolean {
  if (isObject(wanted)) {
    if (!isObject(found)) return false;
    const { schema, root } = about;
    return Object.keys(wanted).every((key) => {
      const own = propertySchema(schema, key, root);
      return own['writeOnly'] === true || isMet(wanted[key] ?? null, { actual: found, key, schema: own, root });
    });
  }
  if (!Array.isArray(wanted)) return found === wanted;
  return Array.isArray(found) && isMultiset(found as readonly JsonValue[], wanted as readonly JsonValue[], about);
}

/** Every wanted item gets a found one of its own; a partial object may fit several, so partners are changed where that helps. */
function isMultiset(found: readonly JsonValue[], wanted: readonly JsonValue[], { root }: Pick<Comparing, 'root'>): boolean {
  if (found.length !== wanted.length) return false;
  const takenBy = new Map<number, number>();
  const place = (item: number, tried: Set<number>): boolean => {
    for (const [index, candidate] of found.entries()) {
      if (tried.has(index) || !includes(candidate, wanted[item] ?? null, { schema: {}, root })) continue;
      tried.add(index);
      const other = takenBy.get(index);
      if (other !== undefined && !place(other, tried)) continue;
      takenBy.set(index, item);
      return true;
    }
    return false;
  };
  return wanted.every((_, item) => place(item, new Set()));
}

function propertySchema(schema: JsonObject, key: string, root: JsonObject): JsonObject {
  const properties = schema['properties'];
  const own = isObject(properties) && Object.hasOwn(properties, key) ? properties[key] : undefined;
  return resolved(isObject(own) ? own : {}, root);
}

/** The schema behind local references; one that leads nowhere, or round in circles, says nothing. */
function resolved(schema: JsonObject, root: JsonObject): JsonObject {
  let current = schema;
  for (let step = 0; step < REFERENCES_MAX; step += 1) {
    const reference = current['$ref'];
    if (typeof reference !== 'string') return current;
    const target = reference.startsWith('#/') ? pointed(root, reference.slice(2).split('/')) : undefined;
    if (!isObject(target)) return {};
    current = target;
  }
  return {};
}

function pointed(root: JsonObject, segments: readonly string[]): JsonValue | undefined {
  return segments.reduce<JsonValue | undefined>((value, segment) => {
    const key = segment.replaceAll('~1', '/').replaceAll('~0', '~');
    return isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  }, root);
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
