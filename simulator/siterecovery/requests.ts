import { z } from 'zod';
import { armError, refusal } from '../arm-errors.ts';
import { isReachable } from '../faults/region.ts';
import { planted } from '../plants.ts';
import { siteRecoveryHeaders } from '../operations.ts';
import { vaultId } from '../arm-ids.ts';
import { cleanupDetails, runCleanup } from './cleanup.ts';
import { notThere, siteRecoveryError } from './errors.ts';
import { findItem, findNetwork, findPlan } from './find.ts';
import { itemId, sites } from './item.ts';
import { ITEM_VIEW } from './item-state.ts';
import { openItemJob } from './item-jobs.ts';
import { beginJob, endJob, openJob } from './job.ts';
import { cleanupTasks, testFailoverTasks } from './job-trees.ts';
import { planAllows, planBody, planDirection, planId } from './plan.ts';
import {
  PLAN_CLEANUP_OPERATION,
  PLAN_TEST_OPERATION,
  planCleanupTasks,
  planTestTasks,
  runPlanCleanup,
  runPlanTest,
  takePlan,
} from './plan-jobs.ts';
import { addPoint, usablePoints } from './replication.ts';
import { CLEANUP_OPERATION, TEST_OPERATION, runTestFailover, takeItem, testDetails } from './test-failover.ts';
import type { Answer, Call } from '../route.ts';
import type { Network, World } from '../world.ts';
import type { Item } from './item.ts';
import type { Job } from './job.ts';
import type { Plan } from './plan.ts';
import type { Point } from './replication.ts';
import type { TestPart } from './test-failover.ts';

/** Directions as requests name them. */
export const directions = z.enum(['PrimaryToRecovery', 'RecoveryToPrimary']);

/** Body of the test failover of an item; A2A is the only provider here. */
export const ITEM_TEST_BODY = z.strictObject({
  properties: z.strictObject({
    failoverDirection: directions.optional(),
    networkType: z.string().optional(),
    networkId: z.string().optional(),
    providerSpecificDetails: z
      .strictObject({
        instanceType: z.literal('A2A'),
        recoveryPointId: z.string().optional(),
        cloudServiceCreationOption: z.string().optional(),
      })
      .optional(),
  }),
});

/** Body of a cleanup, of an item or of a plan. */
export const CLEANUP_BODY = z.strictObject({ properties: z.strictObject({ comments: z.string().max(1024).optional() }) });

const pointTypes = z.enum(['Latest', 'LatestApplicationConsistent', 'LatestCrashConsistent', 'LatestProcessed']);

/** Which points a plan starts its machines from; A2A is the only provider here. */
export const planPoints = z
  .array(
    z.strictObject({
      instanceType: z.literal('A2A'),
      recoveryPointType: pointTypes,
      cloudServiceCreationOption: z.string().optional(),
      multiVmSyncPointOption: z.enum(['UseMultiVmSyncRecoveryPoint', 'UsePerVmRecoveryPoint']).optional(),
    }),
  )
  .max(1);

/** Body of the test failover of a plan. */
export const PLAN_TEST_BODY = z.strictObject({
  properties: z.strictObject({
    failoverDirection: directions,
    networkType: z.string(),
    networkId: z.string().optional(),
    providerSpecificDetails: planPoints.optional(),
  }),
});

/** POST testFailover of an item. */
export function postItemTest(world: World, call: Call): Answer {
  const item = findItem(world, call);
  if ('status' in item) return item;
  const resource = itemId(world, item);
  const { properties } = call.body as z.infer<typeof ITEM_TEST_BODY>;
  const refused = notAllowed(ITEM_VIEW[item.phase].allowed, 'TestFailover', item.name) ?? wrongDirection(properties.failoverDirection);
  if (refused !== undefined && world.options.secondTestFailover === 'fail-job') return failedTest(world, call, item);
  if (refused !== undefined && planted(world, 'E9')) {
    const again = failedTest(world, call, item);
    return { ...again, effect: { effect: 'started', resource } };
  }
  if (refused !== undefined) return refusal(resource, refused);
  const network = findNetwork(world, { type: properties.networkType, id: properties.networkId, location: item.replication.pair.to });
  if ('status' in network) return refusal(resource, network);
  const point = pointById(world, item, properties.providerSpecificDetails?.recoveryPointId);
  if (point === undefined) return refusal(resource, notThere('recovery point', properties.providerSpecificDetails?.recoveryPointId ?? ''));

  const part = { item, point, network };
  const tasks = testFailoverTasks();
  const made: { job?: Job } = {};
  const job = openItemJob(world, call, {
    item,
    scenario: 'TestFailover',
    friendlyName: 'Test failover',
    tasks,
    custom: testDetails(world, [part], { job: () => made.job, vms: true }),
    operation: TEST_OPERATION,
  });
  made.job = job;
  takeItem(world, item, { event: 'test', job });
  runTestFailover(world, job, { part, tasks });
  return accepted(world, job, resource);
}

