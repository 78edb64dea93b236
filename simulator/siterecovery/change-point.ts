import { exists, powerOff, powerOn } from '../compute/machines.ts';
import { rootFromManifest } from '../machine/root.ts';
import { DURATIONS } from '../times.ts';
import { release } from './failover.ts';
import { itemChanged, itemId } from './item.ts';
import { beginJob, endJob, runTask, unfailing } from './job.ts';
import { lockedTarget } from './locked.ts';
import type { Machine, World } from '../world.ts';
import type { Item } from './item.ts';
import type { Job, JobError } from './job.ts';
import type { Task } from './job-trees.ts';
import type { Point } from './replication.ts';

export const CHANGE_POINT_OPERATION = 'ReplicationProtectedItems_ApplyRecoveryPoint';

/**
 * Runs the job that gives a machine which was failed over the files of another point: it goes down, its files are replaced, it boots again.
 * What was written on it since the failover is lost. The item has been taken already.
 */
export function runChangePoint(
  world: World,
  job: Job,
  given: { readonly item: Item; readonly point: Point; readonly tasks: readonly [Task, Task, Task, Task] },
): void {
  const { item, point, tasks } = given;
  const end = (event: 'pointChanged' | 'changeFailed', error?: JobError): void => {
    release(world, item, event);
    world.ledger.newPeriod(itemId(world, item), CHANGE_POINT_OPERATION);
    endJob(world, job, error);
  };
  const failed = (error: JobError): void => end('changeFailed', error);
  const broken = (task: Task): void => {
    task.state = 'Failed';
    const message = `The virtual machine '${item.machine.name}' at the other site is not there, or is being started or stopped.`;
    failed({ code: '28051', message, taskId: task.id, atMs: world.clock.nowMs() });
  };
  const replace = (): void => {
    const locked = lockedTarget(world, item, { task: tasks[2] });
    if (locked !== undefined) return failed(locked);
    const { recovered } = item;
    const machine = standing(world, item, ['deallocated']);
    if (recovered === undefined || machine === undefined) return broken(tasks[2]);
    if (!job.fate.wrong) rootFromManifest(world, machine, point.files);
    item.recovered = { ...recovered, point };
    itemChanged(world, item);
    return during(
      world,
      tasks[3],
      (done) => powerOn(world, machine, done),
      () => end('pointChanged'),
    );
  };
  const change = (): void => runTask(world, job, { task: tasks[2], durationMs: DURATIONS.failoverCreate, succeeded: replace, failed });
  const shutDown = (): void => {
    const machine = standing(world, item, ['running', 'deallocated']);
    if (machine === undefined) return broken(tasks[1]);
    if (machine.power === 'running') return during(world, tasks[1], (done) => powerOff(world, machine, done), change);
    tasks[1].state = 'Other';
    return change();
  };
  beginJob(world, job, () =>
    runTask(world, unfailing(job), { task: tasks[0], durationMs: DURATIONS.failoverPrerequisites, succeeded: shutDown, failed }),
  );
}

/** The machine that an item was failed over to, when it is still there and in one of these states. */
function standing(world: World, item: Item, wanted: readonly Machine['power'][]): Machine | undefined {
  const machine = item.recovered?.machine;
  return machine !== undefined && exists(world, machine) && wanted.includes(machine.power) ? machine : undefined;
}

/** A task that lasts as long as something that a machine does. */
function during(world: World, task: Task, deed: (done: () => void) => void, then: () => void): void {
  task.state = 'InProgress';
  task.startMs = world.clock.nowMs();
  deed(() => {
    task.state = 'Succeeded';
    task.endMs = world.clock.nowMs();
    then();
  });
}
