import { z } from 'zod';
import { refusal } from '../arm-errors.ts';
import { areAllDisks, invalid, managedDisks } from './given-disks.ts';
import { notThere } from './errors.ts';
import { FAILOVER_OPERATION, COMMIT_OPERATION, failoverDetails, runCommit, runFailover, take, wantedPoint } from './failover.ts';
import { findItem, findPlan, findVault } from './find.ts';
import { itemId, sites } from './item.ts';
import { ITEM_VIEW } from './item-state.ts';
import { commitTasks, failoverTasks, switchTasks } from './job-trees.ts';
import { planAllows, planDirection, planId } from './plan.ts';
import {
  PLAN_COMMIT_OPERATION,
  PLAN_FAILOVER_OPERATION,
  planCommitTasks,
  planFailoverTasks,
  runPlanCommit,
  runPlanFailover,
} from './plan-failover.ts';
import { takePlan } from './plan-groups.ts';
import { directions, planPoints, pointById } from './requests.ts';
import { changedPlan, itemOrder, itemResult, notAllowed, planOrder, planResult, submit, wrongDirection } from './submission.ts';
import { SWITCH_OPERATION, runSwitch, switchDetails } from './switch.ts';
import { param } from '../route.ts';
import type { Answer, Call } from '../route.ts';
import type { World } from '../world.ts';
import type { FailoverPart } from './failover.ts';
import type { Item } from './item.ts';
import type { Again } from './job.ts';
import type { Switching } from './switch.ts';

const sourceSite = z.enum(['Required', 'NotRequired']);

/** Body of the unplanned failover of an item. */
export const ITEM_FAILOVER_BODY = z.strictObject({
  properties: z.strictObject({
    failoverDirection: directions.optional(),
    sourceSiteOperations: sourceSite.optional(),
    providerSpecificDetails: z
      .strictObject({
        instanceType: z.literal('A2A'),
        recoveryPointId: z.string().optional(),
        cloudServiceCreationOption: z.string().optional(),
      })
      .optional(),
  }),
});

/** Body of the unplanned failover of a plan. */
export const PLAN_FAILOVER_BODY = z.strictObject({
  properties: z.strictObject({
    failoverDirection: directions,
    sourceSiteOperations: sourceSite,
    providerSpecificDetails: planPoints.optional(),
  }),
});

/** Body of a switch of protection. */
export const SWITCH_BODY = z.strictObject({
  properties: z.strictObject({
    replicationProtectedItemName: z.string(),
    providerSpecificDetails: z.strictObject({
      instanceType: z.literal('A2A'),
      recoveryContainerId: z.string(),
      policyId: z.string(),
      recoveryResourceGroupId: z.string(),
      vmManagedDisks: managedDisks,
    }),
  }),
});

const FAILOVER = { scenarioName: 'UnplannedFailover', friendlyName: 'Failover' } as const;
const COMMIT = { scenarioName: 'CommitFailover', friendlyName: 'Commit' } as const;
const SWITCH = { scenarioName: 'SwitchReplicationGroupProtection', friendlyName: 'Reprotect' } as const;

/** POST unplannedFailover of an item. */
export function postItemFailover(world: World, call: Call): Answer {
  const item = findItem(world, call);
  if ('status' in item) return item;
  const resource = itemId(world, item);
  const { properties } = call.body as z.infer<typeof ITEM_FAILOVER_BODY>;
  const refused = (): Answer | undefined =>
    notAllowed(ITEM_VIEW[item.phase].allowed, 'UnplannedFailover', item.name) ?? wrongDirection(properties.failoverDirection);
  const refusedNow = refused();
  if (refusedNow !== undefined) return refusal(resource, refusedNow);
  const named = properties.providerSpecificDetails?.recoveryPointId;
  const wanted = named === undefined || named === '' ? undefined : pointById(world, item, named);
  if (named !== undefined && named !== '' && wanted === undefined) return refusal(resource, notThere('recovery point', named));
  const part = { item, wanted, shutdown: properties.sourceSiteOperations === 'Required' };
  const work: Again['work'] = (open) => {
    const tasks = failoverTasks();
    const job = open({ ...itemOrder(item), ...FAILOVER, tasks, custom: failoverDetails([item]) });
    take(world, item, { event: 'failover', name: 'UnplannedFailover', job });
    runFailover(world, job, { part, tasks });
    return job;
  };
  return submit(world, call, { resource, operation: FAILOVER_OPERATION, result: itemResult(world, item), refused, work });
}

/** POST failoverCommit of an item. */
export function postItemCommit(world: World, call: Call): Answer {
  const item = findItem(world, call);
  if ('status' in item) return item;
  const resource = itemId(world, item);
  const refused = (): Answer | undefined => notAllowed(ITEM_VIEW[item.phase].allowed, 'Commit', item.name);
  const refusedNow = refused();
  if (refusedNow !== undefined) return refusal(resource, refusedNow);
  const work: Again['work'] = (open) => {
    const tasks = commitTasks();
    const job = open({ ...itemOrder(item), ...COMMIT, tasks, custom: failoverDetails([item]) });
    take(world, item, { event: 'commit', name: 'CommitFailover', job });
    runCommit(world, job, { item, task: tasks[0] });
    return job;
  };
  return submit(world, call, { resource, operation: COMMIT_OPERATION, result: itemResult(world, item), refused, work });
}