/** The other way in which Azure may say no: 202, and a job that fails without having touched anything. */
function failedTest(world: World, call: Call, item: Item): Answer {
  const resource = itemId(world, item);
  const tasks = testFailoverTasks();
  const job = openItemJob(world, call, {
    item,
    scenario: 'TestFailover',
    friendlyName: 'Test failover',
    tasks,
    custom: cleanupDetails(item),
    operation: TEST_OPERATION,
  });
  beginJob(world, job, () => {
    const message = `The operation TestFailover is not allowed on '${item.name}' now.`;
    endJob(world, job, { code: 'OperationNotAllowed', message, taskId: tasks[0].id, atMs: world.clock.nowMs() });
  });
  const answer = accepted(world, job, resource);
  return { ...answer, effect: { effect: 'none', resource, operationId: job.id, jobId: job.id } };
}

/** POST testFailoverCleanup of an item. */
export function postItemCleanup(world: World, call: Call): Answer {
  const item = findItem(world, call);
  if ('status' in item) return item;
  const resource = itemId(world, item);
  const refused = notAllowed(ITEM_VIEW[item.phase].allowed, 'TestFailoverCleanup', item.name);
  if (refused !== undefined) return refusal(resource, refused);
  const tasks = cleanupTasks();
  const job = openItemJob(world, call, {
    item,
    scenario: 'TestFailoverCleanup',
    friendlyName: 'Test failover cleanup',
    tasks,
    custom: cleanupDetails(item),
    operation: CLEANUP_OPERATION,
  });
  takeItem(world, item, { event: 'clean', job });
  runCleanup(world, job, { item, task: tasks[0] });
  return accepted(world, job, resource);
}

/** POST testFailover of a plan. */
export function postPlanTest(world: World, call: Call): Answer {
  const plan = findPlan(world, call);
  if ('status' in plan) return plan;
  const resource = planId(world, plan);
  const { properties } = call.body as z.infer<typeof PLAN_TEST_BODY>;
  const refused =
    notAllowed(planAllows(plan), 'TestFailover', plan.name) ??
    wrongDirection(
      properties.failoverDirection,
      planDirection(plan, (item) => sites(item.replication).fabric),
    );
  if (refused !== undefined) return refusal(resource, refused);
  const location = plan.groups.flat()[0]?.replication.pair.to ?? '';
  const network = findNetwork(world, { type: properties.networkType, id: properties.networkId, location });
  if ('status' in network) return refusal(resource, network);
  const type = properties.providerSpecificDetails?.[0]?.recoveryPointType ?? 'LatestProcessed';
  const parts = planParts(world, plan, { type, network });
  if (parts === undefined) return refusal(resource, notThere('recovery point', type));

  const made: { job?: Job } = {};
  const custom = testDetails(world, parts, { job: () => made.job, vms: false });
  const job = openPlanJob(world, call, {
    plan,
    scenario: 'TestFailover',
    friendlyName: 'Test failover',
    tasks: planTestTasks(plan),
    custom,
    operation: PLAN_TEST_OPERATION,
  });
  made.job = job;
  for (const { item } of parts) takeItem(world, item, { event: 'test', job });
  takePlan(world, plan, { name: 'TestFailover', job });
  runPlanTest(world, job, { plan, parts });
  return accepted(world, job, resource);
}

