import type { JsonObject } from '../json.ts';

/** A deep copy as JSON holds it: absent members vanish, so that what is hashed is what will be read back. */
export function plainJson(value: object): JsonObject {
  return JSON.parse(JSON.stringify(value)) as JsonObject;
}