/** POST unplannedFailover of a plan. */
export function postPlanFailover(world: World, call: Call): Answer {
  const plan = findPlan(world, call);
  if ('status' in plan) return plan;
  const resource = planId(world, plan);
  const { properties } = call.body as z.infer<typeof PLAN_FAILOVER_BODY>;
  const refused = (): Answer | undefined =>
    notAllowed(planAllows(plan), 'UnplannedFailover', plan.name) ??
    wrongDirection(
      properties.failoverDirection,
      planDirection(plan, (item) => sites(item.replication).fabric),
    );
  const refusedNow = refused();
  if (refusedNow !== undefined) return refusal(resource, refusedNow);
  const type = properties.providerSpecificDetails?.[0]?.recoveryPointType ?? 'LatestProcessed';
  const parts: FailoverPart[] = [];
  for (const item of plan.groups.flat()) {
    const wanted = wantedPoint(world, item, type);
    if (wanted === 'missing') return refusal(resource, notThere('recovery point', type));
    parts.push({ item, wanted: wanted === 'newest' ? undefined : wanted, shutdown: properties.sourceSiteOperations === 'Required' });
  }
  const work: Again['work'] = (open) => {
    const custom = failoverDetails(parts.map(({ item }) => item));
    const job = open({ ...planOrder(plan), ...FAILOVER, tasks: planFailoverTasks(plan), custom });
    for (const { item } of parts) take(world, item, { event: 'failover', name: 'UnplannedFailover', job });
    takePlan(world, plan, { name: 'UnplannedFailover', job });
    runPlanFailover(world, job, { plan, parts });
    return job;
  };
  const refusedAgain = (): Answer | undefined => refused() ?? changedPlan(plan, parts);
  return submit(world, call, {
    resource,
    operation: PLAN_FAILOVER_OPERATION,
    result: planResult(world, plan),
    refused: refusedAgain,
    work,
  });
}

/** POST failoverCommit of a plan. */
export function postPlanCommit(world: World, call: Call): Answer {
  const plan = findPlan(world, call);
  if ('status' in plan) return plan;
  const resource = planId(world, plan);
  const refused = (): Answer | undefined => notAllowed(planAllows(plan), 'Commit', plan.name);
  const refusedNow = refused();
  if (refusedNow !== undefined) return refusal(resource, refusedNow);
  const work: Again['work'] = (open) => {
    const items = plan.groups.flat().filter((item) => item.phase === 'failedOver');
    const job = open({ ...planOrder(plan), ...COMMIT, tasks: planCommitTasks(items), custom: failoverDetails(items) });
    for (const item of items) take(world, item, { event: 'commit', name: 'CommitFailover', job });
    takePlan(world, plan, { name: 'CommitFailover', job });
    runPlanCommit(world, job, { plan, items });
    return job;
  };
  return submit(world, call, { resource, operation: PLAN_COMMIT_OPERATION, result: planResult(world, plan), refused, work });
}

/** POST switchprotection of a container. A failover that nobody committed is committed on the way. */
export function postSwitch(world: World, call: Call): Answer {
  const vault = findVault(world, call);
  if ('status' in vault) return vault;
  const { properties } = call.body as z.infer<typeof SWITCH_BODY>;
  const name = properties.replicationProtectedItemName;
  const item = vault.items.get(name.toLowerCase());
  const place = item === undefined ? undefined : sites(item.replication);
  if (item === undefined || place?.container.toLowerCase() !== param(call, 'protectionContainerName').toLowerCase())
    return notThere('replication protected item', name);
  const resource = itemId(world, item);
  const refused = (): Answer | undefined =>
    item.phase === 'failedOver' ? undefined : notAllowed(ITEM_VIEW[item.phase].allowed, 'SwitchProtection', item.name);
  const refusedNow = refused() ?? wrongInputs(world, item, properties.providerSpecificDetails);
  if (refusedNow !== undefined) return refusal(resource, refusedNow);
  const switching: Switching = { item, next: undefined };
  const work: Again['work'] = (open) => {
    const committed = item.phase === 'committed';
    const tasks = switchTasks(item.machine.name);
    const custom = switchDetails(switching, 'SwitchProtectionJobDetails', (next) => itemId(world, next));
    const job = open({ ...itemOrder(item), ...SWITCH, tasks, custom });
    take(world, item, { event: 'switch', name: 'SwitchReplicationGroupProtection', job });
    runSwitch(world, job, { switching, tasks, committed });
    return job;
  };
  const result = (): Answer => itemResult(world, switching.next ?? item)();
  return submit(world, call, { resource, operation: SWITCH_OPERATION, result, refused, work });
}

/** What is wrong with the wanted target of a switch: container, policy and every disk of the machine at the other site must be named. */
function wrongInputs(
  world: World,
  item: Item,
  details: z.infer<typeof SWITCH_BODY>['properties']['providerSpecificDetails'],
): Answer | undefined {
  // The protection is reversed towards the container that the item is in now.
  const { container } = sites(item.replication);
  if (!details.recoveryContainerId.toLowerCase().endsWith(`/replicationprotectioncontainers/${container}`.toLowerCase()))
    return invalid('recovery container');
  if (!details.policyId.toLowerCase().endsWith(`/replicationpolicies/${item.replication.policy.name}`.toLowerCase()))
    return invalid('policy');
  const machine = item.recovered?.machine;
  if (machine === undefined) return invalid('machine');
  return areAllDisks(world, machine, details.vmManagedDisks) ? undefined : invalid('list of disks');
}
