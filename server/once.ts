import type { AuditFact } from '../engine/audit/chain.ts';
import { RunwardError } from '../engine/errors.ts';
import type { JsonObject, JsonValue } from '../engine/json.ts';
import { canonicalJson } from '../engine/json.ts';
import { ANSWER_KEEP_MS } from '../engine/limits.ts';
import type { ServerContext } from './context.ts';
import type { Caller } from './identify.ts';

/** A request that changes something beside runs: the caller's key, and everything that makes it this request and no other. */
export interface KeyedRequest {
  readonly key: string;
  /** Route and object, for example `pause shop.nightly`. */
  readonly what: string;
  readonly body: unknown;
}

/**
 * Acts once for a key: the same request again gets the answer of the first, another one under the same key is refused with
 * CONFLICT_IDEMPOTENCY_MISMATCH. After a crash between the act and its answer the act is repeated, so it must be one that may be.
 */
export async function once<Answer>(
  { ports }: ServerContext,
  caller: Caller,
  asked: { readonly request: KeyedRequest; readonly act: () => Promise<Answer> },
): Promise<{ readonly answer: Answer; readonly replayed: boolean }> {
  const { key, what, body } = asked.request;
  const id = ports.ids.uuid5('request', caller.principal.id, key);
  const digest = ports.ids.sha256(canonicalJson({ what, body: (body ?? null) as JsonValue }));
  const earlier = await ports.store.readAnswer(id);
  if (earlier === undefined) {
    const answer = await asked.act();
    await ports.store.keepAnswer(id, JSON.stringify({ digest, answer }), ANSWER_KEEP_MS);
    return { answer, replayed: false };
  }
  const kept = JSON.parse(earlier) as { readonly digest: string; readonly answer: Answer };
  if (kept.digest === digest) return { answer: kept.answer, replayed: true };
  throw new RunwardError('CONFLICT_IDEMPOTENCY_MISMATCH', 'this Idempotency-Key was used for another request; use a new one');
}

/** An entry of the chain of the installation: who, what, and the object with the reason. */
export function factOf({ principal }: Caller, event: string, data: Readonly<Record<string, unknown>>): Omit<AuditFact, 'at'> {
  const given = Object.entries(data).filter(([, value]) => value !== undefined);
  return { actor: principal.name, event, data: { by: principal.id, ...(Object.fromEntries(given) as JsonObject) } };
}
