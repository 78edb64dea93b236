import { armError, refusal } from '../arm-errors.ts';
import { groupId, machineId } from '../arm-ids.ts';
import { fateOf } from '../faults/fate.ts';
import { listLater } from '../lists.ts';
import { backupHeaders, moveOperation, openOperation } from '../operations.ts';
import { closedGroup } from '../resources/closed.ts';
import { param } from '../route.ts';
import { azureTime, DURATIONS } from '../times.ts';
import { advance } from '../transition.ts';
import { locationOf } from '../world.ts';
import type { Fate } from '../faults/fate.ts';
import type { Answer, Call } from '../route.ts';
import type { World } from '../world.ts';
import { invalidInput, SOFT_DELETED } from './find.ts';
import { backupItemId, type BackupItem, type BackupPoint } from './item.ts';
import { jobBody } from './job-body.ts';
import { BACKUP_JOB, type BackupJobState } from './job-state.ts';
import { isServed, type DisksWanted, type MachineWanted, type RestoreWanted } from './restore-body.ts';
import { makeDisks } from './restored-disks.ts';
import { machinePlace, makeMachine, type MachinePlace, type RestoreFailure } from './restored-machine.ts';

export const RESTORE_OPERATION = 'Restores_Trigger';

/** A restore of one machine: of its disks, or of a machine at the place that is named. */
export interface RestoreJob {
  readonly name: string;
  readonly item: BackupItem;
  readonly point: BackupPoint;
  readonly activityId: string;
  readonly group: string;
  readonly place: MachinePlace | undefined;
  readonly startMs: number;
  state: BackupJobState;
  /** Whether its disks have been made. */
  transferred: boolean;
  endMs: number | undefined;
  error: RestoreFailure | undefined;
}

/** POST restore of a recovery point: the operation has the name of its job, and its result is empty. */
export function postRestore(world: World, call: Call, item: BackupItem): Answer {
  const resource = backupItemId(world, item);
  const order = orderOf(world, call, item);
  if ('status' in order) return refusal(resource, order);
  const name = world.draws.nextUuid('backup-job');
  const job: RestoreJob = {
    ...order,
    name,
    item,
    activityId: call.clientRequestId,
    startMs: world.clock.nowMs(),
    state: 'InProgress',
    transferred: false,
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
  if (!fate.stuck) carryOut(world, job, fate);
  return { status: 202, headers, effect: { effect: 'started', resource, operationId: name, jobId: name } };
}

/** What a request orders, or why it cannot be. */
function orderOf(world: World, call: Call, item: BackupItem): Pick<RestoreJob, 'point' | 'group' | 'place'> | Answer {
  const { properties } = call.body as { readonly properties: RestoreWanted };
  const point = item.points.find(({ name }) => name === param(call, 'recoveryPointId'));
  if (item.protection === 'softDeleted') return SOFT_DELETED;
  if (point === undefined) return armError(404, 'UserErrorRecoveryPointNotFound', 'The recovery point was not found.');
  if (!isServed(properties))
    return armError(501, 'SimulatorNotImplemented', 'A restore in the place of the machine, or from the archive, is not served here.');
  const group = [...world.resourceGroups.values()].find(
    (each) => groupId(world, each.name).toLowerCase() === properties.targetResourceGroupId.toLowerCase(),
  );
  const source = machineId(world, item.machine.group, item.machine.name);
  const isOfThisPoint = properties.recoveryPointId === point.name && properties.sourceResourceId.toLowerCase() === source.toLowerCase();
  if (group === undefined || !isOfThisPoint || !hasOneStaging(properties)) return invalidInput();
  if (properties.recoveryType === 'RestoreDisks') return { point, group: group.name, place: undefined };
  const place = machinePlace(world, item, { ...properties, group: group.name });
  return 'status' in place ? place : { point, group: group.name, place };
}

/** What is restored is staged in a storage account: the caller's right to it is used, or an identity's. */
function hasOneStaging({ storageAccountId, identityBasedRestoreDetails }: DisksWanted | MachineWanted): boolean {
  return (storageAccountId === undefined) !== (identityBasedRestoreDetails === undefined);
}

/** Disks come first; then, if it is a machine that is restored, the machine that has them. */
function carryOut(world: World, job: RestoreJob, fate: Fate): void {
  const { item, place, point, group, startMs } = job;
  const { machine } = item;
  const durationMs =
    place === undefined
      ? world.draws.between(`restore:${machine.key}`, DURATIONS.restoreLow, DURATIONS.restoreHigh)
      : DURATIONS.restoreInstant;
  const ended = (failure: RestoreFailure | undefined): void => end(world, job, { failure, warned: fate.warned });
  world.clock.after(fate.slow * durationMs, () => {
    if (job.state !== 'InProgress') return;
    const failure = (place === undefined || isOfBackup(fate.failure) ? fate.failure : undefined) ?? closedGroup(world, group);
    if (failure !== undefined || fate.wrong) return ended(failure);
    const wanted = place ?? { name: machine.name, location: locationOf(world, group) };
    const disks = makeDisks(world, { point, prefix: wanted.name, group, location: wanted.location, startMs });
    job.transferred = true;
    changed(world, job);
    if (place === undefined) return ended(undefined);
    return makeMachine(world, { item, place, disks }, { slow: fate.slow, failure: fate.failure, ended });
  });
}

/** Whether Backup itself fails, and not the compute service that is to make the machine. */
function isOfBackup(failure: RestoreFailure | undefined): boolean {
  return failure !== undefined && /^(UserError|BMS|BCM)/.test(failure.code);
}

function end(world: World, job: RestoreJob, how: { readonly failure: RestoreFailure | undefined; readonly warned: boolean }): void {
  const { failure, warned } = how;
  if (job.state !== 'InProgress') return;
  if (failure !== undefined) job.error = { code: failure.code, message: failure.message };
  job.state = advance(BACKUP_JOB, job.state, failure !== undefined ? 'fail' : warned ? 'warn' : 'complete');
  job.endMs = world.clock.nowMs();
  world.ledger.newPeriod(backupItemId(world, job.item), RESTORE_OPERATION);
  changed(world, job);
}

/** Whether a restore can still be cancelled: once its disks are there it goes on. */
export function isCancellableRestore(job: RestoreJob): boolean {
  return job.state === 'InProgress' && !job.transferred;
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

function extendedInfo({ state, group, point, place, transferred, error }: RestoreJob): Readonly<Record<string, unknown>> {
  const done = state === 'Completed' || state === 'CompletedWithWarnings';
  const now = done ? 'Completed' : state;
  const transfer = { taskId: 'Transfer data from vault', duration: 'PT0S', status: transferred ? 'Completed' : now };
  const creation = { taskId: 'Create the restored virtual machine', duration: 'PT0S', status: transferred || done ? now : 'NotStarted' };
  return {
    tasksList: place === undefined ? [transfer] : [transfer, creation],
    propertyBag: {
      'Job Type': place === undefined ? 'Recover disks' : 'Recover VM to an alternate location',
      ...(place === undefined ? {} : { 'Target VM Name': place.name }),
      'Target resource group': group,
      'Recovery point time ': azureTime(point.atMs),
    },
    progressPercentage: done ? 100 : transferred ? 75 : 50,
    ...(error === undefined ? {} : { dynamicErrorMessage: error.message }),
  };
}
