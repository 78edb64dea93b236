import { lockOver, lockedText } from '../access/locks.ts';
import { groupId } from '../arm-ids.ts';
import { groupNamed } from './group.ts';
import type { World } from '../world.ts';

/** Why a job can make nothing in a resource group: it is gone or on its way, or a lock makes it read only. */
export function closedGroup(world: World, name: string): { readonly code: string; readonly message: string } | undefined {
  const scope = groupId(world, name);
  const group = groupNamed(world, name);
  if (group === undefined) return { code: 'ResourceGroupNotFound', message: `Resource group '${name}' could not be found.` };
  if (group.state === 'Deleting')
    return { code: 'ResourceGroupBeingDeleted', message: `The resource group '${name}' is in deprovisioning state.` };
  const lock = lockOver(world, scope, 'write');
  return lock === undefined ? undefined : { code: 'ScopeLocked', message: lockedText(scope, 'write', lock) };
}
