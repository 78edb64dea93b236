import { dooms } from '../faults/fate.ts';
import { DURATIONS } from '../times.ts';
import { cleanupDetails, cleanupMs, deleteTestMachine } from './cleanup.ts';
import { beginJob, childJob, endJob, runTask, unfailing, warnOfLocks } from './job.ts';
import { lockedTarget } from './locked.ts';
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
import { createTestMachine, releaseItem, settleTest, startTestMachine, testDetails } from './test-failover.ts';
import type { World } from '../world.ts';
import type { Item } from './item.ts';
import type { Job, JobError } from './job.ts';
import type { Task } from './job-trees.ts';
import type { Plan } from './plan.ts';
import type { TestPart } from './test-failover.ts';

export const PLAN_TEST_OPERATION = 'ReplicationRecoveryPlans_TestFailover';
export const PLAN_CLEANUP_OPERATION = 'ReplicationRecoveryPlans_TestFailoverCleanup';

/** The tree of a plan's test failover: prerequisites, all machines, then group by group, the end. */
export function planTestTasks(plan: Plan): readonly Task[] {
  return planTasks([
    groupTask('FailoverAllActionGroup', 'Recovery plan test failover', {
      groupType: 'RpFailoverTask',
      children: machineTasks(plan.groups.flat()),
    }),
    ...startTasks(plan),
  ]);
}

/** The tree of a plan's cleanup. */
export function planCleanupTasks(items: readonly Item[]): readonly Task[] {
  return planTasks([
    groupTask('CleanupAllActionGroup', 'Recovery plan test failover cleanup', {
      groupType: 'RpTestFailoverCleanupTask',
      children: machineTasks(items),
    }),
  ]);
}

/** Runs a plan's test failover. Its items have been taken already. A machine that fails fails the job; the others go on. */
export function runPlanTest(world: World, job: Job, given: { readonly plan: Plan; readonly parts: readonly TestPart[] }): void {
  const { plan, parts } = given;
  const [first, failover, ...rest] = job.tasks;
  const last = rest.at(-1);
  if (first === undefined || failover === undefined || last === undefined) throw new Error('the tree of a plan has its fixed tasks');
  const losses: Losses<TestPart> = { broken: new Set(), errors: [] };
  job.course.settle = () => {
    for (const { item } of parts) settleTest(world, item);
    releasePlan(world, plan, [PLAN_CLEANUP_OPERATION, PLAN_TEST_OPERATION]);
  };
  const failed = (error: JobError): void => {
    for (const part of parts) releaseItem(world, part.item, 'testFailed');
    releasePlan(world, plan, [PLAN_TEST_OPERATION]);
    endJob(world, job, error);
  };
  const finish = (): void => {
    runTask(world, unfailing(job), {
      task: last,
      durationMs: 1000,
      failed,
      succeeded: () => {
        plan.lastTestMs = world.clock.nowMs();
        releasePlan(world, plan, [PLAN_CLEANUP_OPERATION, ...(losses.errors.length > 0 ? [PLAN_TEST_OPERATION] : [])]);
        endJob(world, job, losses.errors[0]);
      },
    });
  };
  const run = (group: Task, stage: Stage<TestPart>, then: () => void): void => {
    const child = (part: TestPart, task: Task) =>
      ({
        scenarioName: 'TestFailover',
        friendlyName: 'Test failover',
        custom: testDetails(world, [part], { job: () => task.job, vms: true }),
      }) as const;
    eachMachine(world, { group, plan, parts: parts.filter((part) => !losses.broken.has(part)), child }, stage, then);
  };
  const boot: Stage<TestPart> = (part, { task }, done) =>
    startTestMachine(world, { part, task, job }, () => {
      releaseItem(world, part.item, 'tested');
      done();
    });
  const bootGroups = (groups: readonly Task[]): void => {
    const [group, ...later] = groups;
    if (group === undefined) return finish();
    return run(group, boot, () => bootGroups(later));
  };
  const create = creation(world, job, {
    parts,
    losses,
    durationMs: DURATIONS.testFailoverCreate,
    refusal: (part, task) => lockedTarget(world, part.item, { task, network: part.network }),
    make: (part) => createTestMachine(world, part),
    give: (item) => releaseItem(world, item, 'testFailed'),
  });
  const createAll = (): void => run(failover, create, () => bootGroups(rest.slice(0, -1)));
  beginJob(world, job, () =>
    runTask(world, wholeJob(job), { task: first, durationMs: DURATIONS.planPrerequisites, succeeded: createAll, failed }),
  );
}

/** Runs a plan's cleanup. Its items have been taken already. */
export function runPlanCleanup(world: World, job: Job, given: { readonly plan: Plan; readonly items: readonly Item[] }): void {
  const { plan, items } = given;
  const [first, group, last] = job.tasks;
  if (first === undefined || group === undefined || last === undefined) throw new Error('the tree of a plan has its fixed tasks');
  const failed = (error: JobError): void => {
    for (const item of items) releaseItem(world, item, 'cleanFailed');
    releasePlan(world, plan, [PLAN_CLEANUP_OPERATION]);
    endJob(world, job, error);
  };
  const errors: JobError[] = [];
  const finish = (): void => {
    group.state = 'Succeeded';
    group.endMs = world.clock.nowMs();
    const succeeded = (): void => {
      releasePlan(world, plan, [PLAN_TEST_OPERATION, ...(errors.length > 0 ? [PLAN_CLEANUP_OPERATION] : [])]);
      endJob(world, job, errors[0]);
    };
    runTask(world, unfailing(job), { task: last, durationMs: 1000, succeeded, failed });
  };
  const cleanAll = (): void => {
    group.state = 'InProgress';
    group.startMs = world.clock.nowMs();
    let open = items.length;
    for (const item of items) {
      const task = group.children.find((child) => child.id === item.guid);
      if (task === undefined) continue;
      const target = { id: item.guid, name: item.machine.name, type: 'ProtectionEntity' };
      const order = {
        vault: plan.vault,
        scenarioName: 'TestFailoverCleanup',
        friendlyName: 'Test failover cleanup',
        target,
        tasks: [],
        custom: cleanupDetails(item),
      };
      const child = childJob(world, order);
      task.job = child;
      const ended = (error?: JobError): void => {
        endJob(world, child, error);
        open -= 1;
        if (open === 0) finish();
      };
      const succeeded = (): void => {
        const kept = deleteTestMachine(world, item, job);
        for (const each of [child, job]) warnOfLocks(world, each, { taskId: task.id, kept });
        ended();
      };
      const broken = (error: JobError): void => {
        errors.push(error);
        releaseItem(world, item, 'cleanFailed');
        ended(error);
      };
      const doomed = dooms(job.fate.failure, { name: item.machine.name, place: items.indexOf(item) });
      const own = { ...child, fate: (doomed ? job : unfailing(job)).fate };
      beginJob(world, child, () => runTask(world, own, { task, durationMs: cleanupMs(world, item), succeeded, failed: broken }));
    }
  };
  beginJob(world, job, () =>
    runTask(world, wholeJob(job), { task: first, durationMs: DURATIONS.planPrerequisites, succeeded: cleanAll, failed }),
  );
}
