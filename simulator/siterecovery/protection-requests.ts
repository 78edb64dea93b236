import { z } from 'zod';
import { refusal } from '../arm-errors.ts';
import { follow } from '../transition.ts';
import { CHANGE_POINT_OPERATION, runChangePoint } from './change-point.ts';
import { cleanupDetails } from './cleanup.ts';
import { notThere } from './errors.ts';
import { failoverDetails, take } from './failover.ts';
import { findItem, findVault } from './find.ts';
import { itemId } from './item.ts';
import { ITEM, ITEM_VIEW } from './item-state.ts';
import { changePointTasks, disableTasks } from './job-trees.ts';
import { DISABLE_OPERATION, PURGE_OPERATION, runRemoval } from './removal.ts';
import { pointById } from './requests.ts';
import { forbidden, itemOrder, itemResult, notAllowed, submit } from './submission.ts';
import type { Answer, Call } from '../route.ts';
import type { World } from '../world.ts';
import type { Item } from './item.ts';
import type { Again } from './job.ts';

/** Body of the change of a recovery point. */
export const CHANGE_POINT_BODY = z.strictObject({
  properties: z.strictObject({
    recoveryPointId: z.string().optional(),
    providerSpecificDetails: z.strictObject({ instanceType: z.literal('A2A') }),
  }),
});

/** Body of the end of a protection. The provider has nothing of its own to say about it. */
export const DISABLE_BODY = z.strictObject({
  properties: z.strictObject({
    disableProtectionReason: z.enum(['NotSpecified', 'MigrationComplete']).optional(),
    replicationProviderInput: z.strictObject({ instanceType: z.string() }).optional(),
  }),
});

/** POST applyRecoveryPoint of an item. */
export function postChangePoint(world: World, call: Call): Answer {
  const item = findItem(world, call);
  if ('status' in item) return item;
  const resource = itemId(world, item);
  const { properties } = call.body as z.infer<typeof CHANGE_POINT_BODY>;
  const refused = (): Answer | undefined => notAllowed(ITEM_VIEW[item.phase].allowed, 'ChangePit', item.name);
  const refusedNow = refused();
  if (refusedNow !== undefined) return refusal(resource, refusedNow);
  const point = pointById(world, item, properties.recoveryPointId);
  if (point === undefined) return refusal(resource, notThere('recovery point', properties.recoveryPointId ?? ''));
  const work: Again['work'] = (open) => {
    const tasks = changePointTasks();
    const job = open({
      ...itemOrder(item),
      scenarioName: 'ChangeRecoveryPoint',
      friendlyName: 'Change recovery point',
      tasks,
      custom: failoverDetails([item]),
    });
    take(world, item, { event: 'changePoint', name: 'ChangeRecoveryPoint', job });
    runChangePoint(world, job, { item, point, tasks });
    return job;
  };
  return submit(world, call, { resource, operation: CHANGE_POINT_OPERATION, result: itemResult(world, item), refused, work });
}

/** POST remove of an item: its protection is disabled. */
export function postDisable(world: World, call: Call): Answer {
  const item = findItem(world, call);
  if ('status' in item) return item;
  const refused = (): Answer | undefined => notAllowed(ITEM_VIEW[item.phase].allowed, 'DisableProtection', item.name);
  return submitRemoval(world, call, { item, event: 'disable', operation: DISABLE_OPERATION, refused });
}

/** DELETE of an item, whatever it is waiting for; only what runs comes first. There may be no such item any more. */
export function deleteItem(world: World, call: Call): Answer {
  const vault = findVault(world, call);
  if ('status' in vault) return vault;
  const item = findItem(world, call);
  if ('status' in item) return { status: 204, effect: { effect: 'none', resource: call.path } };
  const refused = (): Answer | undefined => (follow(ITEM, item.phase, 'purge') === undefined ? forbidden('Purge', item.name) : undefined);
  return submitRemoval(world, call, { item, event: 'purge', operation: PURGE_OPERATION, refused });
}

function submitRemoval(
  world: World,
  call: Call,
  given: {
    readonly item: Item;
    readonly event: 'disable' | 'purge';
    readonly operation: string;
    readonly refused: () => Answer | undefined;
  },
): Answer {
  const { item, event, operation, refused } = given;
  const resource = itemId(world, item);
  const refusedNow = refused();
  if (refusedNow !== undefined) return refusal(resource, refusedNow);
  const work: Again['work'] = (open) => {
    const tasks = disableTasks();
    const names = { scenarioName: 'DisableDr', friendlyName: 'Disable replication' };
    const job = open({ ...itemOrder(item), ...names, tasks, custom: cleanupDetails(item) });
    take(world, item, { event, name: 'DisableDr', job });
    runRemoval(world, job, { item, tasks });
    return job;
  };
  return submit(world, call, { resource, operation, result: () => ({ status: 204 }), refused, work });
}
