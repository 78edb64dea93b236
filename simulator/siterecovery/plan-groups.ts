import { replicationJobId } from '../arm-ids.ts';
import { dooms, isWhole } from '../faults/fate.ts';
import { beginJob, childJob, endJob, runTask, unfailing } from './job.ts';
import { groupTask, machineTask, plainTask } from './job-trees.ts';
import { planChanged, planId } from './plan.ts';
import type { World } from '../world.ts';
import type { Item } from './item.ts';
import type { Job, JobError, JobOrder } from './job.ts';
import type { Task } from './job-trees.ts';
import type { Plan } from './plan.ts';

/** What a plan's job does with one of its machines. */
export interface PlanPart {
  readonly item: Item;
}

/** The part of a stage that is done for one machine, within a task and a child job of its own. */
export type Stage<Part> = (part: Part, at: { readonly task: Task; readonly child: Job }, done: (error?: JobError) => void) => void;

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

/** The first and the last task of every job of a plan, with what stands between them. */
export function planTasks(between: readonly Task[]): readonly Task[] {
  return [
    plainTask('RpSrsPrerequisitesCheck', 'RpSrsPrerequisitesCheck', 'Prerequisites check for the recovery plan'),
    ...between,
    plainTask('EndRecoveryPlanTask', 'EndRecoveryPlanTask', 'Finalizing the recovery plan'),
  ];
}

/** One task for each machine. */
export function machineTasks(items: readonly Item[]): readonly Task[] {
  return items.map((item) => machineTask({ guid: item.guid, name: item.machine.name }));
}

/** One task for each group of a plan, in which its machines start. */
export function startTasks(plan: Plan): readonly Task[] {
  return plan.groups.map((items, place) =>
    groupTask(`Group${place + 1}`, `Group ${place + 1}: Start (${items.length})`, {
      groupType: 'BootGroup',
      children: machineTasks(items),
    }),
  );
}

/** The job that a plan's prerequisites run in: a fault that breaks the whole job breaks them, one that breaks machines does not. */
export function wholeJob(job: Job): Job {
  const { failure } = job.fate;
  return failure !== undefined && isWhole(failure) ? job : unfailing(job);
}

/** What has gone wrong in a job of a plan: its machines that are left out from then on, and why. */
export interface Losses<Part> {
  readonly broken: Set<Part>;
  readonly errors: JobError[];
}

/** The stage that makes the machines of all parts. Those that a fault has doomed fail, and so do those that may not be made. */
export function creation<Part extends PlanPart>(
  world: World,
  job: Job,
  given: {
    readonly parts: readonly Part[];
    readonly losses: Losses<Part>;
    readonly durationMs: number;
    readonly refusal: (part: Part, task: Task) => JobError | undefined;
    readonly make: (part: Part) => void;
    readonly give: (item: Item) => void;
  },
): Stage<Part> {
  const { parts, losses, durationMs } = given;
  return (part, { task, child }, done) => {
    const doomed = dooms(job.fate.failure, { name: part.item.machine.name, place: parts.indexOf(part) });
    const failed = (error: JobError): void => {
      losses.broken.add(part);
      losses.errors.push(error);
      given.give(part.item);
      done(error);
    };
    const succeeded = (): void => {
      const refused = given.refusal(part, task);
      if (refused !== undefined) return failed(refused);
      given.make(part);
      return done();
    };
    runTask(world, { ...child, fate: (doomed ? job : unfailing(job)).fate }, { task, durationMs, succeeded, failed });
  };
}

/** Does something for every machine of a group at once, each with a child job of its own, and goes on when all are done. */
export function eachMachine<Part extends PlanPart>(
  world: World,
  given: {
    readonly group: Task;
    readonly plan: Plan;
    readonly parts: readonly Part[];
    readonly child: (part: Part, task: Task) => Pick<JobOrder, 'scenarioName' | 'friendlyName' | 'custom'>;
  },
  stage: Stage<Part>,
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
      target: { id: part.item.guid, name: part.item.machine.name, type: 'ProtectionEntity' },
      tasks: [],
      ...given.child(part, task),
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
