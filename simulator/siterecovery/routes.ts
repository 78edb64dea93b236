import { hasReachedList, listed } from '../lists.ts';
import { findOperation, isOperation, operationResult, siteRecoveryStatus } from '../operations.ts';
import { paged } from '../paging.ts';
import { param } from '../route.ts';
import { notThere } from './errors.ts';
import { COMMIT_OPERATION, FAILOVER_OPERATION } from './failover.ts';
import {
  ITEM_FAILOVER_BODY,
  PLAN_FAILOVER_BODY,
  SWITCH_BODY,
  postItemCommit,
  postItemFailover,
  postPlanCommit,
  postPlanFailover,
  postSwitch,
} from './failover-requests.ts';
import { findItem, findPlan, findVault } from './find.ts';
import { itemBody } from './item.ts';
import { listContainerItems, listItems } from './item-lists.ts';
import { PLAN_COMMIT_OPERATION, PLAN_FAILOVER_OPERATION } from './plan-failover.ts';
import { SWITCH_OPERATION } from './switch.ts';
import { filterJobs } from './job-filter.ts';
import { planBody } from './plan.ts';
import { pointBody, usablePoints } from './replication.ts';
import { CLEANUP_BODY, ITEM_TEST_BODY, PLAN_TEST_BODY, postItemCleanup, postItemTest, postPlanCleanup, postPlanTest } from './requests.ts';
import { CLEANUP_OPERATION, TEST_OPERATION } from './test-failover.ts';
import { PLAN_CLEANUP_OPERATION, PLAN_TEST_OPERATION } from './plan-test.ts';
import type { Answer, Call, Route } from '../route.ts';
import type { World } from '../world.ts';

export const apiVersions = ['2023-06-01'];
// Operation URLs carry a version of their own, older than that of the request they come from.
export const signedVersions = ['2023-04-01'];
export const VAULT =
  '/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Microsoft.RecoveryServices/vaults/{resourceName}';
const CONTAINER = `${VAULT}/replicationFabrics/{fabricName}/replicationProtectionContainers/{protectionContainerName}`;
const ITEMS = `${CONTAINER}/replicationProtectedItems`;
export const ITEM = `${ITEMS}/{replicatedProtectedItemName}`;
export const PLAN = `${VAULT}/replicationRecoveryPlans/{recoveryPlanName}`;
/** How many jobs a page has is not published. */
const PAGE_JOBS = 100;

