import { replicationJobId } from '../arm-ids.ts';
import { UNTOUCHED, fateOf } from '../faults/fate.ts';
import { listLater } from '../lists.ts';
import { moveOperation, openOperation } from '../operations.ts';
import { planted } from '../plants.ts';
import { DURATIONS, azureTime } from '../times.ts';
import { advance } from '../transition.ts';
import { noteJobEnd } from './events.ts';
import { JOB, STATE_DESCRIPTION } from './job-state.ts';
import { taskBody } from './job-trees.ts';
import type { Fate } from '../faults/fate.ts';
import type { Operation } from '../operations.ts';
import type { Answer, Call } from '../route.ts';
import type { Vault, World } from '../world.ts';
import type { JobEvent, JobState } from './job-state.ts';
import type { Task } from './job-trees.ts';

/** What a job fails with. */
export interface JobError {
  readonly code: string;
  readonly message: string;
  readonly taskId: string;
  readonly atMs: number;
  /** A warning does not keep the job from succeeding. */
  readonly level?: 'Warning';
}

/** A Site Recovery job. */
export interface Job {
  readonly id: string;
  readonly vault: Vault;
  readonly scenarioName: string;
  readonly friendlyName: string;
  readonly activityId: string;
  readonly target: { readonly id: string; readonly name: string; readonly type: string };
  readonly startMs: number;
  readonly tasks: readonly Task[];
  readonly custom: () => Readonly<Record<string, unknown>>;
  readonly fate: Fate;
  readonly operation: Operation | undefined;
  readonly course: Course;
  state: JobState;
  endMs: number | undefined;
  readonly errors: JobError[];
}

/** What a person may do about the course of a job. Copies of a job share it. */
export interface Course {
  /** Somebody wants it to end: whatever still waits to go on does not. */
  cancelled: boolean;
  /** Brings what the job is about to rest once it has stopped. A job without it cannot be cancelled. */
  settle: (() => void) | undefined;
  /** Does the work of the job once more, should it fail. */
  again: Again | undefined;
}

/** The work of a job, which opens its job itself; `refused` says what keeps it from being done now. */
export interface Again {
  readonly refused: () => Answer | undefined;
  readonly work: (open: (order: JobOrder) => Job) => Job;
}

/** What is needed to open a job. */
export interface JobOrder {
  readonly vault: Vault;
  readonly scenarioName: string;
  readonly friendlyName: string;
  readonly target: Job['target'];
  readonly tasks: readonly Task[];
  readonly custom: () => Readonly<Record<string, unknown>>;
}

/** A job that a request starts: its operation, and what faults have ordered for it. */
export function openJob(
  world: World,
  order: JobOrder,
  request: { readonly call: Call; readonly operation: string; readonly result: () => Answer; readonly fate?: Fate },
): Job {
  const { call } = request;
  const id = world.draws.nextUuid('job');
  return keep(world, {
    ...order,
    id,
    activityId: `${call.clientRequestId} ActivityId: ${call.correlationId}`,
    fate: request.fate ?? fateOf(world, call, request.operation),
    operation: openOperation(world, id, request.result),
    course: { cancelled: false, settle: undefined, again: undefined },
    startMs: world.clock.nowMs(),
    state: 'NotStarted',
    endMs: undefined,
    errors: [],
  });
}

/** A job that another job starts: it has no operation of its own and no request id. */
export function childJob(world: World, order: JobOrder, fate = UNTOUCHED): Job {
  return keep(world, {
    ...order,
    id: world.draws.nextUuid('job'),
    activityId: ` ActivityId: ${world.draws.nextUuid('activity')}`,
    fate,
    operation: undefined,
    course: { cancelled: false, settle: undefined, again: undefined },
    startMs: world.clock.nowMs(),
    state: 'NotStarted',
    endMs: undefined,
    errors: [],
  });
}

