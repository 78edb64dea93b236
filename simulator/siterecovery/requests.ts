import { z } from 'zod';
import { refusal } from '../arm-errors.ts';
import { isReachable } from '../faults/region.ts';
import { planted } from '../plants.ts';
import { cleanupDetails, runCleanup } from './cleanup.ts';
import { notThere } from './errors.ts';
import { findItem, findNetwork, findPlan } from './find.ts';
import { itemId, sites } from './item.ts';
import { ITEM_VIEW } from './item-state.ts';
import { beginJob, endJob, openJob } from './job.ts';
import { cleanupTasks, testFailoverTasks } from './job-trees.ts';
import { planAllows, planDirection, planId } from './plan.ts';
import { PLAN_CLEANUP_OPERATION, PLAN_TEST_OPERATION, planCleanupTasks, planTestTasks, runPlanCleanup, runPlanTest } from './plan-test.ts';
import { takePlan } from './plan-groups.ts';
import { addPoint, usablePoints } from './replication.ts';
import { accepted, changedPlan, itemOrder, itemResult, notAllowed, planOrder, planResult, submit, wrongDirection } from './submission.ts';
import { CLEANUP_OPERATION, TEST_OPERATION, runTestFailover, takeItem, testDetails } from './test-failover.ts';
import type { Answer, Call } from '../route.ts';
import type { Network, World } from '../world.ts';
import type { Item } from './item.ts';
import type { Again, Job } from './job.ts';
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

const TEST = { scenarioName: 'TestFailover', friendlyName: 'Test failover' } as const;
const CLEANUP = { scenarioName: 'TestFailoverCleanup', friendlyName: 'Test failover cleanup' } as const;

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
  const refused = (): Answer | undefined =>
    notAllowed(ITEM_VIEW[item.phase].allowed, 'TestFailover', item.name) ?? wrongDirection(properties.failoverDirection);
  const refusedNow = refused();
  if (refusedNow !== undefined && world.options.secondTestFailover === 'fail-job') return failedTest(world, call, item);
  if (refusedNow !== undefined && planted(world, 'E9')) {
    const again = failedTest(world, call, item);
    return { ...again, effect: { effect: 'started', resource } };
  }
  if (refusedNow !== undefined) return refusal(resource, refusedNow);
  const network = findNetwork(world, { type: properties.networkType, id: properties.networkId, location: item.replication.pair.to });
  if ('status' in network) return refusal(resource, network);
  const point = pointById(world, item, properties.providerSpecificDetails?.recoveryPointId);
  if (point === undefined) return refusal(resource, notThere('recovery point', properties.providerSpecificDetails?.recoveryPointId ?? ''));

  const part = { item, point, network };
  const work: Again['work'] = (open) => {
    const tasks = testFailoverTasks();
    const made: { job?: Job } = {};
    const custom = testDetails(world, [part], { job: () => made.job, vms: true });
    const job = open({ ...itemOrder(item), ...TEST, tasks, custom });
    made.job = job;
    takeItem(world, item, { event: 'test', job });
    runTestFailover(world, job, { part, tasks });
    return job;
  };
  return submit(world, call, { resource, operation: TEST_OPERATION, result: itemResult(world, item), refused, work });
}

/** The other way in which Azure may say no: 202, and a job that fails without having touched anything. */
function failedTest(world: World, call: Call, item: Item): Answer {
  const resource = itemId(world, item);
  const tasks = testFailoverTasks();
  const order = { ...itemOrder(item), ...TEST, tasks, custom: cleanupDetails(item) };
  const job = openJob(world, order, { call, operation: TEST_OPERATION, result: itemResult(world, item) });
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
  const refused = (): Answer | undefined => notAllowed(ITEM_VIEW[item.phase].allowed, 'TestFailoverCleanup', item.name);
  const refusedNow = refused();
  if (refusedNow !== undefined) return refusal(resource, refusedNow);
  const work: Again['work'] = (open) => {
    const tasks = cleanupTasks();
    const job = open({ ...itemOrder(item), ...CLEANUP, tasks, custom: cleanupDetails(item) });
    takeItem(world, item, { event: 'clean', job });
    runCleanup(world, job, { item, task: tasks[0] });
    return job;
  };
  return submit(world, call, { resource, operation: CLEANUP_OPERATION, result: itemResult(world, item), refused, work });
}

/** POST testFailover of a plan. */
export function postPlanTest(world: World, call: Call): Answer {
  const plan = findPlan(world, call);
  if ('status' in plan) return plan;
  const resource = planId(world, plan);
  const { properties } = call.body as z.infer<typeof PLAN_TEST_BODY>;
  const refused = (): Answer | undefined =>
    notAllowed(planAllows(plan), 'TestFailover', plan.name) ??
    wrongDirection(
      properties.failoverDirection,
      planDirection(plan, (item) => sites(item.replication).fabric),
    );
  const refusedNow = refused();
  if (refusedNow !== undefined) return refusal(resource, refusedNow);
  const location = plan.groups.flat()[0]?.replication.pair.to ?? '';
  const network = findNetwork(world, { type: properties.networkType, id: properties.networkId, location });
  if ('status' in network) return refusal(resource, network);
  const type = properties.providerSpecificDetails?.[0]?.recoveryPointType ?? 'LatestProcessed';
  const parts = planParts(world, plan, { type, network });
  if (parts === undefined) return refusal(resource, notThere('recovery point', type));

  const work: Again['work'] = (open) => {
    const made: { job?: Job } = {};
    const custom = testDetails(world, parts, { job: () => made.job, vms: false });
    const job = open({ ...planOrder(plan), ...TEST, tasks: planTestTasks(plan), custom });
    made.job = job;
    for (const { item } of parts) takeItem(world, item, { event: 'test', job });
    takePlan(world, plan, { name: 'TestFailover', job });
    runPlanTest(world, job, { plan, parts });
    return job;
  };
  const refusedAgain = (): Answer | undefined => refused() ?? changedPlan(plan, parts);
  return submit(world, call, { resource, operation: PLAN_TEST_OPERATION, result: planResult(world, plan), refused: refusedAgain, work });
}

/** POST testFailoverCleanup of a plan. */
export function postPlanCleanup(world: World, call: Call): Answer {
  const plan = findPlan(world, call);
  if ('status' in plan) return plan;
  const resource = planId(world, plan);
  const refused = (): Answer | undefined => notAllowed(planAllows(plan), 'TestFailoverCleanup', plan.name);
  const refusedNow = refused();
  if (refusedNow !== undefined) return refusal(resource, refusedNow);
  const custom = (): Readonly<Record<string, unknown>> => ({ instanceType: 'AsrJobDetails', affectedObjectDetails: {} });
  const work: Again['work'] = (open) => {
    const items = plan.groups.flat().filter((item) => item.phase === 'tested');
    const job = open({ ...planOrder(plan), ...CLEANUP, tasks: planCleanupTasks(items), custom });
    for (const item of items) takeItem(world, item, { event: 'clean', job });
    takePlan(world, plan, { name: 'TestFailoverCleanup', job });
    runPlanCleanup(world, job, { plan, items });
    return job;
  };
  return submit(world, call, { resource, operation: PLAN_CLEANUP_OPERATION, result: planResult(world, plan), refused, work });
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
