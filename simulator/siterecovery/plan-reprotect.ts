import { refusal } from '../arm-errors.ts';
import { DURATIONS } from '../times.ts';
import { findPlan } from './find.ts';
import { beginJob, childJob, endJob, runTask, unfailing } from './job.ts';
import { groupTask } from './job-trees.ts';
import { ITEM_VIEW } from './item-state.ts';
import { planId } from './plan.ts';
import { machineTasks, planTasks, releasePlan, takePlan } from './plan-groups.ts';
import { forbidden, itemOrder, planOrder, planResult, submit } from './submission.ts';
import type { Answer, Call } from '../route.ts';
import type { World } from '../world.ts';
import type { Item } from './item.ts';
import type { Again, Job, JobError } from './job.ts';
import type { Task } from './job-trees.ts';
import type { Plan } from './plan.ts';

export const PLAN_REPROTECT_OPERATION = 'ReplicationRecoveryPlans_Reprotect';
const REPROTECT = { scenarioName: 'ReverseReplication', friendlyName: 'Reprotect' } as const;

/**
 * POST reProtect of a plan. Between two regions it is accepted and fails: the request has no place for what the reversal of a machine needs
 * to be told (issues 15712 and 25530 of azure-powershell). Nothing is moved by it.
 */
export function postPlanReprotect(world: World, call: Call): Answer {
  const plan = findPlan(world, call);
  if ('status' in plan) return plan;
  const resource = planId(world, plan);
  const refused = (): Answer | undefined => (isCommitted(plan) ? undefined : forbidden('ReProtect', plan.name));
  const refusedNow = refused();
  if (refusedNow !== undefined) return refusal(resource, refusedNow);
  const work: Again['work'] = (open) => {
    const items = plan.groups.flat();
    const job = open({ ...planOrder(plan), ...REPROTECT, tasks: reprotectTasks(items), custom: asrDetails });
    takePlan(world, plan, { name: 'ReverseReplication', job });
    runPlanReprotect(world, job, { plan, items });
    return job;
  };
  return submit(world, call, { resource, operation: PLAN_REPROTECT_OPERATION, result: planResult(world, plan), refused, work });
}

function isCommitted(plan: Plan): boolean {
  const items = plan.groups.flat();
  return (
    plan.scenario === undefined && items.length > 0 && items.every(({ phase }) => ITEM_VIEW[phase].allowed.includes('SwitchProtection'))
  );
}

const asrDetails = (): Readonly<Record<string, unknown>> => ({ instanceType: 'AsrJobDetails', affectedObjectDetails: {} });

function reprotectTasks(items: readonly Item[]): readonly Task[] {
  return planTasks([
    groupTask('ReprotectAllActionGroup', 'Recovery plan reprotect', { groupType: 'RpReprotectTask', children: machineTasks(items) }),
  ]);
}

function runPlanReprotect(world: World, job: Job, given: { readonly plan: Plan; readonly items: readonly Item[] }): void {
  const { plan, items } = given;
  const [first, group] = job.tasks;
  if (first === undefined || group === undefined) throw new Error('the tree of a plan has its fixed tasks');
  const failed = (error: JobError): void => {
    releasePlan(world, plan, [PLAN_REPROTECT_OPERATION]);
    endJob(world, job, error);
  };
  const reverse = (): void => {
    group.state = 'InProgress';
    group.startMs = world.clock.nowMs();
    let open = items.length;
    for (const item of items) {
      const task = group.children.find(({ id }) => id === item.guid);
      if (task === undefined) throw new Error('every machine has its task');
      failMachine(world, { item, task }, (error) => {
        open -= 1;
        if (open > 0) return;
        group.state = 'Failed';
        group.endMs = world.clock.nowMs();
        failed(error);
      });
    }
  };
  beginJob(world, job, () =>
    runTask(world, unfailing(job), { task: first, durationMs: DURATIONS.planPrerequisites, succeeded: reverse, failed }),
  );
}

/** The job of one machine, which has not been told where the machine is to be replicated to. */
function failMachine(world: World, given: { readonly item: Item; readonly task: Task }, then: (error: JobError) => void): void {
  const { item, task } = given;
  const child = childJob(world, { ...itemOrder(item), ...REPROTECT, tasks: [], custom: asrDetails });
  task.job = child;
  task.state = 'InProgress';
  task.startMs = world.clock.nowMs();
  beginJob(world, child, () => {
    task.state = 'Failed';
    task.endMs = world.clock.nowMs();
    const message = `The protection of '${item.machine.name}' cannot be reversed: no container, resource group and disks are named for it.`;
    const error = { code: 'ReprotectInputMissing', message, taskId: task.id, atMs: task.endMs };
    endJob(world, child, error);
    then(error);
  });
}
