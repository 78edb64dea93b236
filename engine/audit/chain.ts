import type { JsonObject } from '../json.ts';
import { canonicalJson } from '../json.ts';

/** One hash-chained entry: who did what to a run. `hash` = SHA-256 of the previous hash followed by the canonical entry without `hash`. */
export interface AuditEntry {
  readonly seq: number;
  readonly at: number;
  readonly actor: string;
  readonly event: string;
  readonly data: JsonObject;
  readonly prev: string;
  readonly hash: string;
}

/** An entry before it has its place in the chain. */
export interface AuditFact {
  readonly at: number;
  readonly actor: string;
  readonly event: string;
  readonly data: JsonObject;
}

/** The head of a chain without entries. */
export const EMPTY_HEAD = '0'.repeat(64);

/** Chains facts behind a head: entry n gets sequence number `seq + n`. */
export function chainFacts(
  sha256: (text: string) => string,
  head: { readonly seq: number; readonly hash: string },
  facts: readonly AuditFact[],
): readonly AuditEntry[] {
  const entries: AuditEntry[] = [];
  let { seq, hash } = head;
  for (const fact of facts) {
    seq += 1;
    const entry = { seq, at: fact.at, actor: fact.actor, event: fact.event, data: fact.data, prev: hash };
    hash = entryHash(sha256, entry);
    entries.push({ ...entry, hash });
  }
  return entries;
}

/** The first place where a chain does not hold; undefined when it is whole from its first entry to its end. */
export function firstBreak(
  sha256: (text: string) => string,
  entries: readonly AuditEntry[],
): { readonly seq: number; readonly why: string } | undefined {
  let prev = EMPTY_HEAD;
  for (const [index, entry] of entries.entries()) {
    if (entry.seq !== index + 1) return { seq: entry.seq, why: `entry ${index + 1} is missing` };
    if (entry.prev !== prev) return { seq: entry.seq, why: 'the entry does not follow the one before it' };
    const { hash, ...rest } = entry;
    if (entryHash(sha256, rest) !== hash) return { seq: entry.seq, why: 'the entry was changed' };
    prev = hash;
  }
  return undefined;
}

function entryHash(sha256: (text: string) => string, entry: Omit<AuditEntry, 'hash'>): string {
  return sha256(entry.prev + canonicalJson(entry));
}
