import { z } from 'zod';
import { armError, refusal, resourceNotFound } from '../arm-errors.ts';
import { diskId } from '../arm-ids.ts';
import { listed } from '../lists.ts';
import { computeHeaders, moveOperation, openOperation } from '../operations.ts';
import { DURATIONS } from '../times.ts';
import { keyOf, locationOf } from '../world.ts';
import { param } from '../route.ts';
import { diskBody, diskChanged, diskGone } from './disk-view.ts';
import { snapshotNamed } from './disk-snapshots.ts';
import { diskPoint } from './restore-points.ts';
import type { Answer, Call, Route } from '../route.ts';
import type { Disk, World } from '../world.ts';

const apiVersions = ['2026-03-02'];
const DISKS = '/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Microsoft.Compute/disks';
const DISK = `${DISKS}/{diskName}`;
const CREATE = 'Disks_CreateOrUpdate';
const DELETE = 'Disks_Delete';

/** Body of a disk that is made from a restore point, or as a copy of a snapshot. */
const CREATE_BODY = z.strictObject({
  location: z.string(),
  tags: z.record(z.string(), z.string()).optional(),
  properties: z.strictObject({
    creationData: z.strictObject({ createOption: z.enum(['Restore', 'Copy']), sourceResourceId: z.string() }),
  }),
});

const UPDATE_BODY = z.strictObject({ tags: z.record(z.string(), z.string()) });

/** The operations on disks that are served. */
export const DISK_ROUTES: readonly Route[] = [
  { operation: 'Disks_Get', method: 'GET', path: DISK, apiVersions, handle: getDisk },
  { operation: 'Disks_ListByResourceGroup', method: 'GET', path: DISKS, apiVersions, handle: listDisks },
  { operation: CREATE, method: 'PUT', path: DISK, apiVersions, body: CREATE_BODY, handle: putDisk },
  { operation: 'Disks_Update', method: 'PATCH', path: DISK, apiVersions, body: UPDATE_BODY, handle: patchDisk },
  { operation: DELETE, method: 'DELETE', path: DISK, apiVersions, handle: removeDisk },
];

function find(world: World, call: Call): Disk | undefined {
  return world.disks.get(keyOf(param(call, 'resourceGroupName'), param(call, 'diskName')));
}

function missing(call: Call): Answer {
  return resourceNotFound('Microsoft.Compute/disks', param(call, 'diskName'), param(call, 'resourceGroupName'));
}

function getDisk(world: World, call: Call): Answer {
  const disk = find(world, call);
  return disk === undefined ? missing(call) : { status: 200, body: diskBody(world, disk) };
}

function listDisks(world: World, call: Call): Answer {
  const group = param(call, 'resourceGroupName').toLowerCase();
  const value = listed(world, 'disks').filter((body) =>
    (body as { readonly id: string }).id.toLowerCase().includes(`/resourcegroups/${group}/`),
  );
  return { status: 200, body: { value } };
}

function putDisk(world: World, call: Call): Answer {
  const group = param(call, 'resourceGroupName');
  const name = param(call, 'diskName');
  const resource = diskId(world, group, name);
  if (find(world, call) !== undefined)
    return refusal(
      resource,
      armError(409, 'PropertyChangeNotAllowed', `Changing property 'creationData' of disk '${name}' is not allowed.`),
    );
  const { properties, tags = {} } = call.body as z.infer<typeof CREATE_BODY>;
  const { createOption, sourceResourceId } = properties.creationData;
  const source = createOption === 'Restore' ? diskPoint(world, sourceResourceId) : snapshotNamed(world, sourceResourceId);
  if (source === undefined) return refusal(resource, armError(404, 'NotFound', 'The source of the disk was not found.'));
  const disk: Disk = {
    name,
    group,
    location: locationOf(world, group),
    sizeGb: source.sizeGb,
    os: source.files !== undefined,
    createOption,
    sourceId: sourceResourceId,
    createdMs: world.clock.nowMs(),
    tags,
    owner: undefined,
    files: source.files,
  };
  const operation = openOperation(world, world.draws.nextUuid('compute-operation'), () => ({ status: 200, body: diskBody(world, disk) }));
  const headers = computeHeaders(world, operation, disk.location) ?? {};
  moveOperation(world, operation, 'run');
  world.clock.after(DURATIONS.diskCreate, () => {
    if (!world.resourceGroups.has(group.toLowerCase())) {
      operation.error = { code: 'ResourceGroupNotFound', message: `Resource group '${group}' could not be found.` };
      return moveOperation(world, operation, 'fail');
    }
    world.disks.set(keyOf(group, name), disk);
    diskChanged(world, disk);
    moveOperation(world, operation, 'succeed');
  });
  return {
    status: 202,
    headers,
    body: {
      name,
      location: disk.location,
      properties: { creationData: { createOption: disk.createOption, sourceResourceId: disk.sourceId }, provisioningState: 'Updating' },
    },
    effect: { effect: 'started', resource, operationId: operation.id },
  };
}

function patchDisk(world: World, call: Call): Answer {
  const disk = find(world, call);
  if (disk === undefined) return missing(call);
  disk.tags = (call.body as z.infer<typeof UPDATE_BODY>).tags;
  diskChanged(world, disk);
  const resource = diskId(world, disk.group, disk.name);
  world.ledger.newPeriod(resource, 'Disks_Update');
  return { status: 200, body: diskBody(world, disk), effect: { effect: 'started', resource } };
}

function removeDisk(world: World, call: Call): Answer {
  const disk = find(world, call);
  if (disk === undefined) return { status: 204 };
  const resource = diskId(world, disk.group, disk.name);
  if (disk.owner !== undefined)
    return refusal(
      resource,
      armError(409, 'OperationNotAllowed', `Disk ${disk.name} is attached to VM ${disk.owner} and cannot be deleted.`),
    );
  const operation = openOperation(world, world.draws.nextUuid('compute-operation'), () => ({ status: 200 }));
  const headers = computeHeaders(world, operation, disk.location) ?? {};
  moveOperation(world, operation, 'run');
  world.clock.after(DURATIONS.diskDelete, () => {
    world.disks.delete(keyOf(disk.group, disk.name));
    diskGone(world, disk);
    moveOperation(world, operation, 'succeed');
    world.ledger.newPeriod(resource, DELETE);
    world.ledger.newPeriod(resource, CREATE);
  });
  return { status: 202, headers, effect: { effect: 'started', resource, operationId: operation.id } };
}
