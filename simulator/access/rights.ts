import { armError } from '../arm-errors.ts';
import { BUILT_IN_ROLES } from './role-definitions.ts';
import { isWithin, scopeOf } from './scopes.ts';
import type { Estate } from '../estate.ts';
import type { Answer, Caller } from '../route.ts';
import type { World } from '../world.ts';
import type { RoleDefinition } from './role-definitions.ts';

/** The role of a principal that the estate gives none: an estate without rights is one in which everybody may everything. */
const WITHOUT_ROLES = [{ role: 'Owner', scope: 'subscription' }];

/** The role of a name: one of the estate's own, or a built-in one. */
export function roleOf(estate: Estate, name: string): RoleDefinition | undefined {
  return [...estate.roles, ...BUILT_IN_ROLES].find((role) => role.name === name);
}

/** The roles that a caller holds at a scope, assigned there or above. */
export function rolesAt(world: World, caller: Caller, scope: string): readonly RoleDefinition[] {
  const { estate } = world;
  const principal = estate.principals.find((each) => each.name === caller.name);
  if (principal === undefined) return [];
  const at = scope.toLowerCase();
  return (principal.roles ?? WITHOUT_ROLES).flatMap(({ role, scope: given }) => {
    const outer = scopeOf(estate, given);
    const definition = roleOf(estate, role);
    return outer !== undefined && definition !== undefined && isWithin(at, outer) ? [definition] : [];
  });
}

/** Whether a caller may do something at a scope. */
export function may(world: World, caller: Caller, right: { readonly action: string; readonly scope: string }): boolean {
  return rolesAt(world, caller, right.scope).some(
    ({ actions, notActions }) =>
      actions.some((pattern) => covers(pattern, right.action)) && !notActions.some((pattern) => covers(pattern, right.action)),
  );
}

/** 403 for a right that the caller lacks. */
export function unauthorized(caller: Caller, right: { readonly action: string; readonly scope: string }): Answer {
  const message =
    `The client '${caller.clientId}' with object id '${caller.objectId}' does not have authorization to perform action '${right.action}' ` +
    `over scope '${right.scope}' or the scope is invalid. If access was recently granted, please refresh your credentials.`;
  return armError(403, 'AuthorizationFailed', message);
}

/** 403 for a right that a request needs at another resource, which it names in its body. */
export function linkedUnauthorized(
  caller: Caller,
  own: { readonly action: string; readonly scope: string },
  linked: { readonly action: string; readonly scope: string },
): Answer {
  const message =
    `The client '${caller.clientId}' with object id '${caller.objectId}' has permission to perform action '${own.action}' on scope ` +
    `'${own.scope}'; however, it does not have permission to perform action(s) '${linked.action}' on the linked scope(s) ` +
    `'${linked.scope}' (respectively) or the linked scope(s) are invalid.`;
  return armError(403, 'LinkedAuthorizationFailed', message);
}

const patterns = new Map<string, RegExp>();

/** Whether a pattern of a role stands for an action; case does not matter, and `*` is any text. */
function covers(pattern: string, action: string): boolean {
  const known = patterns.get(pattern);
  if (known !== undefined) return known.test(action);
  const made = new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '.*')}$`, 'i');
  patterns.set(pattern, made);
  return made.test(action);
}
