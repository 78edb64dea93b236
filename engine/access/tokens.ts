import { z } from 'zod';
import type { Principal } from '../run/record.ts';
import type { Grant } from './decide.ts';
import { GRANTED_NAMES } from './roles.ts';

/** The longest life of an API token: 90 days. */
export const TOKEN_LIFE_MAX_MS = 90 * 86_400_000;

const ID_DIGITS = 12;
const SECRET_DIGITS = 64;
const TOKEN = new RegExp(`^rw_([0-9a-f]{${ID_DIGITS}})_([0-9a-f]{${SECRET_DIGITS}})$`);

const grant = z.strictObject({
  role: z.enum(GRANTED_NAMES as [(typeof GRANTED_NAMES)[number]]),
  scope: z.strictObject({ runbook: z.string().min(1), environment: z.string().min(1) }),
});

/** What is stored about an API token: never the token itself. `owner` is the person whom two-person rules count. */
export const tokenSchema = z.strictObject({
  id: z.string(),
  sha256: z.string(),
  owner: z.string().min(1),
  name: z.string().min(1),
  groups: z.array(z.string().min(1)),
  grants: z.array(grant).min(1),
  createdAtMs: z.number().int(),
  expiresAtMs: z.number().int(),
});

export type StoredToken = Readonly<z.infer<typeof tokenSchema>>;

/** Who a token stands for: the principal is its owner, so that nobody approves an own request with a second token. */
export interface TokenOwner {
  readonly principal: Principal;
  readonly grants: readonly Grant[];
}

export type TokenAnswer = { readonly kind: 'known'; readonly owner: TokenOwner } | { readonly kind: 'refused'; readonly reason: string };

/** What a new token is made for. */
export type TokenRequest = Omit<StoredToken, 'id' | 'sha256'>;

/**
 * Makes a token from 256 and more random bits in hex, and what is stored of it. The text is shown once and exists nowhere afterwards.
 * A life above 90 days is cut to 90 days.
 */
export function makeToken(
  sha256: (text: string) => string,
  randomHex: string,
  request: TokenRequest,
): { readonly text: string; readonly stored: StoredToken } {
  const id = randomHex.slice(0, ID_DIGITS);
  const text = `rw_${id}_${randomHex.slice(ID_DIGITS, ID_DIGITS + SECRET_DIGITS)}`;
  if (!TOKEN.test(text)) throw new RangeError(`a token needs ${ID_DIGITS + SECRET_DIGITS} random hex digits`);
  const expiresAtMs = Math.min(request.expiresAtMs, request.createdAtMs + TOKEN_LIFE_MAX_MS);
  return { text, stored: { ...request, id, sha256: sha256(text), expiresAtMs } };
}

/** The public part of a token, by which its record is found; undefined for text that is no token. */
export function tokenId(text: string): string | undefined {
  return TOKEN.exec(text)?.[1];
}

/**
 * Compares a token with its record. Two digests are compared, so that the time of the comparison tells nothing about the token.
 * The reason does not say which part was wrong.
 */
export function checkToken(
  sha256: (text: string) => string,
  text: string,
  at: { readonly stored: StoredToken | undefined; readonly nowMs: number },
): TokenAnswer {
  const { stored, nowMs } = at;
  const same = sha256(text) === (stored?.sha256 ?? '');
  if (stored === undefined || !same || tokenId(text) !== stored.id) return { kind: 'refused', reason: 'the token is not known' };
  return ownerOf(stored, nowMs);
}

/** Who a token stands for that was checked before, in a browser's session; refused once it has expired. */
export function ownerOf(stored: StoredToken, nowMs: number): TokenAnswer {
  if (nowMs >= stored.expiresAtMs) return { kind: 'refused', reason: 'the token has expired; ask for a new one' };
  const principal: Principal = { id: stored.owner, name: stored.owner, kind: 'token', groups: stored.groups };
  return { kind: 'known', owner: { principal, grants: stored.grants } };
}