function keep(world: World, job: Job): Job {
  if (job.operation === undefined && planted(world, 'E13')) return job;
  job.vault.jobs.set(job.id, job);
  jobChanged(world, job);
  world.clock.afterPeriod(DURATIONS.jobKept, () => {
    job.vault.jobs.delete(job.id);
    listLater(world, `jobs ${job.vault.name}`, job.id, undefined);
  });
  return job;
}

/** Lets a job begin after it has been picked up. */
export function beginJob(world: World, job: Job, then: () => void): void {
  const begin = unlessCancelled(job, () => {
    move(world, job, 'begin');
    if (job.operation !== undefined) moveOperation(world, job.operation, 'run');
    then();
  });
  world.clock.after(DURATIONS.jobPickedUp + job.fate.lateMs, begin);
}

/** What goes on with a job after a wait, unless the job has been cancelled meanwhile. */
export function unlessCancelled(job: Pick<Job, 'course'>, then: () => void): () => void {
  return () => {
    if (!job.course.cancelled) then();
  };
}

/** Ends a job, and the operation that the client follows. */
export function endJob(world: World, job: Job, error?: JobError): void {
  job.endMs = world.clock.nowMs();
  if (error !== undefined) job.errors.push(error);
  else if (job.fate.warned) job.errors.push(warning(world, job));
  move(world, job, error !== undefined ? 'fail' : job.fate.warned ? 'inform' : 'succeed');
  noteJobEnd(world, job);
  if (job.operation === undefined) return;
  if (error !== undefined) job.operation.error = { code: error.code, message: error.message };
  moveOperation(world, job.operation, error === undefined ? 'succeed' : 'fail');
}

function warning(world: World, job: Job): JobError {
  const message = 'The operation completed, and something about it wants to be looked at.';
  return { code: '150112', message, taskId: job.tasks.at(-1)?.id ?? '', atMs: world.clock.nowMs(), level: 'Warning' };
}

/** Notes among the errors of a job what a lock has kept: the job goes on. */
export function warnOfLocks(world: World, job: Job, given: { readonly taskId: string; readonly kept: readonly string[] }): void {
  const atMs = world.clock.nowMs();
  for (const message of given.kept) job.errors.push({ code: 'ScopeLocked', message, taskId: given.taskId, atMs, level: 'Warning' });
}

/** A job whose whole failure is not due in this task. */
export function unfailing(job: Job): Job {
  return { ...job, fate: { ...job.fate, failure: undefined } };
}

/** Runs one task of a job; `succeeded` runs when it has, `failed` when a fault has ordered it to fail. */
export function runTask(
  world: World,
  job: Job,
  given: { readonly task: Task; readonly durationMs: number; readonly succeeded: () => void; readonly failed: (error: JobError) => void },
): void {
  const { task } = given;
  task.state = 'InProgress';
  task.startMs = world.clock.nowMs();
  const { stuck, slow, failure } = job.fate;
  const durationMs = given.durationMs * slow * world.draws.between(`task:${task.id}:${job.target.id}`, 0.9, 1.1);
  if (stuck) return;
  const end = unlessCancelled(job, () => {
    task.endMs = world.clock.nowMs();
    if (failure === undefined) {
      task.state = 'Succeeded';
      return given.succeeded();
    }
    task.state = 'Failed';
    return given.failed({ code: failure.code, message: failure.message, taskId: task.id, atMs: task.endMs });
  });
  world.clock.after(durationMs, end);
}

/** Stops a job that runs, with all that it has started. What it is about comes to rest when the job has ended. */
export function cancelJob(world: World, job: Job, given: { readonly fate: Fate; readonly ended: () => void }): void {
  const open = [job, ...childrenOf(job.tasks)].filter(({ state }) => state === 'NotStarted' || state === 'InProgress');
  for (const { course } of open) course.cancelled = true;
  move(world, job, 'cancel');
  if (given.fate.stuck) return;
  world.clock.after(DURATIONS.jobCancel * given.fate.slow, () => {
    const nowMs = world.clock.nowMs();
    job.course.settle?.();
    for (const each of [...open.slice(1), job]) {
      for (const task of allTasks(each.tasks).filter(({ state }) => state === 'InProgress')) {
        task.state = 'Cancelled';
        task.endMs = nowMs;
      }
      each.endMs = nowMs;
      move(world, each, 'cancelled');
    }
    if (job.operation !== undefined) {
      job.operation.error = { code: 'OperationCancelled', message: `The job '${job.id}' was cancelled.` };
      moveOperation(world, job.operation, 'cancel');
    }
    given.ended();
  });
}

