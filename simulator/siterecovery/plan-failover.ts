import { dooms, isWhole } from '../faults/fate.ts';
import { DURATIONS } from '../times.ts';
import { COMMIT_OPERATION, createRecovered, failoverDetails, release, settleFailover, shutDownSource, startRecovered } from './failover.ts';
import { itemId } from './item.ts';
import { beginJob, childJob, endJob, runTask, unfailing, unlessCancelled } from './job.ts';
import { lockedTarget, takenTarget } from './locked.ts';
import { groupTask, machineTask, plainTask } from './job-trees.ts';
import { releasePlan } from './plan-jobs.ts';
import type { World } from '../world.ts';
import type { FailoverPart } from './failover.ts';
import type { Item } from './item.ts';
import type { Job, JobError } from './job.ts';
import type { Task } from './job-trees.ts';
import type { Plan } from './plan.ts';

export const PLAN_FAILOVER_OPERATION = 'ReplicationRecoveryPlans_UnplannedFailover';
export const PLAN_COMMIT_OPERATION = 'ReplicationRecoveryPlans_FailoverCommit';

/** The tree of a plan's failover: prerequisites, shutdown from the last group to the first, all machines, then group by group, the end. */
export function planFailoverTasks(plan: Plan): readonly Task[] {
  const machines = (items: readonly Item[]): Task[] => items.map((item) => machineTask({ guid: item.guid, name: item.machine.name }));
  const everything = plan.groups.flat();
  const shutdowns = plan.groups.map((items, place) =>
    groupTask(`Group${place + 1}`, `Shutdown: Group ${place + 1} (${items.length})`, { groupType: 'Shutdown', children: machines(items) }),
  );
  return [
    plainTask('RpSrsPrerequisitesCheck', 'RpSrsPrerequisitesCheck', 'Prerequisites check for the recovery plan'),
    groupTask('ShutdownAllActionGroup', `All groups shutdown (${plan.groups.length})`, {
      groupType: 'Shutdown',
      children: shutdowns.toReversed(),
      type: 'RecoveryPlanShutdownGroupTaskDetails',
    }),
    groupTask('FailoverAllActionGroup', 'Recovery plan failover', { groupType: 'RpFailoverTask', children: machines(everything) }),
    ...plan.groups.map((items, place) =>
      groupTask(`Group${place + 1}`, `Group ${place + 1}: Start (${items.length})`, { groupType: 'BootGroup', children: machines(items) }),
    ),
    plainTask('EndRecoveryPlanTask', 'EndRecoveryPlanTask', 'Finalizing the recovery plan'),
  ];
}

type Stage = (part: FailoverPart, at: { readonly task: Task; readonly child: Job }, done: (error?: JobError) => void) => void;

/** Runs a plan's failover. Its items have been taken already. A machine that fails fails the job; the others go on. */
export function runPlanFailover(world: World, job: Job, given: { readonly plan: Plan; readonly parts: readonly FailoverPart[] }): void {
  const { plan, parts } = given;
  const [first, shutdown, failover, ...rest] = job.tasks;
  const last = rest.at(-1);
  if (first === undefined || shutdown === undefined || failover === undefined || last === undefined)
    throw new Error('the tree of a plan has its fixed tasks');
  const broken = new Set<FailoverPart>();
  const errors: JobError[] = [];
  const end = (error?: JobError): void => {
    plan.lastFailoverMs = world.clock.nowMs();
    releasePlan(world, plan, [PLAN_FAILOVER_OPERATION, PLAN_COMMIT_OPERATION]);
    endJob(world, job, error);
  };
  job.course.settle = () => {
    for (const { item } of parts) settleFailover(world, item);
    releasePlan(world, plan, [PLAN_FAILOVER_OPERATION, PLAN_COMMIT_OPERATION]);
  };
  const failed = (error: JobError): void => {
    for (const part of parts) release(world, part.item, 'failoverFailed');
    end(error);
  };
  const run = (group: Task, stage: Stage, then: () => void): void =>
    eachMachine(world, { group, plan, parts: parts.filter((part) => !broken.has(part)) }, stage, then);
  const boot: Stage = (part, { task }, done) =>
    startRecovered(world, { part, task, job }, () => {
      release(world, part.item, 'failedOver');
      done();
    });
  const bootGroups = (groups: readonly Task[]): void => {
    const [group, ...later] = groups;
    if (group !== undefined) return run(group, boot, () => bootGroups(later));
    const ended = (): void => end(errors[0]);
    return runTask(world, unfailing(job), { task: last, durationMs: 1000, succeeded: ended, failed: ended });
  };
  const create = creation(world, job, { parts, broken, errors });
  const createAll = (): void => run(failover, create, () => bootGroups(rest.slice(0, -1)));
  const shutDown = (groups: readonly Task[]): void => {
    const [group, ...later] = groups;
    if (group !== undefined)
      return run(
        group,
        (part, { task }, done) => shutDownSource(world, { part, task }, unlessCancelled(job, done)),
        () => shutDown(later),
      );
    shutdown.state = 'Succeeded';
    shutdown.endMs = world.clock.nowMs();
    return createAll();
  };
  const begin = (): void => {
    shutdown.state = 'InProgress';
    shutdown.startMs = world.clock.nowMs();
    shutDown(shutdown.children);
  };
  const { failure } = job.fate;
  const whole = failure !== undefined && isWhole(failure) ? job : unfailing(job);
  beginJob(world, job, () => runTask(world, whole, { task: first, durationMs: DURATIONS.planPrerequisites, succeeded: begin, failed }));
}

