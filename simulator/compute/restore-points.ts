import { existsSync } from 'node:fs';
import { z } from 'zod';
import { armError, refusal, resourceNotFound } from '../arm-errors.ts';
import { machineId } from '../arm-ids.ts';
import { captureFiles } from '../machine/points.ts';
import { computeHeaders, moveOperation, openOperation } from '../operations.ts';
import { DURATIONS } from '../times.ts';
import { keyOf } from '../world.ts';
import { param } from '../route.ts';
import { beingDeleted, findCollection } from './restore-point-collections.ts';
import { collectionId, diskPointName, pointBody } from './restore-point-view.ts';
import type { Manifest } from '../machine/points.ts';
import type { Answer, Call, Route } from '../route.ts';
import type { RestorePoint, World } from '../world.ts';

const apiVersions = ['2026-04-01'];
const COLLECTION =
  '/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Microsoft.Compute/restorePointCollections/{restorePointCollectionName}';
const POINT = `${COLLECTION}/restorePoints/{restorePointName}`;

const POINT_BODY = z.strictObject({
  properties: z
    .strictObject({ consistencyMode: z.enum(['CrashConsistent', 'FileSystemConsistent', 'ApplicationConsistent']).optional() })
    .optional(),
});

/** The operations on restore points that are served. */
export const RESTORE_POINT_ROUTES: readonly Route[] = [
  { operation: 'RestorePoints_Get', method: 'GET', path: POINT, apiVersions, handle: getPoint },
  { operation: 'RestorePoints_Delete', method: 'DELETE', path: POINT, apiVersions, handle: removePoint },
  { operation: 'RestorePoints_Create', method: 'PUT', path: POINT, apiVersions, body: POINT_BODY, handle: putPoint },
];

function getPoint(world: World, call: Call): Answer {
  const collection = findCollection(world, call);
  if ('status' in collection) return collection;
  const name = param(call, 'restorePointName');
  const expand = call.query.get('$expand');
  if (expand !== null && expand !== 'instanceView')
    return armError(400, 'InvalidParameter', `The value '${expand}' of $expand is invalid.`);
  const point = collection.points.get(name.toLowerCase());
  if (point === undefined) return resourceNotFound('Microsoft.Compute/restorePointCollections/restorePoints', name, collection.group);
  return { status: 200, body: pointBody(world, collection, point) };
}

function putPoint(world: World, call: Call): Answer {
  const collection = findCollection(world, call);
  if ('status' in collection) return collection;
  const name = param(call, 'restorePointName');
  const resource = `${collectionId(world, collection)}/restorePoints/${name}`;
  if (collection.state === 'Deleting') return refusal(resource, beingDeleted(collection));
  if (collection.points.has(name.toLowerCase()))
    return refusal(resource, armError(409, 'Conflict', `Restore point '${name}' already exists.`));
  const machine = [...world.machines.values()].find(
    (each) => machineId(world, each.group, each.name).toLowerCase() === collection.sourceId.toLowerCase(),
  );
  if (machine === undefined) return refusal(resource, armError(404, 'NotFound', 'The source of the collection was not found.'));
  const { properties } = call.body as z.infer<typeof POINT_BODY>;
  const disk = (diskName: string, lun: number | undefined) => ({
    name: diskName,
    lun,
    sizeGb: world.disks.get(keyOf(machine.group, diskName))?.sizeGb ?? 0,
  });
  const point: RestorePoint = {
    name,
    machine,
    atMs: world.clock.nowMs(),
    consistency: properties?.consistencyMode ?? 'ApplicationConsistent',
    files: world.journal.seen(() => existsSync(machine.root)) ? captureFiles(world, machine.root) : [],
    disks: [disk(machine.osDisk, undefined), ...machine.dataDisks.map((each, lun) => disk(each, lun))],
    state: 'Creating',
  };
  collection.points.set(name.toLowerCase(), point);
  const operation = openOperation(world, world.draws.nextUuid('compute-operation'), () => ({
    status: 200,
    body: pointBody(world, collection, point),
  }));
  const headers = computeHeaders(world, operation, collection.location) ?? {};
  moveOperation(world, operation, 'run');
  world.clock.after(DURATIONS.restorePoint, () => {
    point.state = 'Succeeded';
    moveOperation(world, operation, 'succeed');
  });
  return {
    status: 201,
    headers,
    body: pointBody(world, collection, point),
    effect: { effect: 'started', resource, operationId: operation.id },
  };
}

function removePoint(world: World, call: Call): Answer {
  const collection = findCollection(world, call);
  if ('status' in collection) return { status: 204 };
  const name = param(call, 'restorePointName').toLowerCase();
  const point = collection.points.get(name);
  if (point === undefined) return { status: 204 };
  const resource = `${collectionId(world, collection)}/restorePoints/${point.name}`;
  if (point.state !== 'Succeeded') return refusal(resource, armError(409, 'OperationNotAllowed', `Restore point '${point.name}' is busy.`));
  point.state = 'Deleting';
  const operation = openOperation(world, world.draws.nextUuid('compute-operation'), () => ({ status: 200 }));
  const headers = computeHeaders(world, operation, collection.location) ?? {};
  moveOperation(world, operation, 'run');
  world.clock.after(DURATIONS.restorePointDelete, () => {
    collection.points.delete(name);
    moveOperation(world, operation, 'succeed');
    world.ledger.newPeriod(resource, 'RestorePoints_Delete');
    world.ledger.newPeriod(resource, 'RestorePoints_Create');
  });
  return { status: 202, headers, effect: { effect: 'started', resource, operationId: operation.id } };
}

/** The disk that a restore point of one disk holds, with its files when it is the OS disk. */
export function diskPoint(world: World, id: string): { readonly sizeGb: number; readonly files: Manifest | undefined } | undefined {
  for (const collection of world.collections.values()) {
    for (const point of collection.points.values()) {
      for (const disk of point.disks) {
        const own = `${collectionId(world, collection)}/restorePoints/${point.name}/diskRestorePoints/${diskPointName(world, point, disk.name)}`;
        if (own.toLowerCase() === id.toLowerCase() && point.state === 'Succeeded')
          return { sizeGb: disk.sizeGb, files: disk.lun === undefined ? point.files : undefined };
      }
    }
  }
  return undefined;
}
