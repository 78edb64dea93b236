import { lockOver, lockedText } from '../access/locks.ts';
import { groupId } from '../arm-ids.ts';
import type { World } from '../world.ts';
import type { Item } from './item.ts';
import type { JobError } from './job.ts';
import type { Task } from './job-trees.ts';

/** Why no machine of an item can be made at the other site: a lock that makes its resource group read only. */
export function lockedTarget(world: World, item: Item, task: Task): JobError | undefined {
  const scope = groupId(world, item.replication.pair.targetGroup);
  const lock = lockOver(world, scope, 'write');
  if (lock === undefined) return undefined;
  task.state = 'Failed';
  return { code: 'ScopeLocked', message: lockedText(scope, 'write', lock), taskId: task.id, atMs: world.clock.nowMs() };
}