/** The stage that makes the machines. Those that a fault has doomed fail, and are left out from then on. */
function creation(
  world: World,
  job: Job,
  given: { readonly parts: readonly FailoverPart[]; readonly broken: Set<FailoverPart>; readonly errors: JobError[] },
): Stage {
  const { parts, broken, errors } = given;
  return (part, { task, child }, done) => {
    const doomed = dooms(job.fate.failure, { name: part.item.machine.name, place: parts.indexOf(part) });
    const failed = (error: JobError): void => {
      broken.add(part);
      errors.push(error);
      release(world, part.item, 'failoverFailed');
      done(error);
    };
    const succeeded = (): void => {
      const locked = lockedTarget(world, part.item, { task }) ?? takenTarget(world, part.item, task);
      if (locked !== undefined) return failed(locked);
      createRecovered(world, part);
      return done();
    };
    const own = doomed ? { ...child, fate: job.fate } : { ...child, fate: unfailing(job).fate };
    runTask(world, own, { task, durationMs: DURATIONS.failoverCreate, succeeded, failed });
  };
}

/** Does something for every machine of a group at once, each with a child job of its own, and goes on when all are done. */
function eachMachine(
  world: World,
  given: { readonly group: Task; readonly plan: Plan; readonly parts: readonly FailoverPart[] },
  stage: Stage,
  then: () => void,
): void {
  const { group, plan, parts } = given;
  group.state = 'InProgress';
  group.startMs = world.clock.nowMs();
  const members = group.children.flatMap((task) => parts.filter(({ item }) => item.guid === task.id).map((part) => ({ task, part })));
  let open = members.length;
  const groupDone = (): void => {
    group.state = 'Succeeded';
    group.endMs = world.clock.nowMs();
    then();
  };
  if (open === 0) return groupDone();
  for (const { task, part } of members) {
    const child = childJob(world, {
      vault: plan.vault,
      scenarioName: 'UnplannedFailover',
      friendlyName: 'Failover',
      target: { id: part.item.guid, name: part.item.machine.name, type: 'ProtectionEntity' },
      tasks: [],
      custom: failoverDetails([part.item]),
    });
    task.job = child;
    beginJob(world, child, () =>
      stage(part, { task, child }, (error) => {
        endJob(world, child, error);
        open -= 1;
        if (open === 0) groupDone();
      }),
    );
  }
}

/** The tree of a plan's commit. */
export function planCommitTasks(items: readonly Item[]): readonly Task[] {
  return [
    plainTask('RpSrsPrerequisitesCheck', 'RpSrsPrerequisitesCheck', 'Prerequisites check for the recovery plan'),
    groupTask('CommitAllActionGroup', 'Recovery plan commit', {
      groupType: 'RpCommitFailoverTask',
      children: items.map((item) => machineTask({ guid: item.guid, name: item.machine.name })),
    }),
    plainTask('EndRecoveryPlanTask', 'EndRecoveryPlanTask', 'Finalizing the recovery plan'),
  ];
}

/** Runs a plan's commit. Its items have been taken already. */
export function runPlanCommit(world: World, job: Job, given: { readonly plan: Plan; readonly items: readonly Item[] }): void {
  const { plan, items } = given;
  const [first, group, last] = job.tasks;
  if (first === undefined || group === undefined || last === undefined) throw new Error('the tree of a plan has its fixed tasks');
  const failed = (error: JobError): void => {
    for (const item of items) release(world, item, 'commitFailed');
    releasePlan(world, plan, [PLAN_COMMIT_OPERATION]);
    endJob(world, job, error);
  };
  const commitAll = (): void => {
    group.state = 'InProgress';
    group.startMs = world.clock.nowMs();
    const succeeded = (): void => {
      for (const item of items) {
        release(world, item, 'committed');
        world.ledger.newPeriod(itemId(world, item), COMMIT_OPERATION);
      }
      const ended = (): void => {
        releasePlan(world, plan, []);
        endJob(world, job);
      };
      runTask(world, job, { task: last, durationMs: 1000, succeeded: ended, failed: ended });
    };
    runTask(world, job, { task: group, durationMs: DURATIONS.commit, succeeded, failed });
  };
  beginJob(world, job, () => runTask(world, job, { task: first, durationMs: DURATIONS.planPrerequisites, succeeded: commitAll, failed }));
}
