import { replicationJobId } from '../arm-ids.ts';
import { UNSET_TASK_TIME, azureTime } from '../times.ts';
import { STATE_DESCRIPTION } from './job-state.ts';
import type { World } from '../world.ts';
import type { Job } from './job.ts';

/** A task of a job, with the tasks below it or the job it stands for. */
export interface Task {
  readonly id: string;
  readonly name: string;
  readonly friendlyName: string;
  readonly type: 'TaskDetails' | 'RecoveryPlanGroupTaskDetails' | 'VirtualMachineTaskDetails';
  /** Kind of a plan's group. */
  readonly groupType?: string;
  readonly children: readonly Task[];
  /** The job that this task stands for. */
  job: Job | undefined;
  state: 'NotStarted' | 'InProgress' | 'Succeeded' | 'Failed' | 'Other';
  startMs: number | undefined;
  endMs: number | undefined;
}

function task(
  given: Pick<Task, 'id' | 'name' | 'friendlyName' | 'type'> & { readonly groupType?: string; readonly children?: readonly Task[] },
): Task {
  return { children: [], ...given, job: undefined, state: 'NotStarted', startMs: undefined, endMs: undefined };
}

/** A plain task. */
export function plainTask(id: string, name: string, friendlyName: string): Task {
  return task({ id, name, friendlyName, type: 'TaskDetails' });
}

/** Tasks of the test failover of one machine. */
export function testFailoverTasks(): readonly [Task, Task, Task] {
  return [
    plainTask('TestFailoverPreflightChecksTask', 'TestFailoverPrerequisitesCheck', 'Prerequisites check for test failover'),
    plainTask('CreateTestFailoverVmTask', 'CreateTestVm', 'Create test virtual machine'),
    plainTask('StartTestFailoverVmTask', 'StartTestVm', 'Starting the virtual machine'),
  ];
}

/** Tasks of the cleanup of one machine's test failover. */
export function cleanupTasks(): readonly [Task] {
  return [plainTask('TestFailoverCleanupTask', 'CleanupTestVm', 'Cleaning up the test virtual machine')];
}

/** A machine's place in the tree of a plan's job. */
export function machineTask(machine: { readonly guid: string; readonly name: string }): Task {
  return task({ id: machine.guid, name: 'Unknown', friendlyName: machine.name, type: 'VirtualMachineTaskDetails' });
}

/** A group of a plan's job. */
export function groupTask(
  id: string,
  friendlyName: string,
  below: { readonly groupType: string; readonly children: readonly Task[] },
): Task {
  return task({ id, name: 'Unknown', friendlyName, type: 'RecoveryPlanGroupTaskDetails', ...below });
}

/** A task as Site Recovery answers it. */
export function taskBody(world: World, given: Task): Readonly<Record<string, unknown>> {
  return {
    taskId: given.id,
    name: given.name,
    startTime: given.startMs === undefined ? UNSET_TASK_TIME : azureTime(given.startMs),
    endTime: given.endMs === undefined ? UNSET_TASK_TIME : azureTime(given.endMs),
    allowedActions: [],
    friendlyName: given.friendlyName,
    state: given.state,
    stateDescription: STATE_DESCRIPTION[given.state],
    taskType: given.type,
    customDetails: customDetails(world, given),
    groupTaskCustomDetails:
      given.type === 'RecoveryPlanGroupTaskDetails'
        ? {
            name: given.id,
            groupId: given.id,
            rpGroupType: given.groupType ?? 'BootGroup',
            instanceType: given.type,
            childTasks: given.children.map((child) => taskBody(world, child)),
          }
        : null,
    errors: [],
  };
}

function customDetails(world: World, given: Task): Readonly<Record<string, unknown>> | null {
  if (given.type === 'TaskDetails') return { instanceType: 'TaskDetails' };
  if (given.type === 'RecoveryPlanGroupTaskDetails') return null;
  const { job } = given;
  return {
    skippedReason: 'None',
    skippedReasonString: null,
    jobTask:
      job === undefined
        ? null
        : {
            jobId: replicationJobId(world, job.vault, job.id),
            jobFriendlyName: job.friendlyName,
            targetObjectId: job.target.id,
            targetObjectName: job.target.name,
            targetInstanceType: 'Vm',
            jobScenarioName: job.scenarioName,
          },
    instanceType: 'VirtualMachineTaskDetails',
  };
}
