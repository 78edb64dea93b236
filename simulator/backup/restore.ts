import { z } from 'zod';
import { armError, refusal } from '../arm-errors.ts';
import { groupId, machineId } from '../arm-ids.ts';
import { fateOf } from '../faults/fate.ts';
import { diskChanged } from '../compute/disk-view.ts';
import { listLater } from '../lists.ts';
import { backupHeaders, moveOperation, openOperation } from '../operations.ts';
import { groupNamed } from '../resources/group.ts';
import { param } from '../route.ts';
import { azureTime, DURATIONS } from '../times.ts';
import { advance } from '../transition.ts';
import { keyOf, locationOf } from '../world.ts';
import type { Answer, Call } from '../route.ts';
import type { World } from '../world.ts';
import { SOFT_DELETED } from './find.ts';
import { backupItemId, type BackupItem, type BackupPoint } from './item.ts';
import { jobBody } from './job-body.ts';
import { BACKUP_JOB, type BackupJobState } from './job-state.ts';

export const RESTORE_OPERATION = 'Restores_Trigger';

/** Body of a restore of disks; the other kinds of restore are not served. */
export const RESTORE_BODY = z.strictObject({
  properties: z.strictObject({
    objectType: z.literal('IaasVMRestoreRequest'),
    recoveryPointId: z.string(),
    recoveryType: z.literal('RestoreDisks'),
    sourceResourceId: z.string(),
    targetResourceGroupId: z.string(),
    storageAccountId: z.string(),
    region: z.string(),
    createNewCloudService: z.boolean(),
    originalStorageAccountOption: z.boolean(),
    restoreWithManagedDisks: z.boolean(),
  }),
});

/** A restore of the disks of one machine. */
export interface RestoreJob {
  readonly name: string;
  readonly item: BackupItem;
  readonly point: BackupPoint;
  readonly activityId: string;
  readonly group: string;
  readonly startMs: number;
  state: BackupJobState;
  endMs: number | undefined;
  error: { readonly code: string; readonly message: string } | undefined;
}

/** POST restore of a recovery point: the operation has the name of its job, and its result is empty. */
export function postRestore(world: World, call: Call, item: BackupItem): Answer {
  const resource = backupItemId(world, item);
  const { properties } = call.body as z.infer<typeof RESTORE_BODY>;
  const point = item.points.find(({ name }) => name === param(call, 'recoveryPointId'));
  if (item.protection === 'softDeleted') return refusal(resource, SOFT_DELETED);
  if (point === undefined) return refusal(resource, armError(404, 'UserErrorRecoveryPointNotFound', 'The recovery point was not found.'));
  const group = [...world.resourceGroups.values()].find(
    ({ name }) => groupId(world, name).toLowerCase() === properties.targetResourceGroupId.toLowerCase(),
  );
  if (
    group === undefined ||
    properties.sourceResourceId.toLowerCase() !== machineId(world, item.machine.group, item.machine.name).toLowerCase()
  )
    return refusal(resource, armError(400, 'BMSUserErrorInvalidInput', 'Input provided for the call is invalid'));
  const name = world.draws.nextUuid('backup-job');
  const job: RestoreJob = {
    name,
    item,
    point,
    activityId: call.clientRequestId,
    group: group.name,
    startMs: world.clock.nowMs(),
    state: 'InProgress',
    endMs: undefined,
    error: undefined,
  };
  item.vault.restoreJobs.set(name, job);
  const fate = fateOf(world, call, RESTORE_OPERATION);
  const operation = openOperation(world, name, () => ({ status: 204 }));
  const headers = backupHeaders(world, operation, { resource, jobName: name }) ?? {};
  world.clock.after(DURATIONS.backupAccepted, () => {
    changed(world, job);
    moveOperation(world, operation, 'succeed');
  });
  const answer: Answer = { status: 202, headers, effect: { effect: 'started', resource, operationId: name, jobId: name } };
  if (fate.stuck) return answer;
  const durationMs = fate.slow * world.draws.between(`restore:${item.machine.key}`, DURATIONS.restoreLow, DURATIONS.restoreHigh);
  world.clock.after(durationMs, () => {
    if (job.state !== 'InProgress') return;
    const lost = { code: 'UserErrorTargetResourceGroupNotFound', message: `The target resource group ${job.group} does not exist.` };
    const failure = fate.failure ?? (groupNamed(world, job.group) === undefined ? lost : undefined);
    if (failure !== undefined) job.error = { code: failure.code, message: failure.message };
    else if (!fate.wrong) makeDisks(world, job);
    job.state = advance(BACKUP_JOB, job.state, failure !== undefined ? 'fail' : fate.warned ? 'warn' : 'complete');
    job.endMs = world.clock.nowMs();
    world.ledger.newPeriod(resource, RESTORE_OPERATION);
    changed(world, job);
  });
  return answer;
}

/** Real disks, with names of Backup's own and without tags; the files of the point lie on the OS disk. */
function makeDisks(world: World, job: RestoreJob): void {
  const { machine } = job.item;
  const stamp = azureTime(job.startMs).replace(/\D/g, '').slice(0, 17);
  const { osDiskGb, dataDisksGb } = world.estate.machineDefaults;
  const make = (name: string, sizeGb: number, os: boolean): void => {
    const disk = {
      name,
      group: job.group,
      location: locationOf(world, job.group),
      sizeGb,
      os,
      createOption: 'Restore',
      sourceId: undefined,
      createdMs: world.clock.nowMs(),
      tags: {},
      owner: undefined,
      files: os ? (job.point.files ?? []) : undefined,
    };
    world.disks.set(keyOf(job.group, name), disk);
    diskChanged(world, disk);
  };
  make(`${machine.name}-osdisk-${stamp}`, osDiskGb, true);
  for (const [lun, sizeGb] of dataDisksGb.entries())
    make(`${machine.name}-datadisk-${String(lun).padStart(3, '0')}-${stamp}`, sizeGb, false);
}

/** Moves a restore on its way to being cancelled: no disk is made any more. */
export function cancelRestore(world: World, job: RestoreJob, event: 'cancel' | 'cancelled'): void {
  job.state = advance(BACKUP_JOB, job.state, event);
  if (event === 'cancelled') {
    job.endMs = world.clock.nowMs();
    world.ledger.newPeriod(backupItemId(world, job.item), RESTORE_OPERATION);
  }
  changed(world, job);
}

function changed(world: World, job: RestoreJob): void {
  listLater(world, `backup jobs ${job.item.vault.name}`, job.name, restoreJobBody(world, job, 'list'));
}

/** A restore job as GET or a list answers it. */
export function restoreJobBody(world: World, job: RestoreJob, form: 'get' | 'list'): Readonly<Record<string, unknown>> {
  const { vault, machine } = job.item;
  const told = { ...job, vault, machine, operation: 'Restore', userTriggered: true, cancellable: true };
  return jobBody(world, told, form === 'list' ? undefined : extendedInfo(job));
}

function extendedInfo({ state, group, point }: RestoreJob): Readonly<Record<string, unknown>> {
  const done = state === 'Completed' || state === 'CompletedWithWarnings';
  return {
    tasksList: [{ taskId: 'Transfer data from vault', duration: 'PT0S', status: done ? 'Completed' : state }],
    propertyBag: {
      'Job Type': 'Recover disks',
      'Target resource group': group,
      'Recovery point time ': azureTime(point.atMs),
    },
    progressPercentage: done ? 100 : 50,
  };
}
