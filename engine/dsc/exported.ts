import type { JsonObject } from '../json.ts';
import type { Fact, Facts, ProbeRequest } from './fact.ts';

/** One thing of a machine as a document would want it, that it is not there, or why nobody can tell. */
export type Exported =
  | { readonly kind: 'properties'; readonly properties: JsonObject }
  | { readonly kind: 'absent'; readonly properties: JsonObject }
  | { readonly kind: 'unknown'; readonly reason: string };

/** How the things of a type are read from a machine. Values that move by themselves and secrets are left out. */
export interface Exporting {
  /** Asks for the names of all things; absent where a type has no end, and names have to be given. */
  readonly list?: ProbeRequest;
  /** Whether a text may be a name of this type at all: tools take patterns for some. */
  readonly isName: (text: string) => boolean;
  readonly requests: (name: string) => readonly ProbeRequest[];
  readonly read: (name: string, facts: Facts) => Exported;
}

/** Takes the properties out of a fact: absent and unknown facts are that of the whole thing. */
export function exported(fact: Fact, key: JsonObject, read: (value: JsonObject) => JsonObject): Exported {
  if (fact.state === 'unknown') return { kind: 'unknown', reason: fact.reason };
  if (fact.state === 'absent') return { kind: 'absent', properties: { ...key, _exist: false } };
  return { kind: 'properties', properties: { ...key, ...read(fact.value as JsonObject) } };
}
