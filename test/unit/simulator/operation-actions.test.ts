import { expect, test } from 'vitest';
import { FILTERED, actionOf } from '../../../simulator/access/operation-actions.ts';
import { servedRoutes } from '../../../simulator/routing.ts';

const VERBS: Readonly<Record<string, RegExp>> = {
  GET: /\/read$/,
  HEAD: /\/read$/,
  PUT: /\/write$/,
  PATCH: /\/write$/,
  DELETE: /\/delete$/,
  POST: /\/action$/,
};

test('every operation that is served needs a right of its own kind', () => {
  for (const route of servedRoutes()) {
    const action = actionOf(route);
    if (action !== FILTERED) expect(`${route.operation} ${action}`).toMatch(VERBS[route.method] ?? /never/);
  }
});

test('two operations of one name need the rights of their services', () => {
  const points = servedRoutes().filter(({ operation }) => operation === 'RecoveryPoints_Get');
  expect(points.map(actionOf)).toEqual([
    'Microsoft.RecoveryServices/vaults/backupFabrics/protectionContainers/protectedItems/recoveryPoints/read',
    'Microsoft.RecoveryServices/vaults/replicationFabrics/replicationProtectionContainers/replicationProtectedItems/recoveryPoints/read',
  ]);
});
