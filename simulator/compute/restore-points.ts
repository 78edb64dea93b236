import { existsSync } from 'node:fs';
import { z } from 'zod';
import { armError, refusal, resourceNotFound } from '../arm-errors.ts';
import { diskId, machineId } from '../arm-ids.ts';
import { captureFiles } from '../machine/points.ts';
import { computeHeaders, moveOperation, openOperation } from '../operations.ts';
import { DURATIONS, azureTime } from '../times.ts';
import { keyOf, locationOf } from '../world.ts';
import { param } from '../route.ts';
import type { Manifest } from '../machine/points.ts';
import type { Answer, Call, Route } from '../route.ts';
import type { RestorePoint, RestorePointCollection, World } from '../world.ts';

const apiVersions = ['2026-04-01'];
const COLLECTION =
  '/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Microsoft.Compute/restorePointCollections/{restorePointCollectionName}';
const POINT = `${COLLECTION}/restorePoints/{restorePointName}`;

const COLLECTION_BODY = z.strictObject({
  location: z.string(),
  tags: z.record(z.string(), z.string()).optional(),
  properties: z.strictObject({ source: z.strictObject({ id: z.string() }) }),
});

const POINT_BODY = z.strictObject({
  properties: z
    .strictObject({ consistencyMode: z.enum(['CrashConsistent', 'FileSystemConsistent', 'ApplicationConsistent']).optional() })
    .optional(),
});

/** The operations on restore points that are served. */
export const RESTORE_POINT_ROUTES: readonly Route[] = [
  { operation: 'RestorePointCollections_Get', method: 'GET', path: COLLECTION, apiVersions, handle: getCollection },
  {
    operation: 'RestorePointCollections_CreateOrUpdate',
    method: 'PUT',
    path: COLLECTION,
    apiVersions,
    body: COLLECTION_BODY,
    handle: putCollection,
  },
  { operation: 'RestorePoints_Get', method: 'GET', path: POINT, apiVersions, handle: getPoint },
  { operation: 'RestorePoints_Delete', method: 'DELETE', path: POINT, apiVersions, handle: removePoint },
  { operation: 'RestorePoints_Create', method: 'PUT', path: POINT, apiVersions, body: POINT_BODY, handle: putPoint },
];

function find(world: World, call: Call): RestorePointCollection | Answer {
  const group = param(call, 'resourceGroupName');
  const name = param(call, 'restorePointCollectionName');
  return world.collections.get(keyOf(group, name)) ?? resourceNotFound('Microsoft.Compute/restorePointCollections', name, group);
}

function collectionId(world: World, given: { readonly group: string; readonly name: string }): string {
  return `/subscriptions/${world.subscriptionId}/resourceGroups/${given.group}/providers/Microsoft.Compute/restorePointCollections/${given.name}`;
}

function collectionBody(world: World, collection: RestorePointCollection): Readonly<Record<string, unknown>> {
  return {
    name: collection.name,
    id: collectionId(world, collection),
    type: 'Microsoft.Compute/restorePointCollections',
    location: collection.location,
    ...(Object.keys(collection.tags).length === 0 ? {} : { tags: collection.tags }),
    properties: {
      source: { id: collection.sourceId, location: collection.location },
      provisioningState: 'Succeeded',
      restorePointCollectionId: world.draws.uuid(`collection:${keyOf(collection.group, collection.name)}`),
    },
  };
}

function getCollection(world: World, call: Call): Answer {
  const found = find(world, call);
  return 'status' in found ? found : { status: 200, body: collectionBody(world, found) };
}

function putCollection(world: World, call: Call): Answer {
  const group = param(call, 'resourceGroupName');
  const name = param(call, 'restorePointCollectionName');
  const resource = collectionId(world, { group, name });
  const { properties, tags = {} } = call.body as z.infer<typeof COLLECTION_BODY>;
  const known = world.collections.get(keyOf(group, name));
  if (known !== undefined) {
    // "When updating a restore point collection, only tags may be modified." (the description of the operation in the published API)
    const same = JSON.stringify(known.tags) === JSON.stringify(tags);
    known.tags = tags;
    if (!same) world.ledger.newPeriod(resource, 'RestorePointCollections_CreateOrUpdate');
    return { status: 200, body: collectionBody(world, known), effect: { effect: same ? 'none' : 'started', resource } };
  }
  const machine = [...world.machines.values()].find(
    (each) => machineId(world, each.group, each.name).toLowerCase() === properties.source.id.toLowerCase(),
  );
  if (machine === undefined) return refusal(resource, armError(404, 'NotFound', 'The source of the collection was not found.'));
  const made = { name, group, location: locationOf(world, group), sourceId: properties.source.id, tags, points: new Map() };
  world.collections.set(keyOf(group, name), made);
  return { status: 201, body: collectionBody(world, made), effect: { effect: 'started', resource } };
}

function getPoint(world: World, call: Call): Answer {
  const collection = find(world, call);
  if ('status' in collection) return collection;
  const name = param(call, 'restorePointName');
  const point = collection.points.get(name.toLowerCase());
  return point === undefined
    ? resourceNotFound('Microsoft.Compute/restorePointCollections/restorePoints', name, collection.group)
    : { status: 200, body: pointBody(world, collection, point) };
}

function putPoint(world: World, call: Call): Answer {
  const collection = find(world, call);
  if ('status' in collection) return collection;
  const name = param(call, 'restorePointName');
  const resource = `${collectionId(world, collection)}/restorePoints/${name}`;
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
  const collection = find(world, call);
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

function pointBody(world: World, collection: RestorePointCollection, point: RestorePoint): Readonly<Record<string, unknown>> {
  const { machine } = point;
  const id = `${collectionId(world, collection)}/restorePoints/${point.name}`;
  const disk = (given: RestorePoint['disks'][number]) => ({
    ...(given.lun === undefined ? { osType: 'Linux' } : { lun: given.lun }),
    name: given.name,
    caching: given.lun === undefined ? 'ReadWrite' : 'ReadOnly',
    diskSizeGB: given.sizeGb,
    managedDisk: { id: diskId(world, machine.group, given.name), storageAccountType: 'Premium_LRS' },
    diskRestorePoint: { id: `${id}/diskRestorePoints/${diskPointName(world, point, given.name)}` },
  });
  const [os, ...data] = point.disks;
  return {
    name: point.name,
    id,
    type: 'Microsoft.Compute/restorePointCollections/restorePoints',
    properties: {
      sourceMetadata: {
        hardwareProfile: { vmSize: machine.size },
        storageProfile: { ...(os === undefined ? {} : { osDisk: disk(os) }), dataDisks: data.map(disk), diskControllerType: 'SCSI' },
        vmId: machine.vmId,
        location: machine.location,
        hyperVGeneration: 'V2',
      },
      provisioningState: point.state,
      consistencyMode: point.consistency,
      timeCreated: azureTime(point.atMs),
    },
  };
}

function diskPointName(world: World, point: RestorePoint, disk: string): string {
  return `${disk}_${world.draws.uuid(`disk-point:${point.machine.key}:${point.name}:${disk}`)}`;
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
