import { exists } from '../compute/machines.ts';
import { DURATIONS } from '../times.ts';
import { release } from './failover.ts';
import { itemId } from './item.ts';
import { beginJob, endJob, runTask, unfailing } from './job.ts';
import { takenTarget } from './locked.ts';
import { ENABLE_OPERATION } from './removal.ts';
import { replicate } from './switch.ts';
import type { World } from '../world.ts';
import type { Item } from './item.ts';
import type { Job, JobError } from './job.ts';
import type { Task } from './job-trees.ts';

/**
 * Runs the job that enables the protection of one machine. Its end is not the end: the first copy and the first point come after it. The item
 * is there already. One that could not be enabled stays, and has to be disabled before it can be enabled again.
 */
export function runEnabling(
  world: World,
  job: Job,
  given: { readonly item: Item; readonly tasks: readonly [Task, Task, Task, Task, Task] },
): void {
  const { item, tasks } = given;
  const give = (): void => {
    release(world, item, 'enableFailed');
    world.ledger.newPeriod(itemId(world, item), ENABLE_OPERATION);
  };
  job.course.settle = give;
  const failed = (error: JobError): void => {
    give();
    endJob(world, job, error);
  };
  const step = (place: 0 | 1 | 2 | 3 | 4, durationMs: number, succeeded: () => void): void =>
    runTask(world, place === 2 ? job : unfailing(job), { task: tasks[place], durationMs, succeeded, failed });
  const succeed = (): void => {
    release(world, item, 'enabled');
    endJob(world, job);
    replicate(world, item);
  };
  const provider = (): void => step(4, DURATIONS.enableProvider, succeed);
  const seed = (): void => step(3, DURATIONS.enableSeeding, provider);
  const enable = (): void => step(2, DURATIONS.enableReplication, seed);
  const prepare = (): void => {
    const missing = takenTarget(world, item, tasks[0]) ?? stopped(world, item, tasks[0]);
    return missing === undefined ? step(1, DURATIONS.enableTarget, enable) : failed(missing);
  };
  beginJob(world, job, () => step(0, DURATIONS.enablePrerequisites, prepare));
}

/** Only a machine that runs can be given the service that replicates it. */
function stopped(world: World, item: Item, task: Task): JobError | undefined {
  const { machine } = item;
  if (exists(world, machine) && machine.power === 'running') return undefined;
  task.state = 'Failed';
  const message = `The virtual machine '${machine.name}' is not running. Start it, and retry.`;
  return { code: 'VirtualMachineNotRunning', message, taskId: task.id, atMs: world.clock.nowMs() };
}
