import { existsSync } from 'node:fs';
import { z } from 'zod';
import { armError, refusal, resourceNotFound } from '../arm-errors.ts';
import { diskId, snapshotId } from '../arm-ids.ts';
import { listLater, listed } from '../lists.ts';
import { captureFiles } from '../machine/points.ts';
import { computeHeaders, moveOperation, openOperation } from '../operations.ts';
import { param } from '../route.ts';
import { DURATIONS, azureTime } from '../times.ts';
import { keyOf, locationOf } from '../world.ts';
import type { Manifest } from '../machine/points.ts';
import type { Answer, Call, Route } from '../route.ts';
import type { Disk, World } from '../world.ts';

const apiVersions = ['2026-03-02'];
const LIST = 'snapshots';
const SNAPSHOTS = `/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Microsoft.Compute/${LIST}`;
const SNAPSHOT = `${SNAPSHOTS}/{snapshotName}`;

const SNAPSHOT_BODY = z.strictObject({
  location: z.string(),
  tags: z.record(z.string(), z.string()).optional(),
  properties: z.strictObject({
    creationData: z.strictObject({ createOption: z.literal('Copy'), sourceResourceId: z.string() }),
    incremental: z.boolean().optional(),
  }),
});

/** A copy of a disk at one instant; that of an OS disk holds the files of its machine. */
export interface DiskSnapshot {
  readonly name: string;
  readonly group: string;
  readonly location: string;
  readonly sizeGb: number;
  readonly os: boolean;
  readonly incremental: boolean;
  readonly sourceId: string;
  readonly createdMs: number;
  readonly tags: Readonly<Record<string, string>>;
  readonly files: Manifest | undefined;
}

/** The operations on snapshots of disks that are served. */
export const SNAPSHOT_ROUTES: readonly Route[] = [
  { operation: 'Snapshots_Get', method: 'GET', path: SNAPSHOT, apiVersions, handle: getSnapshot },
  { operation: 'Snapshots_ListByResourceGroup', method: 'GET', path: SNAPSHOTS, apiVersions, handle: listSnapshots },
  { operation: 'Snapshots_CreateOrUpdate', method: 'PUT', path: SNAPSHOT, apiVersions, body: SNAPSHOT_BODY, handle: putSnapshot },
  { operation: 'Snapshots_Delete', method: 'DELETE', path: SNAPSHOT, apiVersions, handle: removeSnapshot },
];

function find(world: World, call: Call): DiskSnapshot | undefined {
  return world.diskSnapshots.get(keyOf(param(call, 'resourceGroupName'), param(call, 'snapshotName')));
}

function getSnapshot(world: World, call: Call): Answer {
  const found = find(world, call);
  if (found === undefined)
    return resourceNotFound('Microsoft.Compute/snapshots', param(call, 'snapshotName'), param(call, 'resourceGroupName'));
  return { status: 200, body: snapshotBody(world, found) };
}

function listSnapshots(world: World, call: Call): Answer {
  const group = `/resourcegroups/${param(call, 'resourceGroupName').toLowerCase()}/`;
  const value = listed(world, LIST).filter((body) => (body as { readonly id: string }).id.toLowerCase().includes(group));
  return { status: 200, body: { value } };
}

