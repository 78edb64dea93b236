import { DURATIONS } from '../times.ts';
import { COMMIT_OPERATION, createRecovered, failoverDetails, release, settleFailover, shutDownSource, startRecovered } from './failover.ts';
import { itemId } from './item.ts';
import { beginJob, endJob, runTask, unfailing, unlessCancelled } from './job.ts';
import { lockedTarget, takenTarget } from './locked.ts';
import { groupTask } from './job-trees.ts';
import {
  creation,
  eachMachine,
  type Losses,
  machineTasks,
  planTasks,
  releasePlan,
  type Stage,
  startTasks,
  wholeJob,
} from './plan-groups.ts';
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
  const shutdowns = plan.groups.map((items, place) =>
    groupTask(`Group${place + 1}`, `Shutdown: Group ${place + 1} (${items.length})`, {
      groupType: 'Shutdown',
      children: machineTasks(items),
    }),
  );
  return planTasks([
    groupTask('ShutdownAllActionGroup', `All groups shutdown (${plan.groups.length})`, {
      groupType: 'Shutdown',
      children: shutdowns.toReversed(),
      type: 'RecoveryPlanShutdownGroupTaskDetails',
    }),
    groupTask('FailoverAllActionGroup', 'Recovery plan failover', {
      groupType: 'RpFailoverTask',
      children: machineTasks(plan.groups.flat()),
    }),
    ...startTasks(plan),
  ]);
}

/** Runs a plan's failover. Its items have been taken already. A machine that fails fails the job; the others go on. */
export function runPlanFailover(world: World, job: Job, given: { readonly plan: Plan; readonly parts: readonly FailoverPart[] }): void {
  const { plan, parts } = given;
  const [first, shutdown, failover, ...rest] = job.tasks;
  const last = rest.at(-1);
  if (first === undefined || shutdown === undefined || failover === undefined || last === undefined)
    throw new Error('the tree of a plan has its fixed tasks');
  const losses: Losses<FailoverPart> = { broken: new Set(), errors: [] };
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
  const run = (group: Task, stage: Stage<FailoverPart>, then: () => void): void => {
    const child = ({ item }: FailoverPart) =>
      ({ scenarioName: 'UnplannedFailover', friendlyName: 'Failover', custom: failoverDetails([item]) }) as const;
    eachMachine(world, { group, plan, parts: parts.filter((part) => !losses.broken.has(part)), child }, stage, then);
  };
  const boot: Stage<FailoverPart> = (part, { task }, done) =>
    startRecovered(world, { part, task, job }, () => {
      release(world, part.item, 'failedOver');
      done();
    });
  const bootGroups = (groups: readonly Task[]): void => {
    const [group, ...later] = groups;
    if (group !== undefined) return run(group, boot, () => bootGroups(later));
    const ended = (): void => end(losses.errors[0]);
    return runTask(world, unfailing(job), { task: last, durationMs: 1000, succeeded: ended, failed: ended });
  };
  const create = creation(world, job, {
    parts,
    losses,
    durationMs: DURATIONS.failoverCreate,
    refusal: ({ item }, task) => lockedTarget(world, item, { task }) ?? takenTarget(world, item, task),
    make: (part) => createRecovered(world, part),
    give: (item) => release(world, item, 'failoverFailed'),
  });
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
  beginJob(world, job, () =>
    runTask(world, wholeJob(job), { task: first, durationMs: DURATIONS.planPrerequisites, succeeded: begin, failed }),
  );
}

/** The tree of a plan's commit. */
export function planCommitTasks(items: readonly Item[]): readonly Task[] {
  return planTasks([
    groupTask('CommitAllActionGroup', 'Recovery plan commit', { groupType: 'RpCommitFailoverTask', children: machineTasks(items) }),
  ]);
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
