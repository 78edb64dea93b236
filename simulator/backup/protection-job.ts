import { fateOf } from '../faults/fate.ts';
import { listLater } from '../lists.ts';
import { moveOperation, openOperation } from '../operations.ts';
import { DURATIONS } from '../times.ts';
import { advance } from '../transition.ts';
import type { Operation } from '../operations.ts';
import type { Answer, Call } from '../route.ts';
import type { Machine, Vault, World } from '../world.ts';
import { jobBody } from './job-body.ts';
import { BACKUP_JOB, type BackupJobState } from './job-state.ts';

/** A job that changes how a vault protects a machine. None of them can be cancelled. */
export interface ProtectionJob {
  readonly name: string;
  readonly vault: Vault;
  readonly machine: Machine;
  readonly operation: 'ConfigureBackup' | 'DisableBackup' | 'DeleteBackupData' | 'Undelete';
  readonly policy: string | undefined;
  readonly activityId: string;
  readonly startMs: number;
  state: BackupJobState;
  endMs: number | undefined;
  error: { readonly code: string; readonly message: string } | undefined;
}

/** What is needed to start one. `done` changes the world at its end; `resource` and `request` say whose period in the ledger ends then. */
export interface ProtectionOrder {
  readonly job: Pick<ProtectionJob, 'vault' | 'machine' | 'operation' | 'policy'>;
  readonly durationMs: number;
  readonly resource: string;
  readonly request: string;
  readonly result: () => Answer;
  readonly done: () => void;
}

/** Starts a job: the operation ends within a second and names it; what it changes comes at its own end. */
export function startProtectionJob(
  world: World,
  call: Call,
  order: ProtectionOrder,
): { readonly job: ProtectionJob; readonly operation: Operation } {
  const job: ProtectionJob = {
    ...order.job,
    name: world.draws.nextUuid('backup-job'),
    activityId: call.clientRequestId,
    startMs: world.clock.nowMs(),
    state: 'InProgress',
    endMs: undefined,
    error: undefined,
  };
  job.vault.protectionJobs.set(job.name, job);
  const fate = fateOf(world, call, order.request);
  const operation = openOperation(world, world.draws.nextUuid('backup-operation'), order.result);
  world.clock.after(DURATIONS.backupAccepted, () => {
    changed(world, job);
    moveOperation(world, operation, 'succeed');
  });
  if (fate.stuck) return { job, operation };
  world.clock.after(fate.slow * order.durationMs, () => {
    const { failure } = fate;
    job.state = advance(BACKUP_JOB, job.state, failure !== undefined ? 'fail' : fate.warned ? 'warn' : 'complete');
    job.endMs = world.clock.nowMs();
    if (failure !== undefined) job.error = { code: failure.code, message: failure.message };
    else if (!fate.wrong) order.done();
    world.ledger.newPeriod(order.resource, order.request);
    changed(world, job);
  });
  return { job, operation };
}

/** Whether such a job is under way for a machine, in whichever vault. */
export function isBeingChanged(world: World, machine: Machine): boolean {
  const jobs = [...world.vaults.values()].flatMap(({ protectionJobs }) => [...protectionJobs.values()]);
  return jobs.some((job) => job.machine.key === machine.key && job.state === 'InProgress');
}

/** A job as GET or a list answers it. */
export function protectionJobBody(world: World, job: ProtectionJob, form: 'get' | 'list'): Readonly<Record<string, unknown>> {
  const told = { ...job, userTriggered: true, cancellable: false };
  return jobBody(world, told, form === 'list' ? undefined : extendedInfo(job));
}

function extendedInfo({ machine, policy, error }: ProtectionJob): Readonly<Record<string, unknown>> {
  return {
    tasksList: [],
    propertyBag: { 'VM Name': machine.name, ...(policy === undefined ? {} : { 'Policy Name': policy }) },
    ...(error === undefined ? {} : { dynamicErrorMessage: error.message }),
  };
}

function changed(world: World, job: ProtectionJob): void {
  listLater(world, `backup jobs ${job.vault.name}`, job.name, protectionJobBody(world, job, 'list'));
}