/** POST testFailoverCleanup of a plan. */
export function postPlanCleanup(world: World, call: Call): Answer {
  const plan = findPlan(world, call);
  if ('status' in plan) return plan;
  const resource = planId(world, plan);
  const refused = notAllowed(planAllows(plan), 'TestFailoverCleanup', plan.name);
  if (refused !== undefined) return refusal(resource, refused);
  const items = plan.groups.flat().filter((item) => item.phase === 'tested');
  const custom = (): Readonly<Record<string, unknown>> => ({ instanceType: 'AsrJobDetails', affectedObjectDetails: {} });
  const job = openPlanJob(world, call, {
    plan,
    scenario: 'TestFailoverCleanup',
    friendlyName: 'Test failover cleanup',
    tasks: planCleanupTasks(items),
    custom,
    operation: PLAN_CLEANUP_OPERATION,
  });
  for (const item of items) takeItem(world, item, { event: 'clean', job });
  takePlan(world, plan, { name: 'TestFailoverCleanup', job });
  runPlanCleanup(world, job, { plan, items });
  return accepted(world, job, resource);
}

/** Opens the job of a plan. */
export function openPlanJob(
  world: World,
  call: Call,
  given: Pick<Job, 'friendlyName' | 'tasks' | 'custom'> & { readonly plan: Plan; readonly scenario: string; readonly operation: string },
): Job {
  const { plan, friendlyName, tasks, custom } = given;
  return openJob(
    world,
    {
      vault: plan.vault,
      scenarioName: given.scenario,
      friendlyName,
      tasks,
      custom,
      target: { id: plan.guid, name: plan.name, type: 'RecoveryPlan' },
    },
    {
      call,
      operation: given.operation,
      result: () => ({ status: 200, body: planBody(world, plan, 'get') }),
    },
  );
}

function planParts(
  world: World,
  plan: Plan,
  wanted: { readonly type: z.infer<typeof pointTypes>; readonly network: Network },
): readonly TestPart[] | undefined {
  const parts: TestPart[] = [];
  for (const item of plan.groups.flat()) {
    const points = usablePoints(world, item);
    const point = {
      Latest: () => addPoint(world, item, { kind: 'CrashConsistent', usableNow: true }),
      LatestProcessed: () => points[0],
      LatestApplicationConsistent: () => points.find((each) => each.kind === 'ApplicationConsistent'),
      LatestCrashConsistent: () => points.find((each) => each.kind === 'CrashConsistent'),
    }[wanted.type]();
    if (point === undefined) return undefined;
    parts.push({ item, point, network: wanted.network });
  }
  return parts;
}

/** The point a request names; without a name the newest files are taken, if the source still runs. */
export function pointById(world: World, item: Item, id: string | undefined): Point | undefined {
  if (id === undefined || id === '') {
    const runs = isReachable(world, item.machine) && item.replicating;
    return runs ? addPoint(world, item, { kind: 'CrashConsistent', usableNow: true }) : usablePoints(world, item)[0];
  }
  const [owner = '', name = ''] = id.toLowerCase().split('/recoverypoints/');
  if (owner !== itemId(world, item).toLowerCase()) return undefined;
  return usablePoints(world, item).find((point) => point.name === name);
}

/** The refusal of an operation that is not among the allowed ones. */
export function notAllowed(allowed: readonly string[], word: string, name: string): Answer | undefined {
  if (allowed.includes(word)) return undefined;
  return siteRecoveryError(400, {
    code: 'OperationNotAllowed',
    message: `The operation ${word} is not allowed on '${name}' now.`,
    causes: 'Another operation is in progress, or the protection state does not allow it.',
    action: 'Wait for the operation to complete, look at the allowed operations, and retry.',
  });
}

/** The refusal of a direction that does not fit where the machines are. */
export function wrongDirection(
  direction: string | undefined,
  right: 'PrimaryToRecovery' | 'RecoveryToPrimary' = 'PrimaryToRecovery',
): Answer | undefined {
  if (direction === undefined || direction === right) return undefined;
  return siteRecoveryError(400, {
    code: 'InvalidFailoverDirection',
    message: `The failover direction '${direction}' is not valid for where the machines are protected now.`,
    causes: 'The machines run at the other site.',
    action: `Use ${right}.`,
  });
}

/** The 202 of a job. */
export function accepted(world: World, job: Job, resource: string): Answer {
  const { operation } = job;
  if (operation === undefined) throw new Error('the job of a request has an operation');
  const { failure } = job.fate;
  if (failure !== undefined && planted(world, 'E10')) return refusal(resource, armError(409, failure.code, failure.message));
  const headers = siteRecoveryHeaders(world, operation, { vault: vaultId(world, job.vault), resource }) ?? {};
  return { status: 202, headers, effect: { effect: 'started', resource, operationId: operation.id, jobId: job.id } };
}
