import { armError, refusal } from '../arm-errors.ts';
import { isWithin, scopeOf } from './scopes.ts';
import type { Answer, Call, Route } from '../route.ts';
import type { World } from '../world.ts';

export type LockLevel = 'CanNotDelete' | 'ReadOnly';

/** A management lock. The scope is an id in lower case: the lock holds for it and for all below. */
export interface Lock {
  readonly name: string;
  readonly scope: string;
  readonly level: LockLevel;
  readonly notes: string | undefined;
}

/** Reads by POST, and what must go on being possible below a lock: to take it off. */
const NEVER_LOCKED = ['BackupStatus_Get'];

/** Puts the locks of the estate into the world. Throws for a scope that the estate does not have. */
export function locksFromEstate(world: World): void {
  for (const { name, scope: given, level, notes } of world.estate.locks) {
    const scope = scopeOf(world.estate, given);
    if (scope === undefined) throw new Error(`the estate has nothing of the name ${given} that lock ${name} could hold`);
    world.locks.set(lockKey(scope, name), { name, scope, level, notes });
  }
}

/** Key of a lock among the locks of the world. */
export function lockKey(scope: string, name: string): string {
  return `${scope}/providers/microsoft.authorization/locks/${name}`.toLowerCase();
}

/** The lock that keeps a resource from being deleted or, when it is read only, changed; the outermost first. */
export function lockOver(world: World, scope: string, change: 'delete' | 'write'): Lock | undefined {
  const at = scope.toLowerCase();
  return [...world.locks.values()]
    .filter((lock) => isWithin(at, lock.scope) && (change === 'delete' || lock.level === 'ReadOnly'))
    .toSorted((left, right) => left.scope.length - right.scope.length)[0];
}

/** The refusal of a request that a lock forbids; undefined when none does. Starting a machine is a change as well. */
export function refuseLocked(world: World, route: Route, call: Pick<Call, 'method'> & { readonly scope: string }): Answer | undefined {
  if (call.method === 'GET' || NEVER_LOCKED.includes(route.operation) || route.operation.startsWith('ManagementLocks_')) return undefined;
  const change = call.method === 'DELETE' ? 'delete' : 'write';
  const lock = lockOver(world, call.scope, change);
  return lock === undefined ? undefined : refusal(call.scope, armError(409, 'ScopeLocked', lockedText(call.scope, change, lock)));
}

/** What Azure says about a lock, in an answer and among the errors of a job. */
export function lockedText(scope: string, change: 'delete' | 'write', lock: Lock): string {
  return `The scope '${scope}' cannot perform ${change} operation because following scope(s) are locked: '${lock.scope}'. Please remove the lock and try again.`;
}
