import { z } from 'zod';
import { refusal } from '../arm-errors.ts';
import { diskId } from '../arm-ids.ts';
import { siteRecoveryError, notThere } from './errors.ts';
import { FAILOVER_OPERATION, COMMIT_OPERATION, failoverDetails, runCommit, runFailover, take, wantedPoint } from './failover.ts';
import { findItem, findPlan, findVault } from './find.ts';
import { itemBody, itemId, sites } from './item.ts';
import { ITEM_VIEW } from './item-state.ts';
import { openItemJob } from './item-jobs.ts';
import { openJob } from './job.ts';
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
import { takePlan } from './plan-jobs.ts';
import { accepted, directions, notAllowed, openPlanJob, planPoints, pointById, wrongDirection } from './requests.ts';
import { SWITCH_OPERATION, runSwitch, switchDetails } from './switch.ts';
import { param } from '../route.ts';
import type { Answer, Call } from '../route.ts';
import type { World } from '../world.ts';
import type { FailoverPart } from './failover.ts';
import type { Item } from './item.ts';
import type { Job } from './job.ts';
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
      vmManagedDisks: z.array(
        z.strictObject({
          diskId: z.string(),
          primaryStagingAzureStorageAccountId: z.string(),
          recoveryResourceGroupId: z.string(),
          recoveryReplicaDiskAccountType: z.string().optional(),
          recoveryTargetDiskAccountType: z.string().optional(),
        }),
      ),
    }),
  }),
});

const entity = (item: Item): Job['target'] => ({ id: item.guid, name: item.machine.name, type: 'ProtectionEntity' });

/** POST unplannedFailover of an item. */
export function postItemFailover(world: World, call: Call): Answer {
  const item = findItem(world, call);
  if ('status' in item) return item;
  const resource = itemId(world, item);
  const { properties } = call.body as z.infer<typeof ITEM_FAILOVER_BODY>;
  const refused = notAllowed(ITEM_VIEW[item.phase].allowed, 'UnplannedFailover', item.name) ?? wrongDirection(properties.failoverDirection);
  if (refused !== undefined) return refusal(resource, refused);
  const named = properties.providerSpecificDetails?.recoveryPointId;
  const wanted = named === undefined || named === '' ? undefined : pointById(world, item, named);
  if (named !== undefined && named !== '' && wanted === undefined) return refusal(resource, notThere('recovery point', named));
  const part = { item, wanted, shutdown: properties.sourceSiteOperations === 'Required' };
  const tasks = failoverTasks();
  const job = openItemJob(world, call, {
    item,
    scenario: 'UnplannedFailover',
    friendlyName: 'Failover',
    tasks,
    custom: failoverDetails([item]),
    operation: FAILOVER_OPERATION,
  });
  take(world, item, { event: 'failover', name: 'UnplannedFailover', job });
  runFailover(world, job, { part, tasks });
  return accepted(world, job, resource);
}

/** POST failoverCommit of an item. */
export function postItemCommit(world: World, call: Call): Answer {
  const item = findItem(world, call);
  if ('status' in item) return item;
  const resource = itemId(world, item);
  const refused = notAllowed(ITEM_VIEW[item.phase].allowed, 'Commit', item.name);
  if (refused !== undefined) return refusal(resource, refused);
  const tasks = commitTasks();
  const job = openItemJob(world, call, {
    item,
    scenario: 'CommitFailover',
    friendlyName: 'Commit',
    tasks,
    custom: failoverDetails([item]),
    operation: COMMIT_OPERATION,
  });
  take(world, item, { event: 'commit', name: 'CommitFailover', job });
  runCommit(world, job, { item, task: tasks[0] });
  return accepted(world, job, resource);
}

