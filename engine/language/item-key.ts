import type { JsonObject, JsonValue } from '../json.ts';

/** The key of a list's item: the text itself, its name, or its place. */
export function itemKey(value: JsonValue, index: number): string {
  if (typeof value === 'string') return value;
  const name = value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as JsonObject)['name'] : undefined;
  return typeof name === 'string' ? name : String(index);
}
