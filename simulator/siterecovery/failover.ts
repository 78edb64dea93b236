import { replicationJobId } from '../arm-ids.ts';
import { isReachable } from '../faults/region.ts';
import { powerOff, powerOn, replicaMachine } from '../compute/machines.ts';
import { captureFiles } from '../machine/points.ts';
import { planted } from '../plants.ts';
import { DURATIONS, azureTime } from '../times.ts';
import { itemChanged, itemId, moveItem, regionName } from './item.ts';
import { beginJob, endJob, runTask, unfailing, unlessCancelled } from './job.ts';
import { lockedTarget, takenTarget } from './locked.ts';
import { addPoint, usablePoints } from './replication.ts';
import type { Network, World } from '../world.ts';
import type { Item } from './item.ts';
import type { ItemEvent } from './item-state.ts';
import type { Job, JobError } from './job.ts';
import type { Task } from './job-trees.ts';
import type { Point } from './replication.ts';

export const FAILOVER_OPERATION = 'ReplicationProtectedItems_UnplannedFailover';
export const COMMIT_OPERATION = 'ReplicationProtectedItems_FailoverCommit';

/** One machine's part in a failover. Without a point the newest files are taken once the machine has been shut down. */
export interface FailoverPart {
  readonly item: Item;
  readonly wanted: Point | undefined;
  readonly shutdown: boolean;
}

/** A scenario of an item begins: what it allowed before, it does not allow now. */
export function take(world: World, item: Item, given: { readonly event: ItemEvent; readonly name: string; readonly job: Job }): void {
  moveItem(world, item, given.event);
  item.scenario = { name: given.name, jobId: replicationJobId(world, item.vault, given.job.id), startMs: world.clock.nowMs() };
  itemChanged(world, item);
}

/** A scenario of an item ends. */
export function release(world: World, item: Item, event: ItemEvent): void {
  moveItem(world, item, event);
  item.scenario = undefined;
  itemChanged(world, item);
}

/** Runs the job of one machine's failover. The item has been taken already. */
export function runFailover(
  world: World,
  job: Job,
  given: { readonly part: FailoverPart; readonly tasks: readonly [Task, Task, Task, Task] },
): void {
  const { part, tasks } = given;
  job.course.settle = () => settleFailover(world, part.item);
  const failed = (error: JobError): void => {
    release(world, part.item, 'failoverFailed');
    world.ledger.newPeriod(itemId(world, part.item), FAILOVER_OPERATION);
    endJob(world, job, error);
  };
  const start = (): void =>
    startRecovered(world, { part, task: tasks[3], job }, () => {
      release(world, part.item, 'failedOver');
      endJob(world, job);
    });
  const create = (): void => {
    const succeeded = (): void => {
      const locked = lockedTarget(world, part.item, { task: tasks[2] }) ?? takenTarget(world, part.item, tasks[2]);
      if (locked !== undefined) return failed(locked);
      createRecovered(world, part);
      return start();
    };
    runTask(world, job, { task: tasks[2], durationMs: DURATIONS.failoverCreate, succeeded, failed });
  };
  const shutDown = (): void => shutDownSource(world, { part, task: tasks[1] }, unlessCancelled(job, create));
  beginJob(world, job, () =>
    runTask(world, unfailing(job), { task: tasks[0], durationMs: DURATIONS.failoverPrerequisites, succeeded: shutDown, failed }),
  );
}

/**
 * A failover has been cancelled. A machine that was made is there, and its failover wants to be committed; without one nothing has moved, but
 * replication does not go on: it was stopped before the failover began.
 */
export function settleFailover(world: World, item: Item): void {
  if (item.phase !== 'failingOver') return;
  if (item.recovered !== undefined) return release(world, item, 'failedOver');
  item.replicating = false;
  world.ledger.newPeriod(itemId(world, item), FAILOVER_OPERATION);
  return release(world, item, 'failoverFailed');
}

/** Shuts the machine down where it runs, if that was asked for; otherwise the task is skipped and the machine goes on. */
export function shutDownSource(world: World, given: { readonly part: FailoverPart; readonly task: Task }, then: () => void): void {
  const { part, task } = given;
  const { machine } = part.item;
  if (!part.shutdown || machine.power !== 'running') {
    task.state = part.shutdown ? 'Succeeded' : 'Other';
    return then();
  }
  task.state = 'InProgress';
  task.startMs = world.clock.nowMs();
  // A source that cannot be reached cannot be shut down, and the failover goes on without.
  if (!isReachable(world, machine))
    return void world.clock.after(DURATIONS.failoverShutdown, () => {
      task.state = 'Failed';
      task.endMs = world.clock.nowMs();
      then();
    });
  powerOff(world, machine, () => {
    task.state = 'Succeeded';
    task.endMs = world.clock.nowMs();
    then();
  });
}