/** The operations of Site Recovery that are served. */
export const SITE_RECOVERY_ROUTES: readonly Route[] = [
  {
    operation: 'ReplicationProtectedItems_List',
    method: 'GET',
    path: `${VAULT}/replicationProtectedItems`,
    apiVersions,
    handle: listItems,
  },
  {
    operation: 'ReplicationProtectedItems_ListByReplicationProtectionContainers',
    method: 'GET',
    path: ITEMS,
    apiVersions,
    handle: listContainerItems,
  },
  { operation: 'ReplicationProtectedItems_Get', method: 'GET', path: ITEM, apiVersions, handle: getItem },
  { operation: TEST_OPERATION, method: 'POST', path: `${ITEM}/testFailover`, apiVersions, body: ITEM_TEST_BODY, handle: postItemTest },
  {
    operation: CLEANUP_OPERATION,
    method: 'POST',
    path: `${ITEM}/testFailoverCleanup`,
    apiVersions,
    body: CLEANUP_BODY,
    handle: postItemCleanup,
  },
  {
    operation: 'RecoveryPoints_ListByReplicationProtectedItems',
    method: 'GET',
    path: `${ITEM}/recoveryPoints`,
    apiVersions,
    handle: listPoints,
  },
  { operation: 'RecoveryPoints_Get', method: 'GET', path: `${ITEM}/recoveryPoints/{recoveryPointName}`, apiVersions, handle: getPoint },
  { operation: 'ReplicationRecoveryPlans_List', method: 'GET', path: `${VAULT}/replicationRecoveryPlans`, apiVersions, handle: listPlans },
  { operation: 'ReplicationRecoveryPlans_Get', method: 'GET', path: PLAN, apiVersions, handle: getPlan },
  { operation: PLAN_TEST_OPERATION, method: 'POST', path: `${PLAN}/testFailover`, apiVersions, body: PLAN_TEST_BODY, handle: postPlanTest },
  {
    operation: PLAN_CLEANUP_OPERATION,
    method: 'POST',
    path: `${PLAN}/testFailoverCleanup`,
    apiVersions,
    body: CLEANUP_BODY,
    handle: postPlanCleanup,
  },
  {
    operation: FAILOVER_OPERATION,
    method: 'POST',
    path: `${ITEM}/unplannedFailover`,
    apiVersions,
    body: ITEM_FAILOVER_BODY,
    handle: postItemFailover,
  },
  { operation: COMMIT_OPERATION, method: 'POST', path: `${ITEM}/failoverCommit`, apiVersions, handle: postItemCommit },
  {
    operation: PLAN_FAILOVER_OPERATION,
    method: 'POST',
    path: `${PLAN}/unplannedFailover`,
    apiVersions,
    body: PLAN_FAILOVER_BODY,
    handle: postPlanFailover,
  },
  { operation: PLAN_COMMIT_OPERATION, method: 'POST', path: `${PLAN}/failoverCommit`, apiVersions, handle: postPlanCommit },
  {
    operation: SWITCH_OPERATION,
    method: 'POST',
    path: `${CONTAINER}/switchprotection`,
    apiVersions,
    body: SWITCH_BODY,
    handle: postSwitch,
  },
  { operation: 'ReplicationJobs_List', method: 'GET', path: `${VAULT}/replicationJobs`, apiVersions, handle: listJobs },
  {
    operation: 'ReplicationOperationStatus_Get',
    method: 'GET',
    path: `${VAULT}/replicationOperationStatus/{operationId}`,
    apiVersions: signedVersions,
    handle: getStatus,
  },
  {
    operation: 'ReplicationProtectedItems_OperationResult',
    method: 'GET',
    path: `${ITEM}/operationresults/{operationId}`,
    apiVersions: signedVersions,
    handle: getResult,
  },
  {
    operation: 'ReplicationRecoveryPlans_OperationResult',
    method: 'GET',
    path: `${PLAN}/operationresults/{operationId}`,
    apiVersions: signedVersions,
    handle: getResult,
  },
];

function getItem(world: World, call: Call): Answer {
  const item = findItem(world, call);
  return 'status' in item ? item : { status: 200, body: itemBody(world, item) };
}

function listPoints(world: World, call: Call): Answer {
  const item = findItem(world, call);
  if ('status' in item) return item;
  const shown = usablePoints(world, item).filter(({ name, usableMs }) => hasReachedList(world, name, usableMs));
  return { status: 200, body: { value: shown.map((point) => pointBody(world, item, point)) } };
}

function getPoint(world: World, call: Call): Answer {
  const item = findItem(world, call);
  if ('status' in item) return item;
  const name = param(call, 'recoveryPointName');
  const point = usablePoints(world, item).find((each) => each.name === name.toLowerCase());
  return point === undefined ? notThere('recovery point', name) : { status: 200, body: pointBody(world, item, point) };
}

function listPlans(world: World, call: Call): Answer {
  const vault = findVault(world, call);
  return 'status' in vault ? vault : { status: 200, body: { value: listed(world, `plans ${vault.name}`) } };
}

function getPlan(world: World, call: Call): Answer {
  const plan = findPlan(world, call);
  return 'status' in plan ? plan : { status: 200, body: planBody(world, plan, 'get') };
}

function listJobs(world: World, call: Call): Answer {
  const vault = findVault(world, call);
  if ('status' in vault) return vault;
  const found = filterJobs(vault, call.query.get('$filter'), listed(world, `jobs ${vault.name}`));
  return 'status' in found ? found : paged(world, call, { bodies: found, most: PAGE_JOBS });
}

function getStatus(world: World, call: Call): Answer {
  const operation = findOperation(world, call, param(call, 'operationId'));
  return isOperation(operation) ? siteRecoveryStatus(world, operation) : operation;
}

export function getResult(world: World, call: Call): Answer {
  const operation = findOperation(world, call, param(call, 'operationId'));
  return isOperation(operation) ? operationResult(world, operation, 30) : operation;
}
