import { z } from 'zod';
import type { Config } from '../engine/config.ts';
import { RunwardError } from '../engine/errors.ts';
import type { Ports, Signature } from '../engine/ports.ts';

const LIFE_MS = 8 * 3_600_000;
const IDLE_MS = 30 * 60_000;
/** A cookie is written again when it is older than this, so that not every answer carries one. */
const RENEW_MS = 60_000;

const claims = z.strictObject({ token: z.string(), sinceMs: z.number().int(), seenMs: z.number().int() });
const envelope = z.strictObject({ body: z.string().max(500), keyId: z.string(), value: z.string() });

/** A browser that signed in with a token: for 8 hours, and 30 minutes without a request. It ends with its token. */
export interface Session {
  /** The id of the token. */
  readonly token: string;
  readonly sinceMs: number;
  readonly seenMs: number;
}

type SessionPorts = Pick<Ports, 'signer' | 'store'>;

/** The header of a cookie that carries the session, seen now. Its text is signed, so servers that share their keys need no memory of it. */
export async function sessionCookie(ports: SessionPorts, config: Config, of: Pick<Session, 'token'> & Partial<Session>): Promise<string> {
  const nowMs = await ports.store.nowMs();
  const sinceMs = of.sinceMs ?? nowMs;
  const body = JSON.stringify({ token: of.token, sinceMs, seenMs: nowMs } satisfies Session);
  const signature = ports.signer.sign(statement(body));
  if (signature === undefined) throw new RunwardError('INTERNAL_INVARIANT', 'a server has a signing key');
  const text = Buffer.from(JSON.stringify({ body, ...signature })).toString('base64url');
  return cookie(config, text, Math.max(0, Math.floor((sinceMs + LIFE_MS - nowMs) / 1000)));
}

/** The header of a cookie that takes the session away. */
export function endedCookie(config: Config): string {
  return cookie(config, '', 0);
}

/** The session that a request brings; undefined without one, and for one that is forged, too old or was idle for too long. */
export async function readSession(ports: SessionPorts, config: Config, header: string | undefined): Promise<Session | undefined> {
  const name = `${cookieName(config)}=`;
  const text = header
    ?.split('; ')
    .find((part) => part.startsWith(name))
    ?.slice(name.length);
  const sealed = text === undefined || text === '' ? undefined : envelope.safeParse(parseJson(Buffer.from(text, 'base64url').toString()));
  if (sealed?.success !== true) return undefined;
  const { body, ...signature } = sealed.data;
  if (!ports.signer.verify(statement(body), signature satisfies Signature)) return undefined;
  const session = claims.safeParse(parseJson(body));
  const nowMs = await ports.store.nowMs();
  const isLive = session.success && nowMs < session.data.sinceMs + LIFE_MS && nowMs < session.data.seenMs + IDLE_MS;
  return isLive ? session.data : undefined;
}

/** True when the cookie of this session should be written again. */
export async function isStale(ports: SessionPorts, session: Session): Promise<boolean> {
  return (await ports.store.nowMs()) - session.seenMs >= RENEW_MS;
}

// What is signed for one purpose must never be taken for another.
function statement(body: string): string {
  return `runward session\n${body}`;
}

/** Over plain HTTP browsers keep no `__Host-` cookie, which is only for a server on loopback or behind nothing. */
function cookieName(config: Config): string {
  return isSecure(config) ? '__Host-runward' : 'runward';
}

function isSecure({ publicUrl }: Config): boolean {
  return publicUrl?.startsWith('https:') === true;
}

function cookie(config: Config, text: string, seconds: number): string {
  const secure = isSecure(config) ? '; Secure' : '';
  return `${cookieName(config)}=${text}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${seconds}${secure}`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