/** Makes the machine at the other site from the files of its point. Replication stops: its last figures stay as they are. */
export function createRecovered(world: World, part: FailoverPart): void {
  const { item } = part;
  const { pair } = item.replication;
  // Without its region the newest files cannot be had: the newest point has to do.
  const stored = isReachable(world, item.machine) || item.machine.power !== 'running' ? undefined : usablePoints(world, item)[0];
  const point = part.wanted ?? stored ?? addPoint(world, item, { kind: 'CrashConsistent', usableNow: true });
  const { name, nic } = item.machine;
  const machine = replicaMachine(world, item.machine, {
    name,
    nic,
    group: pair.targetGroup,
    network: recoveryNetwork(world, item),
    files: planted(world, 'E17') ? captureFiles(world, item.machine.root) : point.files,
  });
  item.replicating = false;
  item.recovered = { machine, point, atMs: world.clock.nowMs() };
  itemChanged(world, item);
}

/** Powers the recovered machine on; the task ends when it runs. */
export function startRecovered(
  world: World,
  given: { readonly part: FailoverPart; readonly task: Task; readonly job: Job },
  then: () => void,
): void {
  const { part, task } = given;
  const machine = part.item.recovered?.machine;
  if (machine === undefined || given.job.fate.wrong) return then();
  task.state = 'InProgress';
  task.startMs = world.clock.nowMs();
  const started = unlessCancelled(given.job, () => {
    task.state = 'Succeeded';
    task.endMs = world.clock.nowMs();
    then();
  });
  return powerOn(world, machine, started);
}

/** Runs the job that commits one machine's failover. The item has been taken already. */
export function runCommit(world: World, job: Job, given: { readonly item: Item; readonly task: Task }): void {
  const { item, task } = given;
  const failed = (error: JobError): void => {
    release(world, item, 'commitFailed');
    endJob(world, job, error);
  };
  const succeeded = (): void => {
    release(world, item, 'committed');
    endJob(world, job);
  };
  beginJob(world, job, () => runTask(world, job, { task, durationMs: DURATIONS.commit, succeeded, failed }));
}

/** The point that a request wants; `missing` when there is none of the kind. */
export function wantedPoint(world: World, item: Item, type: string): Point | 'newest' | 'missing' {
  const points = usablePoints(world, item);
  if (type === 'Latest') return isReachable(world, item.machine) ? 'newest' : (points[0] ?? 'missing');
  const kinds: Readonly<Record<string, Point['kind'] | undefined>> = {
    LatestApplicationConsistent: 'ApplicationConsistent',
    LatestCrashConsistent: 'CrashConsistent',
  };
  return points.find((point) => kinds[type] === undefined || point.kind === kinds[type]) ?? 'missing';
}

function recoveryNetwork(world: World, item: Item): Network {
  const found = [...world.networks.values()].find((network) => network.name === item.replication.pair.network);
  if (found === undefined) throw new Error(`the estate has no network ${item.replication.pair.network}`);
  return found;
}

/** The particulars of a failover job: which machine came from which point. */
export function failoverDetails(items: readonly Item[]): () => Readonly<Record<string, unknown>> {
  return () => {
    const pair = items[0]?.replication.pair;
    return {
      instanceType: 'FailoverJobDetails',
      affectedObjectDetails: { primaryVmmName: regionName(pair?.from ?? ''), recoveryVmmName: regionName(pair?.to ?? '') },
      protectedItemDetails: items.flatMap((item) => {
        const { recovered } = item;
        if (recovered === undefined) return [];
        const { network } = recovered.machine;
        return [
          {
            name: item.guid,
            friendlyName: item.machine.name,
            testVmName: null,
            testVmFriendlyName: null,
            networkConnectionStatus: null,
            networkFriendlyName: network.name,
            subnet: 'default',
            recoveryPointId: recovered.point.name,
            recoveryPointTime: azureTime(recovered.point.atMs),
          },
        ];
      }),
    };
  };
}
