import { removeMachine } from '../compute/machines.ts';
import { nicChanged } from '../network/nic-view.ts';
import { DURATIONS } from '../times.ts';
import { keyOf } from '../world.ts';
import { regionName, testMachineOf } from './item.ts';
import { beginJob, endJob, runTask, warnOfLocks } from './job.ts';
import { releaseItem } from './test-failover.ts';
import type { World } from '../world.ts';
import type { Item } from './item.ts';
import type { Job, JobError } from './job.ts';
import type { Task } from './job-trees.ts';

/** Runs the job that deletes one machine's test machine. The item has been taken already. */
export function runCleanup(world: World, job: Job, given: { readonly item: Item; readonly task: Task }): void {
  const { item, task } = given;
  const failed = (error: JobError): void => {
    releaseItem(world, item, 'cleanFailed');
    endJob(world, job, error);
  };
  const succeeded = (): void => {
    warnOfLocks(world, job, { taskId: task.id, kept: deleteTestMachine(world, item, job) });
    endJob(world, job);
  };
  beginJob(world, job, () => runTask(world, job, { task, durationMs: cleanupMs(world, item), succeeded, failed }));
}

/** How long the cleanup of an item takes, in real ms. */
export function cleanupMs(world: World, item: Item): number {
  return world.draws.between(`cleanup:${item.guid}`, DURATIONS.cleanupLow, DURATIONS.cleanupHigh);
}

/** Deletes an item's test machine with its interface and disks, and lets the item be tested again. Returns what is said of things that a lock keeps. */
export function deleteTestMachine(world: World, item: Item, job: Job): readonly string[] {
  const machine = testMachineOf(world, item);
  const nic = machine === undefined ? undefined : world.nics.get(keyOf(machine.group, machine.nic));
  const kept = machine === undefined || job.fate.wrong ? [] : removeMachine(world, machine);
  if (machine !== undefined && nic !== undefined && job.fate.leftover) {
    nic.machine = undefined;
    world.nics.set(keyOf(machine.group, machine.nic), nic);
    nicChanged(world, nic);
  }
  releaseItem(world, item, 'cleaned');
  return kept;
}

/** The particulars of a cleanup job. */
export function cleanupDetails(item: Item): () => Readonly<Record<string, unknown>> {
  return () => ({
    instanceType: 'AsrJobDetails',
    affectedObjectDetails: {
      primaryVmId: item.guid,
      primaryVmName: item.machine.name,
      primaryVmmName: regionName(item.replication.pair.from),
      recoveryVmmName: regionName(item.replication.pair.to),
      primaryFabricProviderId: 'Azure',
      recoveryFabricProviderId: 'Azure',
    },
  });
}
