import { nextFree } from '../network/addresses.ts';
import { closedGroup } from '../resources/closed.ts';
import { keyOf } from '../world.ts';
import type { Network, World } from '../world.ts';
import type { Item } from './item.ts';
import type { JobError } from './job.ts';
import type { Task } from './job-trees.ts';

/**
 * Why no machine of an item can be made at the other site: its resource group is gone or on its way, a lock makes it read only, or the
 * network is gone. Without a network of its own it is the one that is mapped to the source's.
 */
export function lockedTarget(world: World, item: Item, given: { readonly task: Task; readonly network?: Network }): JobError | undefined {
  const { task, network } = given;
  const { targetGroup, network: mapped } = item.replication.pair;
  const fails = (code: string, message: string): JobError => {
    task.state = 'Failed';
    return { code, message, taskId: task.id, atMs: world.clock.nowMs() };
  };
  const closed = closedGroup(world, targetGroup);
  if (closed !== undefined) return fails(closed.code, closed.message);
  const target = [...world.networks.values()].find((each) => (network === undefined ? each.name === mapped : each === network));
  const hasRoom = target !== undefined && target.provisioning !== 'Deleting' && nextFree(world, target, target.subnets[0]) !== undefined;
  return hasRoom
    ? undefined
    : fails('InvalidResourceReference', `The virtual network '${network?.name ?? mapped}' was not found, or has no address left.`);
}

/** Why no machine of an item can be made at the other site: another one of its name is there. */
export function takenTarget(world: World, item: Item, task: Task): JobError | undefined {
  const { name } = item.machine;
  const { targetGroup } = item.replication.pair;
  if (!world.machines.has(keyOf(targetGroup, name))) return undefined;
  task.state = 'Failed';
  const message = `A virtual machine '${name}' already exists in the resource group '${targetGroup}'. Delete or rename it, and retry.`;
  return { code: 'VirtualMachineExists', message, taskId: task.id, atMs: world.clock.nowMs() };
}