function allTasks(tasks: readonly Task[]): readonly Task[] {
  return tasks.flatMap((task) => [task, ...allTasks(task.children)]);
}

function childrenOf(tasks: readonly Task[]): readonly Job[] {
  return allTasks(tasks).flatMap(({ job }) => (job === undefined ? [] : [job]));
}

/** What the job allows to be done about it. */
export function jobAllows({ state, course: { settle, again } }: Job): readonly string[] {
  if (state === 'InProgress') return settle === undefined ? [] : ['Cancel'];
  return state === 'Failed' && again !== undefined && again.refused() === undefined ? ['Restart'] : [];
}

/** The work of a failed job is done by another one from now on: this one can be restarted no more. */
export function passWorkOn(world: World, job: Job, next: Job): void {
  next.course.again = job.course.again;
  job.course.again = undefined;
  jobChanged(world, job);
}

function move(world: World, job: Job, event: JobEvent): void {
  job.state = advance(JOB, job.state, event);
  jobChanged(world, job);
}

function jobChanged(world: World, job: Job): void {
  if (!job.vault.jobs.has(job.id)) return;
  listLater(world, `jobs ${job.vault.name}`, job.id, jobBody(world, job, 'list'));
}

/** A job as Site Recovery answers it. The list is poorer, and right after the 202 even the scenario is missing. */
export function jobBody(world: World, job: Job, form: 'get' | 'list'): Readonly<Record<string, unknown>> {
  const fresh = job.state === 'NotStarted' && job.operation !== undefined;
  const poor = form === 'list' && !planted(world, 'E6');
  return {
    id: replicationJobId(world, job.vault, job.id),
    name: job.id,
    type: 'Microsoft.RecoveryServices/vaults/replicationJobs',
    properties: {
      activityId: poor ? null : job.activityId,
      scenarioName: fresh ? null : job.scenarioName,
      friendlyName: fresh ? null : job.friendlyName,
      state: job.state,
      stateDescription: STATE_DESCRIPTION[job.state],
      tasks: poor || fresh ? [] : job.tasks.map((task) => taskBody(world, task)),
      errors: job.errors.map((error) => errorBody(job, error)),
      startTime: azureTime(job.startMs),
      endTime: job.endMs === undefined ? null : azureTime(job.endMs),
      allowedActions: jobAllows(job),
      targetObjectId: fresh ? null : job.target.id,
      targetObjectName: fresh ? null : job.target.name,
      targetInstanceType: fresh ? null : job.target.type,
      customDetails: poor ? null : fresh ? { instanceType: 'AsrJobDetails', affectedObjectDetails: {} } : job.custom(),
    },
  };
}

/** The outer error is generic; what really happened is in the provider's part. */
function errorBody(job: Job, error: JobError): Readonly<Record<string, unknown>> {
  const number = Number.parseInt(error.code, 10);
  return {
    serviceErrorDetails: {
      code: '539',
      message: "The requested action couldn't be performed by the provider.",
      possibleCauses: 'Check the provider errors for more information.',
      recommendedAction: 'Resolve the issue and retry the operation.',
      activityId: job.activityId,
    },
    providerErrorDetails: {
      errorCode: Number.isNaN(number) ? 150_001 : number,
      errorMessage: error.message,
      errorId: error.code,
      possibleCauses: 'See the message.',
      recommendedAction: 'Resolve the issue and retry the operation.',
    },
    errorLevel: error.level ?? 'Error',
    creationTime: azureTime(error.atMs),
    taskId: error.taskId,
  };
}
