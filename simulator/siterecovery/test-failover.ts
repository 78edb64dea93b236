import { fabricObjectId, networkResourceId, replicationJobId } from '../arm-ids.ts';
import { powerOn, replicaMachine } from '../compute/machines.ts';
import { captureFiles } from '../machine/points.ts';
import { planted } from '../plants.ts';
import { DURATIONS, azureTime } from '../times.ts';
import { regionName, itemChanged, itemId, moveItem, testMachineOf } from './item.ts';
import { beginJob, endJob, runTask, unfailing, unlessCancelled } from './job.ts';
import { lockedTarget } from './locked.ts';
import type { Network, World } from '../world.ts';
import type { Item } from './item.ts';
import type { Job, JobError } from './job.ts';
import type { Task } from './job-trees.ts';
import type { Point } from './replication.ts';

/** One machine's part in a test failover. */
export interface TestPart {
  readonly item: Item;
  readonly point: Point;
  readonly network: Network;
}

export const TEST_OPERATION = 'ReplicationProtectedItems_TestFailover';
export const CLEANUP_OPERATION = 'ReplicationProtectedItems_TestFailoverCleanup';

/** Runs the job of one machine's test failover. The item has been taken by `takeItem` already. */
export function runTestFailover(
  world: World,
  job: Job,
  given: { readonly part: TestPart; readonly tasks: readonly [Task, Task, Task] },
): void {
  const { part, tasks } = given;
  job.course.settle = () => settleTest(world, part.item);
  const failed = (error: JobError): void => {
    releaseItem(world, part.item, 'testFailed');
    endJob(world, job, error);
  };
  const start = (): void => {
    startTestMachine(world, { part, task: tasks[2], job }, () => {
      releaseItem(world, part.item, 'tested');
      endJob(world, job);
    });
  };
  const create = (): void => {
    const succeeded = (): void => {
      const locked = lockedTarget(world, part.item, { task: tasks[1], network: part.network });
      if (locked !== undefined) return failed(locked);
      createTestMachine(world, part);
      return start();
    };
    runTask(world, job, { task: tasks[1], durationMs: DURATIONS.testFailoverCreate, succeeded, failed });
  };
  beginJob(world, job, () =>
    runTask(world, unfailing(job), { task: tasks[0], durationMs: DURATIONS.testFailoverPrerequisites, succeeded: create, failed }),
  );
}

/** An item's scenario begins: what it allowed before, it does not allow now. */
export function takeItem(world: World, item: Item, given: { readonly event: 'test' | 'clean'; readonly job: Job }): void {
  moveItem(world, item, given.event);
  const name = given.event === 'test' ? 'TestFailover' : 'TestFailoverCleanup';
  item.scenario = { name, jobId: replicationJobId(world, item.vault, given.job.id), startMs: world.clock.nowMs() };
  itemChanged(world, item);
}

/** An item's scenario ends. */
export function releaseItem(world: World, item: Item, event: 'tested' | 'testStopped' | 'testFailed' | 'cleaned' | 'cleanFailed'): void {
  moveItem(world, item, event);
  item.scenario = undefined;
  if (event === 'tested') item.lastTestMs = world.clock.nowMs();
  if (event === 'cleaned') item.testMachine = undefined;
  if (event === 'testFailed' || event === 'cleaned') world.ledger.newPeriod(itemId(world, item), TEST_OPERATION);
  if (event !== 'testFailed' && event !== 'cleaned') world.ledger.newPeriod(itemId(world, item), CLEANUP_OPERATION);
  itemChanged(world, item);
}

/** A test failover has been cancelled: a test machine that was made wants to be cleaned up, and nothing was tested. */
export function settleTest(world: World, item: Item): void {
  if (item.phase === 'testing') releaseItem(world, item, item.testMachine === undefined ? 'testFailed' : 'testStopped');
}

/** Makes the test machine from the files of the point. */
export function createTestMachine(world: World, part: TestPart): void {
  const { item, point, network } = part;
  const group = item.replication.pair.targetGroup;
  const { name, nic } = item.machine;
  const files = planted(world, 'E17') ? captureFiles(world, item.machine.root) : point.files;
  const made = replicaMachine(world, item.machine, { name: `${name}-test`, nic: `${nic}-test`, group, network, files });
  item.testMachine = fabricObjectId(world, group, made.name);
  itemChanged(world, item);
}

/** Powers the test machine on; the task ends when it runs. */
export function startTestMachine(
  world: World,
  given: { readonly part: TestPart; readonly task: Task; readonly job: Job },
  then: () => void,
): void {
  const { part, task } = given;
  task.state = 'InProgress';
  task.startMs = world.clock.nowMs();
  const machine = testMachineOf(world, part.item);
  const ended = unlessCancelled(given.job, () => {
    task.state = 'Succeeded';
    task.endMs = world.clock.nowMs();
    then();
  });
  if (machine === undefined || given.job.fate.wrong) return ended();
  return powerOn(world, machine, ended);
}

/** The particulars of a test failover job: which machine came from which point. */
export function testDetails(
  world: World,
  parts: readonly TestPart[],
  given: { readonly job: () => Job | undefined; readonly vms: boolean },
): () => Readonly<Record<string, unknown>> {
  return () => {
    const first = parts[0];
    const replication = first?.item.replication;
    const state = given.job()?.state ?? 'NotStarted';
    return {
      instanceType: 'TestFailoverJobDetails',
      affectedObjectDetails: {
        ...(given.vms && first !== undefined ? { primaryVmId: first.item.guid, primaryVmName: first.item.machine.name } : {}),
        primaryVmmName: regionName(replication?.pair.from ?? ''),
        recoveryVmmName: regionName(replication?.pair.to ?? ''),
        primaryFabricProviderId: 'Azure',
        recoveryFabricProviderId: 'Azure',
      },
      testFailoverStatus: state,
      comments: null,
      networkName:
        first === undefined
          ? null
          : networkResourceId(world, { group: first.network.group, type: 'virtualNetworks', name: first.network.name }),
      networkFriendlyName: first?.network.name ?? null,
      networkType: 'VmNetworkAsInput',
      protectedItemDetails: parts.map(({ item, point, network }) => ({
        name: item.guid,
        friendlyName: item.machine.name,
        testVmName: item.testMachine === undefined ? null : `${item.machine.name}-test`,
        testVmFriendlyName: item.testMachine === undefined ? null : `${item.machine.name}-test`,
        networkConnectionStatus: null,
        networkFriendlyName: network.name,
        subnet: 'default',
        recoveryPointId: point.name,
        recoveryPointTime: azureTime(point.atMs),
      })),
    };
  };
}
