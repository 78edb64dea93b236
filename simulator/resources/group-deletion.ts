import { isWithin } from '../access/scopes.ts';
import { armError, refusal } from '../arm-errors.ts';
import { groupId } from '../arm-ids.ts';
import { lockedText } from '../access/locks.ts';
import { moveOperation, openOperation, retryAfter } from '../operations.ts';
import { DURATIONS } from '../times.ts';
import { advance } from '../transition.ts';
import { dropGroup, groupChanged } from './group.ts';
import { GROUP } from './group-state.ts';
import { STAGES } from './inventory.ts';
import type { Operation } from '../operations.ts';
import type { Answer } from '../route.ts';
import type { World } from '../world.ts';
import type { ResourceGroup } from './group.ts';
import type { Held } from './inventory.ts';

export const CREATE_GROUP = 'ResourceGroups_CreateOrUpdate';
export const DELETE_GROUP = 'ResourceGroups_Delete';
const RETRY_SECONDS = 15;

/**
 * DELETE of a group: what is in it goes in stages, and nothing of that comes back when something stays. A lock anywhere in it keeps
 * everything; a second request follows the deletion that is under way.
 */
export function deleteGroup(world: World, group: ResourceGroup): Answer {
  const resource = groupId(world, group.name);
  const lock = [...world.locks.values()].find(({ scope }) => isWithin(scope, resource.toLowerCase()));
  if (lock !== undefined) return refusal(resource, armError(409, 'ScopeLocked', lockedText(resource, 'delete', lock)));
  const id = jobToken(group);
  const under = group.state === 'Deleting' ? world.operations.get(id.toLowerCase()) : undefined;
  if (under !== undefined) return { ...accepted(world, under), effect: { effect: 'none', resource, operationId: id } };

  const operation = openOperation(world, id, () => ({ status: 200 }));
  operation.resultUrl = `/subscriptions/${world.subscriptionId}/operationresults/${id}?api-version=2025-04-01&t=${operation.startMs}`;
  moveOperation(world, operation, 'run');
  group.state = advance(GROUP, group.state, 'delete');
  groupChanged(world, group);
  sweep(world, { group, operation, stage: 0 });
  return { ...accepted(world, operation), effect: { effect: 'started', resource, operationId: id } };
}

/** Azure names the deletion after the group, and gives one address alone for it: there is no status to be read beside the result. */
function accepted(world: World, operation: Operation): Answer {
  return { status: 202, headers: { Location: world.endpoint + operation.resultUrl, 'Retry-After': retryAfter(world, RETRY_SECONDS) } };
}

function jobToken({ name, location }: ResourceGroup): string {
  const job = { jobId: `RESOURCEGROUPDELETIONJOB-${name.toUpperCase()}-${location.toUpperCase()}`, jobLocation: location };
  return Buffer.from(JSON.stringify(job)).toString('base64url');
}

interface Deletion {
  readonly group: ResourceGroup;
  readonly operation: Operation;
  readonly stage: number;
}

/** One stage after the other; what cannot be deleted is left, and the next stage begins all the same. */
function sweep(world: World, deletion: Deletion): void {
  const { group } = deletion;
  const stage = STAGES[deletion.stage];
  if (stage === undefined) return finish(world, deletion);
  const found = stage.held(world, group.name).filter(({ blocked }) => blocked === undefined);
  for (const each of found) each.begin?.();
  world.clock.after(found.length === 0 ? DURATIONS.groupSweep : stage.durationMs, () => {
    for (const each of stage.held(world, group.name)) if (each.blocked === undefined) each.drop();
    sweep(world, { ...deletion, stage: deletion.stage + 1 });
  });
}

function finish(world: World, { group, operation }: Deletion): void {
  const resource = groupId(world, group.name);
  const left = STAGES.flatMap(({ held }) => held(world, group.name));
  if (left.length === 0) {
    dropGroup(world, group);
    world.ledger.newLife(resource);
    return moveOperation(world, operation, 'succeed');
  }
  group.state = advance(GROUP, group.state, 'rollBack');
  groupChanged(world, group);
  world.ledger.newPeriod(resource, DELETE_GROUP);
  operation.error = blockedBy(world, group, left);
  return moveOperation(world, operation, 'fail');
}

function blockedBy(world: World, group: ResourceGroup, left: readonly Held[]): NonNullable<Operation['error']> {
  const names = left.map(({ type, name }) => `${type}/${name}`).join(',');
  const tracking = world.draws.nextUuid(`group-deletion:${group.name.toLowerCase()}`);
  return {
    code: 'ResourceGroupDeletionBlocked',
    message:
      `Deletion of resource group '${group.name}' failed as resources with identifiers '${names}' could not be deleted. ` +
      `The provisioning state of the resource group will be rolled back. The tracking Id is '${tracking}'. Please check audit logs for more details.`,
    details: left.flatMap(({ id, blocked }) =>
      blocked === undefined ? [] : [{ code: blocked.code, target: id, message: JSON.stringify({ error: blocked }) }],
    ),
  };
}
