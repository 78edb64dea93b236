import { z } from 'zod';
import { armError } from '../arm-errors.ts';
import { param } from '../route.ts';
import { scopeOfCall } from './admit.ts';
import { lockKey } from './locks.ts';
import { rolesAt } from './rights.ts';
import { isWithin } from './scopes.ts';
import type { Answer, Call, Route } from '../route.ts';
import type { World } from '../world.ts';
import type { Lock } from './locks.ts';

const SUBSCRIPTION = '/subscriptions/{subscriptionId}';
const GROUP = `${SUBSCRIPTION}/resourceGroups/{resourceGroupName}`;
const RESOURCE = `${GROUP}/providers/{provider}/{resourceType}/{resourceName}`;
const CHILD = `${RESOURCE}/{childType}/{childName}`;
const AUTHORIZATION = '/providers/Microsoft.Authorization';
const permissionVersions = ['2022-04-01'];
const lockVersions = ['2020-05-01'];

const LOCK_BODY = z.strictObject({
  properties: z.strictObject({ level: z.enum(['CanNotDelete', 'ReadOnly']), notes: z.string().max(512).optional() }),
});

/** Rights and locks, at a subscription, a resource group, a resource and a part of one. */
export const ACCESS_ROUTES: readonly Route[] = [
  ...[
    { operation: 'Permissions_ListForSubscription', scope: SUBSCRIPTION },
    { operation: 'Permissions_ListForResourceGroup', scope: GROUP },
    { operation: 'Permissions_ListForResource', scope: RESOURCE },
    { operation: 'Permissions_ListForResource', scope: CHILD },
  ].map(({ operation, scope }) => permissions(operation, scope)),
  ...[
    { level: 'Subscription', scope: SUBSCRIPTION },
    { level: 'ResourceGroup', scope: GROUP },
    { level: 'Resource', scope: RESOURCE },
    { level: 'Resource', scope: CHILD },
  ].flatMap(({ level, scope }) => locks(level, scope)),
];

function permissions(operation: string, scope: string): Route {
  const path = `${scope}${AUTHORIZATION}/permissions`;
  const handle = (world: World, call: Call): Answer => {
    const value = rolesAt(world, call.caller, scopeOfCall({ path }, call)).map(({ actions, notActions }) => ({
      actions,
      notActions,
      dataActions: [],
      notDataActions: [],
    }));
    return { status: 200, body: { value } };
  };
  return { operation, method: 'GET', path, apiVersions: permissionVersions, handle };
}

function locks(level: string, scope: string): readonly Route[] {
  const list = `${scope}${AUTHORIZATION}/locks`;
  const one = `${list}/{lockName}`;
  const outer = (call: Call): string => scopeOfCall({ path: scope }, call).toLowerCase();
  const at = { apiVersions: lockVersions, path: one };
  return [
    {
      operation: `ManagementLocks_ListAt${level}Level`,
      method: 'GET',
      path: list,
      apiVersions: lockVersions,
      handle: (world, call) => listLocks(world, outer(call)),
    },
    { ...at, operation: `ManagementLocks_GetAt${level}Level`, method: 'GET', handle: (world, call) => getLock(world, call, outer(call)) },
    {
      ...at,
      operation: `ManagementLocks_CreateOrUpdateAt${level}Level`,
      method: 'PUT',
      body: LOCK_BODY,
      handle: (world, call) => putLock(world, call, { scope: outer(call), operation: `ManagementLocks_CreateOrUpdateAt${level}Level` }),
    },
    {
      ...at,
      operation: `ManagementLocks_DeleteAt${level}Level`,
      method: 'DELETE',
      handle: (world, call) => removeLock(world, call, outer(call)),
    },
  ];
}

/** The locks that hold for a scope: its own, those above and those of anything below. */
function listLocks(world: World, scope: string): Answer {
  const value = [...world.locks.values()]
    .filter((lock) => isWithin(scope, lock.scope) || isWithin(lock.scope, scope))
    .map((lock) => lockBody(lock));
  return { status: 200, body: { value } };
}

function getLock(world: World, call: Call, scope: string): Answer {
  const name = param(call, 'lockName');
  const lock = world.locks.get(lockKey(scope, name));
  return lock === undefined
    ? armError(404, 'LockNotFound', `The lock '${name}' could not be found.`)
    : { status: 200, body: lockBody(lock) };
}

/** PUT of a lock: the same one as often as one likes. */
function putLock(world: World, call: Call, given: { readonly scope: string; readonly operation: string }): Answer {
  const { scope, operation } = given;
  const name = param(call, 'lockName');
  const key = lockKey(scope, name);
  const known = world.locks.has(key);
  const { level, notes } = (call.body as z.infer<typeof LOCK_BODY>).properties;
  const lock: Lock = { name, scope, level, notes };
  world.locks.set(key, lock);
  world.ledger.newPeriod(key, operation);
  return { status: known ? 200 : 201, body: lockBody(lock), effect: { effect: known ? 'replaced' : 'started', resource: key } };
}

function removeLock(world: World, call: Call, scope: string): Answer {
  const key = lockKey(scope, param(call, 'lockName'));
  if (!world.locks.delete(key)) return { status: 204 };
  return { status: 200, effect: { effect: 'started', resource: key } };
}

function lockBody({ name, scope, level, notes }: Lock): Readonly<Record<string, unknown>> {
  return {
    id: `${scope}/providers/Microsoft.Authorization/locks/${name}`,
    name,
    type: 'Microsoft.Authorization/locks',
    properties: { level, ...(notes === undefined ? {} : { notes }) },
  };
}