/** PUT of a snapshot of a disk: what it holds is what the disk held when it was asked for. */
function putSnapshot(world: World, call: Call): Answer {
  const group = param(call, 'resourceGroupName');
  const name = param(call, 'snapshotName');
  const resource = snapshotId(world, group, name);
  const { properties, tags = {} } = call.body as z.infer<typeof SNAPSHOT_BODY>;
  const { sourceResourceId } = properties.creationData;
  if (find(world, call) !== undefined)
    return refusal(
      resource,
      armError(409, 'PropertyChangeNotAllowed', `Changing property 'creationData' of snapshot '${name}' is not allowed.`),
    );
  const disk = [...world.disks.values()].find(
    (each) => diskId(world, each.group, each.name).toLowerCase() === sourceResourceId.toLowerCase(),
  );
  if (disk === undefined) return refusal(resource, armError(404, 'NotFound', `The source disk '${sourceResourceId}' was not found.`));
  const snapshot: DiskSnapshot = {
    name,
    group,
    location: locationOf(world, group),
    sizeGb: disk.sizeGb,
    os: disk.os,
    incremental: properties.incremental ?? false,
    sourceId: sourceResourceId,
    createdMs: world.clock.nowMs(),
    tags,
    files: filesOf(world, disk),
  };
  const operation = openOperation(world, world.draws.nextUuid('compute-operation'), () => ({
    status: 200,
    body: snapshotBody(world, snapshot),
  }));
  const headers = computeHeaders(world, operation, snapshot.location) ?? {};
  moveOperation(world, operation, 'run');
  world.clock.after(DURATIONS.diskCreate, () => {
    if (!world.resourceGroups.has(group.toLowerCase())) {
      operation.error = { code: 'ResourceGroupNotFound', message: `Resource group '${group}' could not be found.` };
      return moveOperation(world, operation, 'fail');
    }
    world.diskSnapshots.set(keyOf(group, name), snapshot);
    listLater(world, LIST, keyOf(group, name), snapshotBody(world, snapshot));
    return moveOperation(world, operation, 'succeed');
  });
  const body = { name, location: snapshot.location, properties: { ...properties, provisioningState: 'Updating' } };
  return { status: 202, headers, body, effect: { effect: 'started', resource, operationId: operation.id } };
}

/** While a disk is in a machine, the machine's folder is the truth. */
function filesOf(world: World, disk: Disk): Manifest | undefined {
  if (!disk.os) return undefined;
  const owner = disk.owner === undefined ? undefined : world.machines.get(disk.owner);
  if (owner === undefined) return disk.files;
  return world.journal.seen(() => existsSync(owner.root)) ? captureFiles(world, owner.root) : [];
}

/** DELETE of a snapshot; 204 when there is none. */
function removeSnapshot(world: World, call: Call): Answer {
  const snapshot = find(world, call);
  if (snapshot === undefined) return { status: 204, effect: { effect: 'none', resource: call.path } };
  const resource = snapshotId(world, snapshot.group, snapshot.name);
  const operation = openOperation(world, world.draws.nextUuid('compute-operation'), () => ({ status: 200 }));
  const headers = computeHeaders(world, operation, snapshot.location) ?? {};
  moveOperation(world, operation, 'run');
  world.clock.after(DURATIONS.diskDelete, () => {
    if (find(world, call) === snapshot) dropSnapshot(world, snapshot);
    moveOperation(world, operation, 'succeed');
  });
  return { status: 202, headers, effect: { effect: 'started', resource, operationId: operation.id } };
}

/** Takes a snapshot out of the world, at once. */
export function dropSnapshot(world: World, { group, name }: DiskSnapshot): void {
  world.diskSnapshots.delete(keyOf(group, name));
  listLater(world, LIST, keyOf(group, name), undefined);
  world.ledger.newLife(snapshotId(world, group, name));
}

/** The snapshot of this id. */
export function snapshotNamed(world: World, id: string): DiskSnapshot | undefined {
  return [...world.diskSnapshots.values()].find(({ group, name }) => snapshotId(world, group, name).toLowerCase() === id.toLowerCase());
}

function snapshotBody(world: World, snapshot: DiskSnapshot): Readonly<Record<string, unknown>> {
  const { name, group, location, tags, sizeGb, os, incremental, sourceId, createdMs } = snapshot;
  return {
    name,
    id: snapshotId(world, group, name),
    type: 'Microsoft.Compute/snapshots',
    location,
    ...(Object.keys(tags).length === 0 ? {} : { tags }),
    sku: { name: 'Standard_LRS', tier: 'Standard' },
    properties: {
      ...(os ? { osType: 'Linux', hyperVGeneration: 'V2' } : {}),
      creationData: { createOption: 'Copy', sourceResourceId: sourceId },
      diskSizeGB: sizeGb,
      diskSizeBytes: sizeGb * 1024 ** 3,
      timeCreated: azureTime(createdMs),
      provisioningState: 'Succeeded',
      diskState: 'Unattached',
      incremental,
      uniqueId: world.draws.uuid(`snapshot:${keyOf(group, name)}:${createdMs}`),
    },
  };
}
