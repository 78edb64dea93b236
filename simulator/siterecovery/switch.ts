import { removeMachine } from '../compute/machines.ts';
import { planted } from '../plants.ts';
import { DURATIONS } from '../times.ts';
import { COMMIT_OPERATION, FAILOVER_OPERATION, release } from './failover.ts';
import { NOTHING_HAPPENED, itemChanged, itemId, regionName } from './item.ts';
import { beginJob, childJob, endJob, runTask, unlessCancelled, warnOfLocks } from './job.ts';
import { enableTasks } from './job-trees.ts';
import { planChanged, planId } from './plan.ts';
import { PLAN_COMMIT_OPERATION, PLAN_FAILOVER_OPERATION } from './plan-failover.ts';
import { startFresh } from './replication.ts';
import { listLater } from '../lists.ts';
import type { World } from '../world.ts';
import type { Item } from './item.ts';
import type { Job, JobError } from './job.ts';
import type { Task } from './job-trees.ts';

export const SWITCH_OPERATION = 'ReplicationProtectionContainers_SwitchProtection';

/** What a switch leaves behind: the item that follows, once it exists. */
export interface Switching {
  readonly item: Item;
  next: Item | undefined;
}

/**
 * Runs the job that reverses the protection of one machine. It commits by itself when nobody has, deletes the machine at the original
 * side, and makes a new item under the other fabric; the item has been taken already.
 */
export function runSwitch(
  world: World,
  job: Job,
  given: { readonly switching: Switching; readonly tasks: readonly [Task, Task, Task, Task, Task]; readonly committed: boolean },
): void {
  const { switching, tasks, committed } = given;
  const { item } = switching;
  const fallBack = (): void => release(world, item, committed || tasks[1].state === 'Succeeded' ? 'switchFailed' : 'switchUndone');
  // Once the machine at the original side is gone, what is left is an item whose protection is not complete.
  job.course.settle = () => {
    if (switching.next === undefined) fallBack();
    else if (switching.next.phase === 'seeding') release(world, switching.next, 'enableFailed');
  };
  const failed = (error: JobError): void => {
    fallBack();
    endJob(world, job, error);
  };
  const step = (task: Task, durationMs: number, succeeded: () => void): void =>
    runTask(world, job, { task, durationMs, succeeded, failed });
  const protect = (): void => reverse(world, { job, switching, task: tasks[4] });
  const requirements = (): void => step(tasks[3], DURATIONS.switchStage, protect);
  const discover = (): void => step(tasks[2], DURATIONS.switchStage, requirements);
  const commit = (): void => {
    if (!committed) return step(tasks[1], DURATIONS.commit, discover);
    tasks[1].state = 'Other';
    return discover();
  };
  beginJob(world, job, () => step(tasks[0], DURATIONS.switchStage, commit));
}

/** The original machine goes, the item moves to the other fabric under a new id, a child job enables its replication. */
function reverse(world: World, given: { readonly job: Job; readonly switching: Switching; readonly task: Task }): void {
  const { job, switching, task } = given;
  const { item } = switching;
  task.state = 'InProgress';
  task.startMs = world.clock.nowMs();
  warnOfLocks(world, job, { taskId: task.id, kept: removeMachine(world, item.machine) });
  const next = planted(world, 'E4') ? { ...successor(item), replication: item.replication } : successor(item);
  replaceItem(world, item, next);
  switching.next = next;
  const child = childJob(world, {
    vault: item.vault,
    scenarioName: 'EnableDr',
    friendlyName: 'Enable replication',
    target: { id: next.guid, name: next.machine.name, type: 'ProtectionEntity' },
    tasks: enableTasks(),
    custom: switchDetails(switching, 'AsrJobDetails'),
  });
  const [enable] = task.children;
  if (enable !== undefined) {
    enable.job = child;
    enable.state = 'InProgress';
    enable.startMs = world.clock.nowMs();
  }
  beginJob(world, child, () => {
    const ended = unlessCancelled(job, () => {
      for (const each of [task, enable]) {
        if (each === undefined) continue;
        each.state = 'Succeeded';
        each.endMs = world.clock.nowMs();
      }
      for (const each of child.tasks) each.state = 'Succeeded';
      endJob(world, child);
      endJob(world, job);
      replicate(world, next);
    });
    world.clock.after(DURATIONS.switchEnable, ended);
  });
}

/** Enabled is not protected: the first copy takes its time, and then the first recovery point. */
export function replicate(world: World, item: Item): void {
  if (planted(world, 'E16')) {
    release(world, item, 'seeded');
    startFresh(world, item);
    return release(world, item, 'firstPoint');
  }
  return void world.clock.after(DURATIONS.initialReplication, () => {
    if (item.phase !== 'seeding') return;
    release(world, item, 'seeded');
    world.clock.after(DURATIONS.firstPoint, () => {
      if (item.phase !== 'waiting') return;
      startFresh(world, item);
      release(world, item, 'firstPoint');
      for (const plan of item.vault.plans.values()) if (plan.groups.flat().includes(item)) planChanged(world, plan);
    });
  });
}

function successor(item: Item): Item {
  const { pair } = item.replication;
  const made = item.recovered?.machine;
  if (made === undefined) throw new Error(`${item.name} has no machine at the other site`);
  const back = {
    from: pair.to,
    to: pair.from,
    cache: pair.cache,
    network: item.machine.network.name,
    targetGroup: item.machine.group,
  };
  return {
    ...item,
    machine: made,
    replication: { ...item.replication, pair: back },
    points: [],
    phase: 'seeding',
    ...NOTHING_HAPPENED,
    fresh: true,
  };
}

function replaceItem(world: World, item: Item, next: Item): void {
  item.scenario = undefined;
  item.vault.items.set(item.name.toLowerCase(), next);
  listLater(world, `items ${item.vault.name}`, item.name, undefined);
  itemChanged(world, next);
  for (const operation of [FAILOVER_OPERATION, COMMIT_OPERATION, SWITCH_OPERATION]) {
    world.ledger.newPeriod(itemId(world, next), operation);
  }
  for (const plan of item.vault.plans.values()) {
    if (!plan.groups.flat().includes(item)) continue;
    plan.groups = plan.groups.map((group) => group.map((each) => (each === item ? next : each)));
    for (const operation of [PLAN_FAILOVER_OPERATION, PLAN_COMMIT_OPERATION]) world.ledger.newPeriod(planId(world, plan), operation);
    planChanged(world, plan);
  }
}

/** The particulars of a switch job; the id of the new item is null until there is one. */
export function switchDetails(
  switching: Switching,
  instanceType: 'SwitchProtectionJobDetails' | 'AsrJobDetails',
  idOf?: (item: Item) => string,
): () => Readonly<Record<string, unknown>> {
  return () => {
    const { item, next } = switching;
    return {
      ...(idOf === undefined ? {} : { newReplicationProtectedItemId: next === undefined ? null : idOf(next) }),
      instanceType,
      affectedObjectDetails: {
        primaryVmId: item.guid,
        primaryVmName: item.machine.name,
        recoveryVmId: '',
        recoveryVmName: item.machine.name,
        primaryVmmName: regionName(item.replication.pair.from),
        recoveryVmmName: regionName(item.replication.pair.to),
        primaryFabricProviderId: 'Azure',
        recoveryFabricProviderId: 'Azure',
      },
    };
  };
}
