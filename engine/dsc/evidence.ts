import { canonicalJson, type JsonObject } from '../json.ts';
import { type Fact, type Facts, factsOf } from './fact.ts';
import { makeVerdict, type Verdict, type VerdictInput } from './verdict.ts';

/** Everything that one check of one machine has observed; its digest is its name. */
export interface Evidence {
  readonly target: { readonly name: string; readonly id: string; readonly via: string | null };
  readonly engine: string;
  /** The digest of the parameters that the document had; absent for a document without. */
  readonly parameters?: string;
  /** False when what counts in the end came through a stream that was not complete. */
  readonly sealed: boolean;
  readonly parts: readonly { readonly epochSeconds?: number }[];
  readonly facts: ReadonlyMap<string, Fact>;
}

/** The evidence as it is stored and hashed. */
export function evidenceText({ target, engine, parameters, sealed, parts, facts }: Evidence): string {
  return canonicalJson({ target, engine, parameters, sealed, parts, facts: Object.fromEntries(facts) });
}

/** Reads stored evidence. The text was found by its own digest, so it is what an earlier check has written. */
export function readEvidence(text: string): Evidence {
  const { facts, ...rest } = JSON.parse(text) as JsonObject & { readonly facts: Readonly<Record<string, Fact>> };
  return { ...(rest as unknown as Omit<Evidence, 'facts'>), facts: new Map(Object.entries(facts)) };
}

/** What evidence says about a document. A verdict needs nothing else, so it can be made again at any time. */
export function verdictOf(evidence: Evidence, about: Pick<VerdictInput, 'configuration' | 'evaluatedAt' | 'inputs' | 'sha256'>): Verdict {
  const facts: Facts = factsOf(evidence.facts);
  return makeVerdict({ ...about, facts, sealed: evidence.sealed, target: evidence.target.name });
}
