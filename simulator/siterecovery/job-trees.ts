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
  readonly type:
    | 'TaskDetails'
    | 'GroupTaskDetails'
    | 'JobTaskDetails'
    | 'RecoveryPlanGroupTaskDetails'
    | 'RecoveryPlanShutdownGroupTaskDetails'
    | 'VirtualMachineTaskDetails';
  /** Kind of a plan's group. */
  readonly groupType?: string;
  readonly children: readonly Task[];
  /** The job that this task stands for. */
  job: Job | undefined;
  state: 'NotStarted' | 'InProgress' | 'Succeeded' | 'Failed' | 'Cancelled' | 'Other';
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

/** Tasks of the failover of one machine. */
export function failoverTasks(): readonly [Task, Task, Task, Task] {
  return [
    plainTask('UnplannedFailoverPreflightChecksTask', 'UnplannedFailoverPrerequisitesCheck', 'Prerequisites check for failover'),
    plainTask('ShutdownVmTask', 'ShutdownVm', 'Shut down the virtual machine'),
    plainTask('FailoverVmTask', 'FailoverVm', 'Start failover'),
    plainTask('StartFailoverVmTask', 'StartFailoverVm', 'Start the virtual machine'),
  ];
}

/** Tasks of the change of the point that one machine was failed over to. */
export function changePointTasks(): readonly [Task, Task, Task, Task] {
  return [
    plainTask(
      'ChangeRecoveryPointPreflightChecksTask',
      'ChangeRecoveryPointPrerequisitesCheck',
      'Prerequisites check for changing the recovery point',
    ),
    plainTask('ShutdownVmTask', 'ShutdownVm', 'Shut down the virtual machine'),
    plainTask('ChangeRecoveryPointTask', 'ChangeRecoveryPoint', 'Changing the recovery point'),
    plainTask('StartFailoverVmTask', 'StartFailoverVm', 'Start the virtual machine'),
  ];
}

/** Tasks of the job that ends the protection of one machine. */
export function disableTasks(): readonly [Task, Task] {
  return [
    plainTask(
      'DisableProtectionPreflightChecksTask',
      'DisableProtectionPrerequisitesCheck',
      'Prerequisites check for disabling protection',
    ),
    plainTask('DisableProtectionTask', 'DisableProtection', 'Disable replication'),
  ];
}

/** Task of the commit of one machine. */
export function commitTasks(): readonly [Task] {
  return [plainTask('CommitFailoverTask', 'VmCommitFailover', 'Committing failover')];
}

/** Tasks of the job that reverses the protection of one machine. */
export function switchTasks(machine: string): readonly [Task, Task, Task, Task, Task] {
  const enable = task({ id: 'EnableDr', name: machine, friendlyName: machine, type: 'JobTaskDetails' });
  return [
    plainTask('SwitchReplicationGroupProtectionPreflightTask', 'SwitchReplicationGroupProtectionPreflightTask', 'Prerequisite check'),
    plainTask('CommitFailoverTask', 'VmCommitFailover', 'Committing failover'),
    plainTask('DiscoverReplicaTask', 'DiscoverReplicaTask', 'Discovering replica virtual machine'),
    plainTask('GetSwitchProtectionRequirementsTask', 'GetSwitchProtectionRequirementsTask', 'Getting reprotection requirements'),
    task({
      id: 'ProtectReplicaTask',
      name: 'ProtectReplicaTask',
      friendlyName: 'Reprotecting virtual machine (1)',
      type: 'GroupTaskDetails',
      children: [enable],
    }),
  ];
}

/** Tasks of the job that enables the protection of one machine, or reverses it. */
export function enableTasks(): readonly [Task, Task, Task, Task, Task] {
  return [
    plainTask('EnableProtectionPreflightChecksTask', 'EnableProtectionPrerequisitesCheck', 'Prerequisites check for enabling protection'),
    plainTask('CreateProtectionTargetTask', 'CreateProtectionTarget', 'Installing Mobility Service and preparing target'),
    plainTask('EnableProtectionTask', 'EnableProtection', 'Enable replication'),
    plainTask('StartInitialReplicationTask', 'VmStartInitialReplication', 'Starting initial replication'),
    plainTask('UpdateDraStateTask', 'UpdateDraState', 'Updating the provider states'),
  ];
}

/** A machine's place in the tree of a plan's job. */
export function machineTask(machine: { readonly guid: string; readonly name: string }): Task {
  return task({ id: machine.guid, name: 'Unknown', friendlyName: machine.name, type: 'VirtualMachineTaskDetails' });
}

/** A group of a plan's job. */
export function groupTask(
  id: string,
  friendlyName: string,
  below: { readonly groupType: string; readonly children: readonly Task[]; readonly type?: Task['type'] },
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
    groupTaskCustomDetails: groupDetails(world, given),
    errors: [],
  };
}

function groupDetails(world: World, given: Task): Readonly<Record<string, unknown>> | null {
  const childTasks = given.children.map((child) => taskBody(world, child));
  switch (given.type) {
    case 'GroupTaskDetails':
      return { instanceType: given.type, childTasks };
    case 'RecoveryPlanGroupTaskDetails':
    case 'RecoveryPlanShutdownGroupTaskDetails':
      return { name: given.id, groupId: given.id, rpGroupType: given.groupType ?? 'BootGroup', instanceType: given.type, childTasks };
    case 'TaskDetails':
    case 'JobTaskDetails':
    case 'VirtualMachineTaskDetails':
      return null;
  }
}

function customDetails(world: World, given: Task): Readonly<Record<string, unknown>> | null {
  if (given.type === 'TaskDetails') return { instanceType: 'TaskDetails' };
  if (given.type !== 'VirtualMachineTaskDetails' && given.type !== 'JobTaskDetails') return null;
  const { job } = given;
  return {
    ...(given.type === 'JobTaskDetails' ? {} : { skippedReason: 'None', skippedReasonString: null }),
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
    instanceType: given.type,
  };
}
