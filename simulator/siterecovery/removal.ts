import { listLater } from '../lists.ts';
import { DURATIONS } from '../times.ts';
import { CHANGE_POINT_OPERATION } from './change-point.ts';
import { COMMIT_OPERATION, FAILOVER_OPERATION, release } from './failover.ts';
import { itemId } from './item.ts';
import { beginJob, endJob, runTask, unfailing } from './job.ts';
import { planChanged, planId } from './plan.ts';
import { PLAN_COMMIT_OPERATION, PLAN_FAILOVER_OPERATION } from './plan-failover.ts';
import { PLAN_CLEANUP_OPERATION, PLAN_TEST_OPERATION } from './plan-test.ts';
import { SWITCH_OPERATION } from './switch.ts';
import { CLEANUP_OPERATION, TEST_OPERATION } from './test-failover.ts';
import type { World } from '../world.ts';
import type { Item } from './item.ts';
import type { Job, JobError } from './job.ts';
import type { Task } from './job-trees.ts';

export const DISABLE_OPERATION = 'ReplicationProtectedItems_Delete';
export const PURGE_OPERATION = 'ReplicationProtectedItems_Purge';
export const ENABLE_OPERATION = 'ReplicationProtectedItems_Create';

const OF_ITEM = [
  TEST_OPERATION,
  CLEANUP_OPERATION,
  FAILOVER_OPERATION,
  CHANGE_POINT_OPERATION,
  COMMIT_OPERATION,
  SWITCH_OPERATION,
  DISABLE_OPERATION,
  PURGE_OPERATION,
  ENABLE_OPERATION,
];
const OF_PLAN = [PLAN_TEST_OPERATION, PLAN_CLEANUP_OPERATION, PLAN_FAILOVER_OPERATION, PLAN_COMMIT_OPERATION];

/** Runs the job that ends the protection of one machine: the item goes, the machines stay as they are. The item has been taken already. */
export function runRemoval(world: World, job: Job, given: { readonly item: Item; readonly tasks: readonly [Task, Task] }): void {
  const { item, tasks } = given;
  item.replicating = false;
  const keep = (): void => {
    release(world, item, 'disableFailed');
    for (const operation of [DISABLE_OPERATION, PURGE_OPERATION]) world.ledger.newPeriod(itemId(world, item), operation);
  };
  const failed = (error: JobError): void => {
    keep();
    endJob(world, job, error);
  };
  const succeeded = (): void => {
    if (job.fate.wrong) keep();
    else removeItem(world, item);
    endJob(world, job);
  };
  const disable = (): void => runTask(world, job, { task: tasks[1], durationMs: DURATIONS.disable, succeeded, failed });
  beginJob(world, job, () =>
    runTask(world, unfailing(job), { task: tasks[0], durationMs: DURATIONS.disablePrerequisites, succeeded: disable, failed }),
  );
}

/** An item is no more: a GET knows it at once, lists learn of it later, and the plans that it was in go on without it. */
function removeItem(world: World, item: Item): void {
  const { vault } = item;
  item.scenario = undefined;
  vault.items.delete(item.name.toLowerCase());
  listLater(world, `items ${vault.name}`, item.name, undefined);
  for (const operation of OF_ITEM) world.ledger.newPeriod(itemId(world, item), operation);
  for (const plan of vault.plans.values()) {
    if (!plan.groups.flat().includes(item)) continue;
    plan.groups = plan.groups.map((group) => group.filter((each) => each !== item));
    for (const operation of OF_PLAN) world.ledger.newPeriod(planId(world, plan), operation);
    planChanged(world, plan);
  }
}
