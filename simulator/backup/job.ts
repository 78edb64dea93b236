import { UNTOUCHED, fateOf } from '../faults/fate.ts';
import type { Fate } from '../faults/fate.ts';
import { listLater } from '../lists.ts';
import { captureFiles } from '../machine/points.ts';
import { moveOperation, openOperation } from '../operations.ts';
import { planted } from '../plants.ts';
import type { Operation } from '../operations.ts';
import type { Call } from '../route.ts';
import { DURATIONS } from '../times.ts';
import { advance } from '../transition.ts';
import type { World } from '../world.ts';
import { backupItemChanged, backupItemId, type BackupItem } from './item.ts';
import { jobBody } from './job-body.ts';
import { BACKUP_JOB, type BackupJobEvent, type BackupJobState } from './job-state.ts';
import { PROTECTION } from './protection-state.ts';
import { pointName } from './populate.ts';

export const TRIGGER_OPERATION = 'Backups_Trigger';

/** What a backup of a machine that is not there any more fails with. */
const GONE = { code: 'BCMV2VMNotFound', message: 'The virtual machine does not exist.' } as const;

/** A backup of one machine. */
export interface BackupJob {
  readonly name: string;
  readonly item: BackupItem;
  /** Client request id of the request that started it, or an id of its own. */
  readonly activityId: string;
  readonly expiry: string | undefined;
  readonly startMs: number;
  readonly userTriggered: boolean;
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
  const { call, expiry } = request;
  const job = openJob(world, item, { activityId: call.clientRequestId, expiry, userTriggered: true });
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
  if (!fate.stuck && !planted(world, 'E3')) carryOut(world, job, fate);
  return { job, operation };
}

/** Starts the backup that a policy orders: nobody has asked for it, so its activity id is that of no request. */
export function startPolicyBackup(world: World, item: BackupItem): void {
  const activityId = world.draws.nextUuid('policy-activity');
  const job = openJob(world, item, { activityId, expiry: undefined, userTriggered: false });
  changed(world, job);
  carryOut(world, job, UNTOUCHED);
}

function openJob(world: World, item: BackupItem, given: Pick<BackupJob, 'activityId' | 'expiry' | 'userTriggered'>): BackupJob {
  const job: BackupJob = {
    ...given,
    name: world.draws.nextUuid('backup-job'),
    item,
    startMs: world.clock.nowMs(),
    state: 'InProgress',
    endMs: undefined,
    snapshotTaken: false,
    error: undefined,
  };
  item.running = job.name;
  item.vault.backupJobs.set(job.name, job);
  return job;
}

/** Snapshot, then the copy to the vault; a job that is cancelled meanwhile does neither. */
function carryOut(world: World, job: BackupJob, fate: Fate): void {
  const { machine } = job.item;
  const draw = (stage: string, low: number, high: number): number => fate.slow * world.draws.between(`${stage}:${machine.key}`, low, high);
  world.clock.after(draw('snapshot', DURATIONS.snapshotLow, DURATIONS.snapshotHigh), () => {
    if (job.state !== 'InProgress') return;
    const failure = fate.failure ?? (world.machines.get(machine.key) === machine ? undefined : GONE);
    if (failure !== undefined) return end(world, job, 'fail', failure);
    if (!fate.wrong) takeSnapshot(world, job);
    world.clock.after(draw('vault-transfer', DURATIONS.vaultTransferLow, DURATIONS.vaultTransferHigh), () => {
      if (job.state === 'InProgress') end(world, job, fate.warned ? 'warn' : 'complete');
    });
  });
}

function takeSnapshot(world: World, job: BackupJob): void {
  const { item } = job;
  job.snapshotTaken = true;
  const atMs = world.clock.nowMs();
  item.points.push({ name: pointName(atMs), atMs, files: captureFiles(world, item.machine.root), hardenedMs: undefined });
  item.protection = advance(PROTECTION, item.protection, 'backedUp');
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
  if (point !== undefined && error === undefined) point.hardenedMs ??= job.endMs;
  world.ledger.newPeriod(backupItemId(world, item), TRIGGER_OPERATION);
  changed(world, job);
}

/** Whether a cancel of this backup takes effect now: it does until the snapshot has been taken. */
export function isCancellableBackup(job: BackupJob): boolean {
  return job.state === 'InProgress' && !job.snapshotTaken;
}

/** Moves a backup on its way to being cancelled. The item may be backed up again once it is over, and shows nothing of it. */
export function cancelBackup(world: World, job: BackupJob, event: 'cancel' | 'cancelled'): void {
  move(job, event);
  if (event === 'cancelled') {
    job.endMs = world.clock.nowMs();
    job.item.running = undefined;
    world.ledger.newPeriod(backupItemId(world, job.item), TRIGGER_OPERATION);
  }
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
  const { vault, machine } = job.item;
  const activityId = world.options.marks === 'both' ? job.activityId : world.draws.uuid(`activity:${job.name}`);
  const told = { ...job, vault, machine, operation: 'Backup', activityId, cancellable: true };
  return jobBody(world, told, form === 'list' ? undefined : extendedInfo(world, job));
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
