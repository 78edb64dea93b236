import { regionRefusal, scopeRefusal } from '../compute/find.ts';
import { planted } from '../plants.ts';
import { FILTERED, actionOf } from './operation-actions.ts';
import { linkedRights } from './linked.ts';
import { refuseLocked } from './locks.ts';
import { linkedUnauthorized, may, unauthorized } from './rights.ts';
import type { Answer, Call, Route } from '../route.ts';
import type { World } from '../world.ts';

/**
 * What keeps a request from its service, in the order of Azure: a subscription or resource group that is not there, a right that the
 * caller lacks, a lock, a region that is down. Undefined when it may go on.
 */
export function refuse(world: World, route: Route, call: Omit<Call, 'body'>): Answer | undefined {
  const scope = scopeOfCall(route, call);
  return (
    scopeRefusal(world, { ...call, body: undefined }) ??
    refuseUnauthorized(world, route, { caller: call.caller, scope }) ??
    refuseLocked(world, route, { method: call.method, scope }) ??
    regionRefusal(world, { ...call, body: undefined })
  );
}

function refuseUnauthorized(
  world: World,
  route: Route,
  given: { readonly caller: Call['caller']; readonly scope: string },
): Answer | undefined {
  const action = actionOf(route);
  if (action === FILTERED || (planted(world, 'E20') && readsOperation(route))) return undefined;
  const right = { action, scope: given.scope };
  return may(world, given.caller, right) ? undefined : unauthorized(given.caller, right);
}

function readsOperation({ method, path }: Route): boolean {
  return method === 'GET' && path.endsWith('/{operationId}');
}

/** The refusal of a request whose caller may do it, and not with the resources that its body names. */
export function refuseLinked(world: World, route: Route, call: Call): Answer | undefined {
  const lacking = linkedRights(route, call.body).find((right) => !may(world, call.caller, right));
  return lacking === undefined
    ? undefined
    : linkedUnauthorized(call.caller, { action: actionOf(route), scope: scopeOfCall(route, call) }, lacking);
}

/** The resource that a request is about: its path up to the last name in it, without what follows as a verb or a list. */
export function scopeOfCall(route: Pick<Route, 'path'>, call: Pick<Call, 'path'>): string {
  const last = route.path.split('/').findLastIndex((part) => part.startsWith('{'));
  return decodeURIComponent(
    call.path
      .split('/')
      .slice(0, last + 1)
      .join('/'),
  );
}
