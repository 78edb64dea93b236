import canonicalize from 'canonicalize';
import { assert } from './errors.ts';

/** Any JSON value. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;

/** A JSON object with readonly members. */
export interface JsonObject {
  readonly [name: string]: JsonValue | undefined;
}

/** Canonical JSON text (RFC 8785): the one spelling that is hashed and signed. Throws on values that JSON cannot hold. */
export function canonicalJson(value: unknown): string {
  const text = canonicalize(value);
  assert(text !== undefined, 'value has a canonical JSON form');
  return text;
}
