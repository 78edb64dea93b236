import { CHANGE_POINT_OPERATION } from './change-point.ts';
import { CHANGE_POINT_BODY, DISABLE_BODY, deleteItem, postChangePoint, postDisable } from './protection-requests.ts';
import { ENABLE_BODY, putItem } from './enabling-requests.ts';
import { DISABLE_OPERATION, ENABLE_OPERATION, PURGE_OPERATION } from './removal.ts';
import { ITEM_PLANNED_BODY, PLAN_PLANNED_BODY, REPROTECT_BODY, RESOLVE_BODY, refuseItem, refusePlan } from './never-allowed.ts';
import { PLAN_REPROTECT_OPERATION, postPlanReprotect } from './plan-reprotect.ts';
import { ITEM, PLAN, apiVersions } from './routes.ts';
import type { Route } from '../route.ts';

/** The operations that begin, end and change the protection of a machine. */
export const PROTECTION_ROUTES: readonly Route[] = [
  {
    operation: CHANGE_POINT_OPERATION,
    method: 'POST',
    path: `${ITEM}/applyRecoveryPoint`,
    apiVersions,
    body: CHANGE_POINT_BODY,
    handle: postChangePoint,
  },
  { operation: DISABLE_OPERATION, method: 'POST', path: `${ITEM}/remove`, apiVersions, body: DISABLE_BODY, handle: postDisable },
  { operation: ENABLE_OPERATION, method: 'PUT', path: ITEM, apiVersions, body: ENABLE_BODY, handle: putItem },
  { operation: PURGE_OPERATION, method: 'DELETE', path: ITEM, apiVersions, handle: deleteItem },
  {
    operation: 'ReplicationProtectedItems_PlannedFailover',
    method: 'POST',
    path: `${ITEM}/plannedFailover`,
    apiVersions,
    body: ITEM_PLANNED_BODY,
    handle: refuseItem('PlannedFailover'),
  },
  {
    operation: 'ReplicationProtectedItems_FailoverCancel',
    method: 'POST',
    path: `${ITEM}/failoverCancel`,
    apiVersions,
    handle: refuseItem('CancelFailover'),
  },
  {
    operation: 'ReplicationProtectedItems_Reprotect',
    method: 'POST',
    path: `${ITEM}/reProtect`,
    apiVersions,
    body: REPROTECT_BODY,
    handle: refuseItem('ReProtect'),
  },
  {
    operation: 'ReplicationProtectedItems_ResolveHealthErrors',
    method: 'POST',
    path: `${ITEM}/resolveHealthErrors`,
    apiVersions,
    body: RESOLVE_BODY,
    handle: refuseItem('ResolveHealthErrors'),
  },
  {
    operation: 'ReplicationRecoveryPlans_PlannedFailover',
    method: 'POST',
    path: `${PLAN}/plannedFailover`,
    apiVersions,
    body: PLAN_PLANNED_BODY,
    handle: refusePlan('PlannedFailover'),
  },
  {
    operation: 'ReplicationRecoveryPlans_FailoverCancel',
    method: 'POST',
    path: `${PLAN}/failoverCancel`,
    apiVersions,
    handle: refusePlan('CancelFailover'),
  },
  { operation: PLAN_REPROTECT_OPERATION, method: 'POST', path: `${PLAN}/reProtect`, apiVersions, handle: postPlanReprotect },
];