/** POST unplannedFailover of a plan. */
export function postPlanFailover(world: World, call: Call): Answer {
  const plan = findPlan(world, call);
  if ('status' in plan) return plan;
  const resource = planId(world, plan);
  const { properties } = call.body as z.infer<typeof PLAN_FAILOVER_BODY>;
  const direction = planDirection(plan, (item) => sites(item.replication).fabric);
  const refused = notAllowed(planAllows(plan), 'UnplannedFailover', plan.name) ?? wrongDirection(properties.failoverDirection, direction);
  if (refused !== undefined) return refusal(resource, refused);
  const type = properties.providerSpecificDetails?.[0]?.recoveryPointType ?? 'LatestProcessed';
  const parts: FailoverPart[] = [];
  for (const item of plan.groups.flat()) {
    const wanted = wantedPoint(world, item, type);
    if (wanted === 'missing') return refusal(resource, notThere('recovery point', type));
    parts.push({ item, wanted: wanted === 'newest' ? undefined : wanted, shutdown: properties.sourceSiteOperations === 'Required' });
  }
  const job = openPlanJob(world, call, {
    plan,
    scenario: 'UnplannedFailover',
    friendlyName: 'Failover',
    tasks: planFailoverTasks(plan),
    custom: failoverDetails(parts.map(({ item }) => item)),
    operation: PLAN_FAILOVER_OPERATION,
  });
  for (const { item } of parts) take(world, item, { event: 'failover', name: 'UnplannedFailover', job });
  takePlan(world, plan, { name: 'UnplannedFailover', job });
  runPlanFailover(world, job, { plan, parts });
  return accepted(world, job, resource);
}

/** POST failoverCommit of a plan. */
export function postPlanCommit(world: World, call: Call): Answer {
  const plan = findPlan(world, call);
  if ('status' in plan) return plan;
  const resource = planId(world, plan);
  const refused = notAllowed(planAllows(plan), 'Commit', plan.name);
  if (refused !== undefined) return refusal(resource, refused);
  const items = plan.groups.flat().filter((item) => item.phase === 'failedOver');
  const job = openPlanJob(world, call, {
    plan,
    scenario: 'CommitFailover',
    friendlyName: 'Commit',
    tasks: planCommitTasks(items),
    custom: failoverDetails(items),
    operation: PLAN_COMMIT_OPERATION,
  });
  for (const item of items) take(world, item, { event: 'commit', name: 'CommitFailover', job });
  takePlan(world, plan, { name: 'CommitFailover', job });
  runPlanCommit(world, job, { plan, items });
  return accepted(world, job, resource);
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
  const refused = item.phase === 'failedOver' ? undefined : notAllowed(ITEM_VIEW[item.phase].allowed, 'SwitchProtection', item.name);
  if (refused !== undefined) return refusal(resource, refused);
  const wrong = wrongInputs(world, item, properties.providerSpecificDetails);
  if (wrong !== undefined) return refusal(resource, wrong);
  const committed = item.phase === 'committed';
  const switching: Switching = { item, next: undefined };
  const tasks = switchTasks(item.machine.name);
  const job = openJob(
    world,
    {
      vault,
      scenarioName: 'SwitchReplicationGroupProtection',
      friendlyName: 'Reprotect',
      target: entity(item),
      tasks,
      custom: switchDetails(switching, 'SwitchProtectionJobDetails', (next) => itemId(world, next)),
    },
    { call, operation: SWITCH_OPERATION, result: () => ({ status: 200, body: itemBody(world, switching.next ?? item) }) },
  );
  take(world, item, { event: 'switch', name: 'SwitchReplicationGroupProtection', job });
  runSwitch(world, job, { switching, tasks, committed });
  return accepted(world, job, resource);
}

/** What is wrong with the wanted target of a switch: container, policy and every disk of the machine at the other site must be named. */
function wrongInputs(
  world: World,
  item: Item,
  details: z.infer<typeof SWITCH_BODY>['properties']['providerSpecificDetails'],
): Answer | undefined {
  const invalid = (what: string): Answer =>
    siteRecoveryError(400, {
      code: 'InvalidParameter',
      message: `The ${what} is not valid.`,
      causes: 'The request names another one.',
      action: `Name the right ${what}.`,
    });
  // The protection is reversed towards the container that the item is in now.
  const { container } = sites(item.replication);
  if (!details.recoveryContainerId.toLowerCase().endsWith(`/replicationprotectioncontainers/${container}`.toLowerCase()))
    return invalid('recovery container');
  if (!details.policyId.toLowerCase().endsWith(`/replicationpolicies/${item.replication.policy.name}`.toLowerCase()))
    return invalid('policy');
  const machine = item.recovered?.machine;
  if (machine === undefined) return invalid('machine');
  const wanted = [machine.osDisk, ...machine.dataDisks].map((disk) => diskId(world, machine.group, disk).toLowerCase());
  const given = details.vmManagedDisks.map((disk) => disk.diskId.toLowerCase());
  return wanted.every((disk) => given.includes(disk)) && given.length === wanted.length ? undefined : invalid('list of disks');
}
