import { z } from 'zod';
import { lockOver, lockedText } from '../access/locks.ts';
import { armError, refusal, resourceNotFound } from '../arm-errors.ts';
import { machineId } from '../arm-ids.ts';
import { listLater, listed } from '../lists.ts';
import { computeHeaders, moveOperation, openOperation } from '../operations.ts';
import { param } from '../route.ts';
import { DURATIONS } from '../times.ts';
import { keyOf, locationOf } from '../world.ts';
import { collectionBody, collectionId, pointBody } from './restore-point-view.ts';
import type { Answer, Call, Route } from '../route.ts';
import type { RestorePointCollection, World } from '../world.ts';

const apiVersions = ['2026-04-01'];
const TYPE = 'restorePointCollections';
const COLLECTIONS = `/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Microsoft.Compute/${TYPE}`;
const COLLECTION = `${COLLECTIONS}/{restorePointCollectionName}`;
const CREATE = 'RestorePointCollections_CreateOrUpdate';
const DELETE = 'RestorePointCollections_Delete';

const COLLECTION_BODY = z.strictObject({
  location: z.string(),
  tags: z.record(z.string(), z.string()).optional(),
  properties: z.strictObject({ source: z.strictObject({ id: z.string() }) }),
});

/** The operations on collections of restore points that are served. */
export const COLLECTION_ROUTES: readonly Route[] = [
  { operation: 'RestorePointCollections_Get', method: 'GET', path: COLLECTION, apiVersions, handle: getCollection },
  { operation: 'RestorePointCollections_List', method: 'GET', path: COLLECTIONS, apiVersions, handle: listCollections },
  {
    operation: 'RestorePointCollections_ListAll',
    method: 'GET',
    path: `/subscriptions/{subscriptionId}/providers/Microsoft.Compute/${TYPE}`,
    apiVersions,
    handle: listCollections,
  },
  { operation: CREATE, method: 'PUT', path: COLLECTION, apiVersions, body: COLLECTION_BODY, handle: putCollection },
  { operation: DELETE, method: 'DELETE', path: COLLECTION, apiVersions, handle: removeCollection },
];

/** The collection a request names, or the answer that there is none. */
export function findCollection(world: World, call: Call): RestorePointCollection | Answer {
  const group = param(call, 'resourceGroupName');
  const name = param(call, 'restorePointCollectionName');
  return world.collections.get(keyOf(group, name)) ?? resourceNotFound('Microsoft.Compute/restorePointCollections', name, group);
}

/** The refusal of a change to a collection on its way out. */
export function beingDeleted({ name }: RestorePointCollection): Answer {
  return armError(409, 'OperationNotAllowed', `The restore point collection '${name}' is being deleted.`);
}

/** Takes a collection with all its points out of the world, at once. */
export function dropCollection(world: World, { group, name }: RestorePointCollection): void {
  world.collections.delete(keyOf(group, name));
  listLater(world, TYPE, keyOf(group, name), undefined);
}

function collectionChanged(world: World, collection: RestorePointCollection): void {
  listLater(world, TYPE, keyOf(collection.group, collection.name), collectionBody(world, collection));
}

function getCollection(world: World, call: Call): Answer {
  const found = findCollection(world, call);
  if ('status' in found) return found;
  const expand = call.query.get('$expand');
  if (expand === null) return { status: 200, body: collectionBody(world, found) };
  if (expand !== 'restorePoints') return armError(400, 'InvalidParameter', `The value '${expand}' of $expand is invalid.`);
  const body = collectionBody(world, found) as { readonly properties: object };
  const restorePoints = [...found.points.values()].map((point) => pointBody(world, found, point));
  return { status: 200, body: { ...body, properties: { ...body.properties, restorePoints } } };
}

function listCollections(world: World, call: Call): Answer {
  const group = call.params['resourceGroupName']?.toLowerCase();
  const value = listed(world, TYPE).filter(
    (body) => group === undefined || (body as { readonly id: string }).id.toLowerCase().includes(`/resourcegroups/${group}/`),
  );
  return { status: 200, body: { value } };
}

function putCollection(world: World, call: Call): Answer {
  const group = param(call, 'resourceGroupName');
  const name = param(call, 'restorePointCollectionName');
  const resource = collectionId(world, { group, name });
  const { properties, tags = {} } = call.body as z.infer<typeof COLLECTION_BODY>;
  const known = world.collections.get(keyOf(group, name));
  if (known !== undefined) {
    // "When updating a restore point collection, only tags may be modified." (the description of the operation in the published API)
    if (known.state === 'Deleting') return refusal(resource, beingDeleted(known));
    const same = JSON.stringify(known.tags) === JSON.stringify(tags);
    known.tags = tags;
    collectionChanged(world, known);
    if (!same) world.ledger.newPeriod(resource, CREATE);
    return { status: 200, body: collectionBody(world, known), effect: { effect: same ? 'none' : 'started', resource } };
  }
  const machine = [...world.machines.values()].find(
    (each) => machineId(world, each.group, each.name).toLowerCase() === properties.source.id.toLowerCase(),
  );
  if (machine === undefined) return refusal(resource, armError(404, 'NotFound', 'The source of the collection was not found.'));
  const made = {
    name,
    group,
    location: locationOf(world, group),
    sourceId: properties.source.id,
    tags,
    points: new Map(),
    state: 'Succeeded' as const,
  };
  world.collections.set(keyOf(group, name), made);
  collectionChanged(world, made);
  return { status: 201, body: collectionBody(world, made), effect: { effect: 'started', resource } };
}

/** DELETE: the points go with it. One that is still being made, or that a lock holds, keeps all of it. */
function removeCollection(world: World, call: Call): Answer {
  const collection = findCollection(world, call);
  if ('status' in collection) return { status: 204, effect: { effect: 'none', resource: call.path } };
  const resource = collectionId(world, collection);
  const points = [...collection.points.values()];
  const busy = points.find(({ state }) => state === 'Creating');
  if (busy !== undefined) return refusal(resource, armError(409, 'OperationNotAllowed', `Restore point '${busy.name}' is being created.`));
  const locked = points.flatMap(({ name }) => lockOver(world, `${resource}/restorePoints/${name}`, 'delete') ?? [])[0];
  if (locked !== undefined) return refusal(resource, armError(409, 'ScopeLocked', lockedText(resource, 'delete', locked)));

  const operation = openOperation(world, world.draws.nextUuid('compute-operation'), () => ({ status: 200 }));
  const headers = computeHeaders(world, operation, collection.location) ?? {};
  moveOperation(world, operation, 'run');
  const again = collection.state === 'Deleting';
  collection.state = 'Deleting';
  for (const point of points) point.state = 'Deleting';
  collectionChanged(world, collection);
  world.clock.after(DURATIONS.collectionDelete, () => {
    moveOperation(world, operation, 'succeed');
    if (again) return;
    dropCollection(world, collection);
    for (const each of [CREATE, DELETE]) world.ledger.newPeriod(resource, each);
    for (const { name } of points)
      for (const each of ['RestorePoints_Create', 'RestorePoints_Delete'])
        world.ledger.newPeriod(`${resource}/restorePoints/${name}`, each);
  });
  return { status: 202, headers, effect: { effect: again ? 'none' : 'started', resource, operationId: operation.id } };
}
