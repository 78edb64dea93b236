import type { JsonObject, JsonValue } from '../json.ts';
import { canonicalJson } from '../json.ts';
import { CONTENT_PARTS, STEP_PARTS } from './document.ts';

/** A named piece of an evidence document that has its own digest in the manifest. */
export interface Part {
  readonly part: string;
  readonly sha256: string;
}

type Sha256 = (text: string) => string;

/** Digests of all content of a document, in document order: whatever is not header, manifest or signature belongs to exactly one part. */
export function digestParts(sha256: Sha256, document: JsonObject): readonly Part[] {
  const parts: Part[] = [];
  for (const name of CONTENT_PARTS) {
    const value = document[name];
    if (value === undefined) continue;
    if (name === 'steps' && Array.isArray(value)) parts.push(...stepParts(sha256, value));
    else parts.push(digest(sha256, name, value));
  }
  return parts;
}

/** The text under the signature: header, key and manifest in canonical form. */
export function signedStatement(document: JsonObject): string {
  const { apiVersion, kind, exportedAt, server, key, manifest } = document;
  return canonicalJson({ apiVersion, kind, exportedAt, server, key, manifest });
}

/** How a document is written into a file: the one layout that verification accepts. */
export function renderEvidence(document: unknown): string {
  return `${JSON.stringify(document, null, 2)}\n`;
}

// The list of paths is a part of its own: otherwise a document without steps, or with two of the same name, would look whole.
function stepParts(sha256: Sha256, steps: readonly JsonValue[]): readonly Part[] {
  const names = steps.map(pathOf);
  const parts = [digest(sha256, 'steps', names)];
  for (const [index, step] of steps.entries()) {
    const name = `steps[${names[index]}]`;
    if (!isObject(step)) {
      parts.push(digest(sha256, name, step));
      continue;
    }
    const head = Object.fromEntries(Object.entries(step).filter(([member]) => !STEP_PARTS.some((part) => part === member)));
    parts.push(digest(sha256, name, head));
    for (const member of STEP_PARTS) {
      const value = step[member];
      if (value !== undefined) parts.push(digest(sha256, `${name}.${member}`, value));
    }
  }
  return parts;
}

function pathOf(step: JsonValue): string {
  const path = isObject(step) ? step['path'] : undefined;
  return typeof path === 'string' ? path : '?';
}

function digest(sha256: Sha256, part: string, value: JsonValue): Part {
  return { part, sha256: sha256(canonicalJson(value)) };
}

function isObject(value: JsonValue): value is JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
