import { z } from 'zod';
import { refusal } from '../arm-errors.ts';
import { findItem, findPlan } from './find.ts';
import { itemId } from './item.ts';
import { planId } from './plan.ts';
import { directions, planPoints } from './requests.ts';
import { forbidden } from './submission.ts';
import type { Answer, Call } from '../route.ts';
import type { World } from '../world.ts';

/*
 * What Site Recovery has for other ways to replicate. Between two regions of Azure none of it is ever among the operations that an item or a
 * plan allows: a failover is always an unplanned one, its way back is a switch of the protection, and what was not committed is committed.
 */

const provider = z.strictObject({ instanceType: z.literal('A2A') });

/** Body of the planned failover of an item. */
export const ITEM_PLANNED_BODY = z.strictObject({
  properties: z.strictObject({ failoverDirection: directions.optional(), providerSpecificDetails: provider.optional() }).optional(),
});

/** Body of the planned failover of a plan. */
export const PLAN_PLANNED_BODY = z.strictObject({
  properties: z.strictObject({ failoverDirection: directions, providerSpecificDetails: planPoints.optional() }),
});

/** Body of the reversal of an item. */
export const REPROTECT_BODY = z.strictObject({
  properties: z
    .strictObject({
      failoverDirection: directions.optional(),
      providerSpecificDetails: provider
        .extend({
          recoveryContainerId: z.string().optional(),
          recoveryResourceGroupId: z.string().optional(),
          policyId: z.string().optional(),
        })
        .optional(),
    })
    .optional(),
});

/** Body of the resolution of health errors. Each error here says that a customer cannot resolve it: its cause goes, or it stays. */
export const RESOLVE_BODY = z.strictObject({
  properties: z.strictObject({ healthErrors: z.array(z.strictObject({ healthErrorId: z.string().optional() })).optional() }).optional(),
});

/** Refuses an operation on an item, whatever its state is. */
export const refuseItem =
  (word: string) =>
  (world: World, call: Call): Answer => {
    const item = findItem(world, call);
    return 'status' in item ? item : refusal(itemId(world, item), forbidden(word, item.name));
  };

/** Refuses an operation on a plan, whatever its state is. */
export const refusePlan =
  (word: string) =>
  (world: World, call: Call): Answer => {
    const plan = findPlan(world, call);
    return 'status' in plan ? plan : refusal(planId(world, plan), forbidden(word, plan.name));
  };
