import type { FastifyRequest } from 'fastify';
import type { Grant, Resource } from '../engine/access/decide.ts';
import { decide, LOCAL_GRANTS } from '../engine/access/decide.ts';
import type { Permission } from '../engine/access/roles.ts';
import { roleAllows } from '../engine/access/roles.ts';
import { checkToken, tokenId, tokenSchema } from '../engine/access/tokens.ts';
import type { ErrorCode } from '../engine/errors.ts';
import { RunwardError } from '../engine/errors.ts';
import type { Principal } from '../engine/run/record.ts';
import type { ServerContext } from './context.ts';

/** Who asks, and what that principal holds where. */
export interface Caller {
  readonly principal: Principal;
  readonly grants: readonly Grant[];
}

/** What a route asks for: a permission, `any` sign-in, or nothing at all. */
export type RoutePermission = Permission | 'any' | 'none';

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
  if (permission === 'any' || permission === 'none' || caller.grants.some((grant) => roleAllows(grant.role, permission))) return;
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
  const { ports, budget } = context;
  const [, text = ''] = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '') ?? [];
  const id = tokenId(text);
  const record = id === undefined ? undefined : await ports.store.readToken(id);
  const stored = record === undefined ? undefined : tokenSchema.parse(record);
  const answer = checkToken(ports.ids.sha256, text, { stored, nowMs: await ports.store.nowMs() });
  if (answer.kind === 'known') return answer.owner;
  // Only failures are counted and refused: behind a proxy all callers share one address, and a good token must get in.
  budget.take('sign_in', request.ip);
  const why = request.headers.authorization === undefined ? 'send an API token: Authorization: Bearer rw_…' : answer.reason;
  throw new RunwardError('ACCESS_NOT_SIGNED_IN', why);
}
