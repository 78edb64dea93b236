import type { JsonObject } from '../json.ts';
import type { Check } from './check.ts';
import { wrong } from './check.ts';
import { auditCheck, intentCheck, outcomeCheck, planCheck, rpoCheck, rtoCheck } from './checks.ts';
import type { Evidence } from './document.ts';
import { CONTENT_PARTS, evidenceSchema } from './document.ts';
import { digestParts, renderEvidence, signedStatement } from './parts.ts';

/** What verification found, checks in the order in which they were made. */
export interface Verification {
  readonly ok: boolean;
  readonly checks: readonly Check[];
  /** The first part that is wrong, for example `steps[failover_db[db-01]].observations`. */
  readonly firstWrong?: string;
  /** The document, when its shape holds; to be believed only when `ok`. */
  readonly evidence?: Evidence;
}

/** Digest and signature, given by the caller so that verification itself touches nothing. `keyId` is the id that a PEM public key has. */
export interface Crypto {
  readonly sha256: (text: string) => string;
  readonly verify: (publicKey: string, text: string, value: string) => boolean;
  readonly keyId: (publicKey: string) => string | undefined;
}

/**
 * Checks the text of an evidence file without any network: layout, signature, digests, plan, audit chain, intents, and the verdicts
 * recomputed from the record. `publicKey` is an independent PEM key; without one the key inside the file is used, and a check says so.
 */
export function verifyEvidence(crypto: Crypto, text: string, publicKey?: string): Verification {
  const read = readDocument(text);
  if ('check' in read) return conclude([read.check]);

  const { document } = read;
  const checks = [layoutCheck(text, document), keyCheck(crypto, document, publicKey), ...contentChecks(crypto, document, publicKey)];
  const shape = evidenceSchema.safeParse(document);
  if (!shape.success) {
    const issue = shape.error.issues[0];
    checks.push(
      wrong('shape', 'file', `not an evidence document of runward/v1: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`.trim()),
    );
    return conclude(checks);
  }
  const evidence = shape.data;
  checks.push(planCheck(crypto.sha256, evidence), auditCheck(crypto.sha256, evidence), intentCheck(evidence));
  checks.push(rtoCheck(evidence), rpoCheck(evidence), outcomeCheck(evidence));
  return conclude(checks, evidence);
}

function readDocument(text: string): { readonly document: JsonObject } | { readonly check: Check } {
  try {
    const value: unknown = JSON.parse(text);
    if (value !== null && typeof value === 'object' && !Array.isArray(value)) return { document: value as JsonObject };
    return { check: wrong('file', 'file', 'the file is JSON but not an object') };
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    const at = /position (\d+)/.exec(message)?.[1];
    const part = at === undefined ? 'file' : partAround(text, Number(at));
    return { check: wrong('file', part, `the file is not JSON any more: ${message}`) };
  }
}

// In the one layout of evidence files every top-level member begins a line of its own, two spaces in.
function partAround(text: string, position: number): string {
  const names = [...text.slice(0, position + 1).matchAll(/^ {2}"([A-Za-z]+)":/gm)];
  return names.at(-1)?.[1] ?? 'file';
}

// JSON readers disagree about doubled names; only one spelling of the same content is accepted, so nobody reads something else.
function layoutCheck(text: string, document: JsonObject): Check {
  if (renderEvidence(document) === text) return { name: 'layout', ok: true, detail: 'the file is laid out as runward wrote it' };
  return wrong('layout', 'file', 'the file is not laid out as runward wrote it: white space, spelling or doubled names were changed');
}

function keyCheck(crypto: Crypto, document: JsonObject, given: string | undefined): Check {
  const embedded = embeddedKey(document);
  const id = embedded === undefined ? undefined : crypto.keyId(embedded);
  if (embedded === undefined || id === undefined) return wrong('key', 'key', 'the file holds no readable public key');
  if (given === undefined) {
    const detail = `key ${id} is the one inside the file: it proves that nothing changed since signing, not who signed. Compare the id, or pass --key FILE`;
    return { name: 'key', ok: true, detail };
  }
  const givenId = crypto.keyId(given);
  if (givenId === undefined) return wrong('key', 'key', 'the given key is not a readable Ed25519 public key');
  if (givenId !== id) return wrong('key', 'key', `signed with key ${id}, not with the given key ${givenId}`);
  return { name: 'key', ok: true, detail: `signed with the given key ${givenId}` };
}

function contentChecks(crypto: Crypto, document: JsonObject, given: string | undefined): readonly Check[] {
  const parts = partsCheck(crypto, document);
  const signature = signatureCheck(crypto, document, given, parts);
  // When the manifest is authentic, a part that does not fit it is what was changed; otherwise the signature speaks first.
  return [signature, parts];
}

function signatureCheck(crypto: Crypto, document: JsonObject, given: string | undefined, parts: Check): Check {
  const publicKey = given ?? embeddedKey(document);
  const { signature, key } = document as { readonly signature?: JsonObject; readonly key?: JsonObject };
  const value = signature?.['value'];
  const sameKey = signature?.['keyId'] !== undefined && signature['keyId'] === key?.['id'];
  const holds =
    publicKey !== undefined && typeof value === 'string' && sameKey && crypto.verify(publicKey, signedStatement(document), value);
  if (holds) return { name: 'signature', ok: true, detail: 'the Ed25519 signature over header, key and manifest holds' };
  const part = !parts.ok ? `manifest, entry of ${parts.part ?? 'an unknown part'}` : 'header, key or signature';
  return wrong('signature', part, 'the Ed25519 signature over header, key and manifest does not hold');
}

function partsCheck(crypto: Crypto, document: JsonObject): Check {
  const stranger = Object.keys(document).find((name) => !KNOWN.has(name));
  if (stranger !== undefined) return wrong('parts', stranger, `"${stranger}" is not a member of an evidence document`);

  const found = digestParts(crypto.sha256, document);
  const listed = Array.isArray(document['manifest']) ? (document['manifest'] as readonly JsonObject[]) : [];
  for (const [index, part] of found.entries()) {
    const entry = listed[index];
    if (entry?.['part'] !== part.part) return wrong('parts', part.part, `${part.part} is not where the manifest lists it`);
    if (entry['sha256'] !== part.sha256) return wrong('parts', part.part, `${part.part} was changed`);
  }
  const missing = JSON.stringify(listed[found.length]?.['part']);
  if (listed.length > found.length) return wrong('parts', 'manifest', `the part ${missing} of the manifest is missing`);
  return { name: 'parts', ok: true, detail: `${found.length} parts as listed in the manifest` };
}

const KNOWN: ReadonlySet<string> = new Set([
  'apiVersion',
  'kind',
  'exportedAt',
  'server',
  ...CONTENT_PARTS,
  'key',
  'manifest',
  'signature',
]);

function embeddedKey(document: JsonObject): string | undefined {
  const key = document['key'] as JsonObject | null | undefined;
  const pem = key?.['publicKey'];
  return typeof pem === 'string' ? pem : undefined;
}

function conclude(checks: readonly Check[], evidence?: Evidence): Verification {
  // A changed layout is the weakest finding: where something else is wrong as well, that is what the reader wants named.
  const first = checks.find((check) => !check.ok && check.name !== 'layout') ?? checks.find((check) => !check.ok);
  return {
    ok: first === undefined,
    checks,
    ...(first === undefined ? {} : { firstWrong: first.part ?? first.name }),
    ...(evidence === undefined ? {} : { evidence }),
  };
}
