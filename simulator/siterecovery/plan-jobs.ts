import { replicationJobId } from '../arm-ids.ts';
import { dooms, isWhole } from '../faults/fate.ts';
import { DURATIONS } from '../times.ts';
import { cleanupDetails, cleanupMs, deleteTestMachine } from './cleanup.ts';
import { beginJob, childJob, endJob, runTask, unfailing, warnOfLocks } from './job.ts';
import { lockedTarget } from './locked.ts';
import { groupTask, machineTask, plainTask } from './job-trees.ts';
import { planChanged, planId } from './plan.ts';
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
  const machines = (items: readonly Item[]): Task[] => items.map((item) => machineTask({ guid: item.guid, name: item.machine.name }));
  const everything = plan.groups.flat();
  return [
    plainTask('RpSrsPrerequisitesCheck', 'RpSrsPrerequisitesCheck', 'Prerequisites check for the recovery plan'),
    groupTask('FailoverAllActionGroup', 'Recovery plan test failover', { groupType: 'RpFailoverTask', children: machines(everything) }),
    ...plan.groups.map((items, place) =>
      groupTask(`Group${place + 1}`, `Group ${place + 1}: Start (${items.length})`, { groupType: 'BootGroup', children: machines(items) }),
    ),
    plainTask('EndRecoveryPlanTask', 'EndRecoveryPlanTask', 'Finalizing the recovery plan'),
  ];
}

/** The tree of a plan's cleanup. */
export function planCleanupTasks(items: readonly Item[]): readonly Task[] {
  return [
    plainTask('RpSrsPrerequisitesCheck', 'RpSrsPrerequisitesCheck', 'Prerequisites check for the recovery plan'),
    groupTask('CleanupAllActionGroup', 'Recovery plan test failover cleanup', {
      groupType: 'RpTestFailoverCleanupTask',
      children: items.map((item) => machineTask({ guid: item.guid, name: item.machine.name })),
    }),
    plainTask('EndRecoveryPlanTask', 'EndRecoveryPlanTask', 'Finalizing the recovery plan'),
  ];
}

/** A plan's scenario begins. */
export function takePlan(world: World, plan: Plan, given: { readonly name: string; readonly job: Job }): void {
  plan.scenario = { name: given.name, jobId: replicationJobId(world, plan.vault, given.job.id), startMs: world.clock.nowMs() };
  planChanged(world, plan);
}

/** A plan's scenario ends; the operations named may be asked for once more. */
export function releasePlan(world: World, plan: Plan, operations: readonly string[]): void {
  plan.scenario = undefined;
  for (const operation of operations) world.ledger.newPeriod(planId(world, plan), operation);
  planChanged(world, plan);
}

type Stage = (part: TestPart, task: Task, done: (error?: JobError) => void) => void;

/** Runs a plan's test failover. Its items have been taken already. A machine that fails fails the job; the others go on. */
export function runPlanTest(world: World, job: Job, given: { readonly plan: Plan; readonly parts: readonly TestPart[] }): void {
  const { plan, parts } = given;
  const [first, failover, ...rest] = job.tasks;
  const last = rest.at(-1);
  if (first === undefined || failover === undefined || last === undefined) throw new Error('the tree of a plan has its fixed tasks');
  const broken = new Set<TestPart>();
  const errors: JobError[] = [];
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
        releasePlan(world, plan, [PLAN_CLEANUP_OPERATION, ...(errors.length > 0 ? [PLAN_TEST_OPERATION] : [])]);
        endJob(world, job, errors[0]);
      },
    });
  };
  const bootGroups = (groups: readonly Task[]): void => {
    const [group, ...later] = groups;
    if (group === undefined) return finish();
    return eachMachine(
      world,
      { group, plan, parts: parts.filter((part) => !broken.has(part)) },
      (part, task, done) => {
        startTestMachine(world, { part, task, job }, () => {
          releaseItem(world, part.item, 'tested');
          done();
        });
      },
      () => bootGroups(later),
    );
  };
  const create = creation(world, job, { parts, broken, errors });
  const createAll = (): void => eachMachine(world, { group: failover, plan, parts }, create, () => bootGroups(rest.slice(0, -1)));
  const { failure } = job.fate;
  const whole = failure !== undefined && isWhole(failure) ? job : unfailing(job);
  beginJob(world, job, () => runTask(world, whole, { task: first, durationMs: DURATIONS.planPrerequisites, succeeded: createAll, failed }));
}

/** The stage that makes the test machines. Those that a fault has doomed fail, and are left out from then on. */
function creation(
  world: World,
  job: Job,
  given: { readonly parts: readonly TestPart[]; readonly broken: Set<TestPart>; readonly errors: JobError[] },
): Stage {
  const { parts, broken, errors } = given;
  return (part, task, done) => {
    const doomed = dooms(job.fate.failure, { name: part.item.machine.name, place: parts.indexOf(part) });
    const failed = (error: JobError): void => {
      broken.add(part);
      errors.push(error);
      releaseItem(world, part.item, 'testFailed');
      done(error);
    };
    const succeeded = (): void => {
      const locked = lockedTarget(world, part.item, { task, network: part.network });
      if (locked !== undefined) return failed(locked);
      createTestMachine(world, part);
      return done();
    };
    const child = { ...(task.job ?? job), fate: (doomed ? job : unfailing(job)).fate };
    runTask(world, child, { task, durationMs: DURATIONS.testFailoverCreate, succeeded, failed });
  };
}

/** Does something for every machine of a group at once, each with a child job of its own, and goes on when all are done. */
function eachMachine(
  world: World,
  given: { readonly group: Task; readonly plan: Plan; readonly parts: readonly TestPart[] },
  perform: Stage,
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
    const child: Job = childJob(world, {
      vault: plan.vault,
      scenarioName: 'TestFailover',
      friendlyName: 'Test failover',
      target: { id: part.item.guid, name: part.item.machine.name, type: 'ProtectionEntity' },
      tasks: [],
      custom: testDetails(world, [part], { job: () => task.job, vms: true }),
    });
    task.job = child;
    beginJob(world, child, () =>
      perform(part, task, (error) => {
        endJob(world, child, error);
        open -= 1;
        if (open === 0) groupDone();
      }),
    );
  }
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
  const { failure } = job.fate;
  const whole = failure !== undefined && isWhole(failure) ? job : unfailing(job);
  beginJob(world, job, () => runTask(world, whole, { task: first, durationMs: DURATIONS.planPrerequisites, succeeded: cleanAll, failed }));
}
