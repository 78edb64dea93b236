import { fateOf } from '../faults/fate.ts';
import { listLater } from '../lists.ts';
import { captureFiles } from '../machine/points.ts';
import { moveOperation, openOperation } from '../operations.ts';
import { planted } from '../plants.ts';
import type { Operation } from '../operations.ts';
import type { Call } from '../route.ts';
import { azureTime, DURATIONS } from '../times.ts';
import { advance } from '../transition.ts';
import type { World } from '../world.ts';
import { backupItemChanged, backupItemId, backupNames, type BackupItem, backupVaultId } from './item.ts';
import { BACKUP_JOB, type BackupJobEvent, type BackupJobState } from './job-state.ts';
import { pointName } from './populate.ts';

export const TRIGGER_OPERATION = 'Backups_Trigger';

/** An on-demand backup of one machine. */
export interface BackupJob {
  readonly name: string;
  readonly item: BackupItem;
  /** Client request id of the request that started it. */
  readonly activityId: string;
  readonly expiry: string | undefined;
  readonly startMs: number;
  state: BackupJobState;
  endMs: number | undefined;
  snapshotTaken: boolean;
  error: { readonly code: string; readonly message: string } | undefined;
}

/** Starts the backup that a request asks for: the operation ends within a second and names the job, which takes its time. */
export function startBackup(
  world: World,
  item: BackupItem,
  request: { readonly call: Call; readonly expiry: string | undefined },
): { readonly job: BackupJob; readonly operation: Operation } {
  const { call } = request;
  const job: BackupJob = {
    name: world.draws.nextUuid('backup-job'),
    item,
    activityId: call.clientRequestId,
    expiry: request.expiry,
    startMs: world.clock.nowMs(),
    state: 'InProgress',
    endMs: undefined,
    snapshotTaken: false,
    error: undefined,
  };
  item.running = job.name;
  item.vault.backupJobs.set(job.name, job);
  const fate = fateOf(world, call, TRIGGER_OPERATION);
  const operation = openOperation(world, world.draws.nextUuid('backup-operation'), () => ({ status: 204 }));
  if (planted(world, 'E3')) {
    takeSnapshot(world, job);
    end(world, job, 'complete');
  }
  world.clock.after(DURATIONS.backupAccepted, () => {
    changed(world, job);
    moveOperation(world, operation, 'succeed');
  });
  if (fate.stuck || planted(world, 'E3')) return { job, operation };
  const draw = (stage: string, low: number, high: number): number =>
    fate.slow * world.draws.between(`${stage}:${item.machine.key}`, low, high);
  world.clock.after(draw('snapshot', DURATIONS.snapshotLow, DURATIONS.snapshotHigh), () => {
    if (fate.failure !== undefined) return end(world, job, 'fail', fate.failure);
    if (!fate.wrong) takeSnapshot(world, job);
    world.clock.after(draw('vault-transfer', DURATIONS.vaultTransferLow, DURATIONS.vaultTransferHigh), () =>
      end(world, job, fate.warned ? 'warn' : 'complete'),
    );
  });
  return { job, operation };
}

function takeSnapshot(world: World, job: BackupJob): void {
  const { item } = job;
  job.snapshotTaken = true;
  const atMs = world.clock.nowMs();
  item.points.push({ name: pointName(atMs), atMs, files: captureFiles(world, item.machine.root), hardened: false });
  changed(world, job);
}

function end(world: World, job: BackupJob, event: BackupJobEvent, error?: NonNullable<BackupJob['error']>): void {
  const { item } = job;
  move(job, event);
  job.endMs = world.clock.nowMs();
  job.error = error === undefined ? undefined : { code: error.code, message: error.message };
  item.running = undefined;
  item.lastMs = job.startMs;
  item.lastStatus = error === undefined ? 'Completed' : 'Failed';
  const point = item.points.at(-1);
  if (point !== undefined && error === undefined) point.hardened = true;
  world.ledger.newPeriod(backupItemId(world, item), TRIGGER_OPERATION);
  changed(world, job);
}

function move(job: BackupJob, event: BackupJobEvent): void {
  job.state = advance(BACKUP_JOB, job.state, event);
}

function changed(world: World, job: BackupJob): void {
  listLater(world, `backup jobs ${job.item.vault.name}`, job.name, backupJobBody(world, job, 'list'));
  backupItemChanged(world, job.item);
}

/** A job as GET or a list answers it; the list leaves out what stands in `extendedInfo`. */
export function backupJobBody(world: World, job: BackupJob, form: 'get' | 'list'): Readonly<Record<string, unknown>> {
  const { item, state } = job;
  const { marks } = world.options;
  return {
    id: `${backupVaultId(world, item.vault)}/backupJobs/${job.name}`,
    name: job.name,
    type: 'Microsoft.RecoveryServices/vaults/backupJobs',
    properties: {
      jobType: 'AzureIaaSVMJob',
      ...(state === 'InProgress' ? { actionsInfo: [1] } : {}),
      containerName: backupNames(item.machine).container.slice('IaasVMContainer;'.length),
      isUserTriggered: true,
      duration: durationText((job.endMs ?? world.clock.nowMs()) - job.startMs),
      virtualMachineVersion: 'Compute',
      ...(job.error === undefined ? {} : { errorDetails: [{ errorCode: 1, errorTitle: job.error.code, errorString: job.error.message }] }),
      ...(form === 'list' ? {} : { extendedInfo: extendedInfo(world, job) }),
      entityFriendlyName: item.machine.name,
      backupManagementType: 'AzureIaasVM',
      operation: 'Backup',
      status: state,
      startTime: azureTime(job.startMs),
      ...(job.endMs === undefined ? {} : { endTime: azureTime(job.endMs) }),
      activityId: marks === 'both' ? job.activityId : world.draws.uuid(`activity:${job.name}`),
    },
  };
}

function extendedInfo(world: World, job: BackupJob): Readonly<Record<string, unknown>> {
  const { state, snapshotTaken } = job;
  const ended = state === 'Completed' ? 'Completed' : 'NotStarted';
  const expiry = world.options.marks === 'none' ? undefined : job.expiry;
  return {
    tasksList: [
      { taskId: 'Take Snapshot', duration: 'PT0S', status: snapshotTaken ? 'Completed' : state },
      { taskId: 'Transfer data to vault', duration: 'PT0S', status: snapshotTaken && state === 'InProgress' ? 'InProgress' : ended },
    ],
    propertyBag: {
      'VM Name': job.item.machine.name,
      ...(expiry === undefined ? {} : { 'Recovery Point Expiry Time in UTC': usMinutes(Date.parse(expiry)) }),
    },
    internalPropertyBag: { IsInstantRpJob: 'True' },
    ...(job.error === undefined ? {} : { dynamicErrorMessage: job.error.message }),
  };
}

/** A time as the property bag writes it: American, cut to minutes. */
function usMinutes(atMs: number): string {
  const at = new Date(atMs);
  const hour = at.getUTCHours();
  const minute = String(at.getUTCMinutes()).padStart(2, '0');
  return `${at.getUTCMonth() + 1}/${at.getUTCDate()}/${at.getUTCFullYear()} ${hour % 12 === 0 ? 12 : hour % 12}:${minute}:00 ${hour < 12 ? 'AM' : 'PM'}`;
}

function durationText(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  return `PT${minutes === 0 ? '' : `${minutes}M`}${((ms % 60_000) / 1000).toFixed(7)}S`;
}
