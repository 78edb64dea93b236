import { CHANGE_POINT_OPERATION } from './change-point.ts';
import { CHANGE_POINT_BODY, DISABLE_BODY, deleteItem, postChangePoint, postDisable } from './protection-requests.ts';
import { ENABLE_BODY, putItem } from './enabling-requests.ts';
import { DISABLE_OPERATION, ENABLE_OPERATION, PURGE_OPERATION } from './removal.ts';
import { ITEM, apiVersions } from './routes.ts';
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
];
