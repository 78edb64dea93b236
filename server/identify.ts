import type { FastifyRequest } from 'fastify';
import type { Grant, Resource } from '../engine/access/decide.ts';
import { decide, LOCAL_GRANTS } from '../engine/access/decide.ts';
import type { Permission } from '../engine/access/roles.ts';
import { roleAllows } from '../engine/access/roles.ts';
import { checkToken, ownerOf, type StoredToken, tokenId, tokenSchema } from '../engine/access/tokens.ts';
import type { ErrorCode } from '../engine/errors.ts';
import { RunwardError } from '../engine/errors.ts';
import type { Principal } from '../engine/run/record.ts';
import type { ServerContext } from './context.ts';
import { readSession, type Session } from './session.ts';

/** Who asks, and what that principal holds where. */
export interface Caller {
  readonly principal: Principal;
  readonly grants: readonly Grant[];
  /** Set for a browser that signed in. */
  readonly session?: Session;
}

/** What a route asks for: a permission, `any` sign-in, a message that is signed itself, or nothing at all. */
export type RoutePermission = Permission | 'any' | 'signature' | 'none';

const LOCAL: Caller = { principal: { id: 'local', name: 'local', kind: 'local', groups: [] }, grants: LOCAL_GRANTS };

/** The principal of a request. Throws ACCESS_NOT_SIGNED_IN, and LIMIT_RATE after too many failures from one address. */
export async function identify(context: ServerContext, request: FastifyRequest): Promise<Caller> {
  switch (context.config.auth) {
    case 'none':
      return LOCAL;
    case 'token':
      return callerOfToken(context, request);
  }
}

/** Throws ACCESS_DENIED unless some grant brings the permission; where it holds is asked when the object is known. */
export function demandPermission(caller: Caller, permission: RoutePermission): void {
  if (
    permission === 'any' ||
    permission === 'signature' ||
    permission === 'none' ||
    caller.grants.some((grant) => roleAllows(grant.role, permission))
  )
    return;
  demand(caller, permission, {});
}

/** Throws ACCESS_DENIED unless the caller may do this to the object. */
export function demand(caller: Caller, permission: Permission, resource: Resource): void {
  const verdict = decide(caller.grants, permission, resource);
  if (verdict.kind === 'denied') throw new RunwardError('ACCESS_DENIED', verdict.reason);
}

/** True when the object exists for the caller: outside the scope of a principal nothing is there. */
export function sees(caller: Caller, resource: Resource): boolean {
  return decide(caller.grants, 'read', resource).kind === 'allowed';
}

/** Throws the given code for an object that is not there for the caller. */
export function demandSight(caller: Caller, resource: Resource, code: ErrorCode): void {
  if (!sees(caller, resource)) throw new RunwardError(code, 'there is no such thing');
}

async function callerOfToken(context: ServerContext, request: FastifyRequest): Promise<Caller> {
  if (request.headers.authorization === undefined && request.headers.cookie !== undefined) return callerOfSession(context, request);
  const [, text = ''] = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '') ?? [];
  return (await demandToken(context, request, text)).owner;
}

/** The token of a text, and who it stands for. Throws ACCESS_NOT_SIGNED_IN, and LIMIT_RATE after too many failures from one address. */
export async function demandToken(context: ServerContext, request: FastifyRequest, text: string) {
  const { ports, budget } = context;
  const stored = await storedToken(context, tokenId(text));
  const answer = checkToken(ports.ids.sha256, text, { stored, nowMs: await ports.store.nowMs() });
  if (answer.kind === 'known' && stored !== undefined) return { id: stored.id, owner: answer.owner };
  // Only failures are counted and refused: behind a proxy all callers share one address, and a good token must get in.
  budget.take('sign_in', request.ip);
  const why = answer.kind === 'known' || text === '' ? 'send an API token: Authorization: Bearer rw_…' : answer.reason;
  throw new RunwardError('ACCESS_NOT_SIGNED_IN', why);
}

/** Throws ACCESS_DENIED unless a script of our own page sent the request: other sites cannot set this header, nor this mark of the browser. */
export function demandConsole(request: FastifyRequest): void {
  const site = request.headers['sec-fetch-site'];
  if (request.headers['x-runward-console'] === undefined || (site !== undefined && site !== 'same-origin'))
    throw new RunwardError('ACCESS_DENIED', 'a browser may change something only from the console of this server');
}

async function callerOfSession(context: ServerContext, request: FastifyRequest): Promise<Caller> {
  const { ports, config } = context;
  const session = await readSession(ports, config, request.headers.cookie);
  const stored = await storedToken(context, session?.token);
  const answer = stored === undefined ? undefined : ownerOf(stored, await ports.store.nowMs());
  if (session === undefined || answer?.kind !== 'known')
    throw new RunwardError('ACCESS_NOT_SIGNED_IN', 'the sign-in has ended; sign in again');
  if (request.method !== 'GET') demandConsole(request);
  return { ...answer.owner, session };
}

async function storedToken({ ports }: ServerContext, id: string | undefined): Promise<StoredToken | undefined> {
  const record = id === undefined ? undefined : await ports.store.readToken(id);
  return record === undefined ? undefined : tokenSchema.parse(record);
}
