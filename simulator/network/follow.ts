import { armError } from '../arm-errors.ts';
import { STATUS_WORD } from '../operation-state.ts';
import { findOperation, isOperation, moveOperation, openOperation, operationResult, retryAfter } from '../operations.ts';
import { param } from '../route.ts';
import type { Operation } from '../operations.ts';
import type { Answer, Call, Route } from '../route.ts';
import type { World } from '../world.ts';

const apiVersions = ['2024-05-01'];
const PLACE = '/subscriptions/{subscriptionId}/providers/Microsoft.Network/locations/{location}';
const RETRY_SECONDS = 10;

/** The two addresses at which an operation of the network provider is followed. */
export const FOLLOW_ROUTES: readonly Route[] = [
  { operation: 'NetworkOperations_Get', method: 'GET', path: `${PLACE}/operations/{operationId}`, apiVersions, handle: getStatus },
  {
    operation: 'NetworkOperationResults_Get',
    method: 'GET',
    path: `${PLACE}/operationResults/{operationId}`,
    apiVersions,
    handle: getResult,
  },
];

/** Opens an operation of the network provider; `result` is what the second address answers in the end. */
export function openNetworkOperation(
  world: World,
  location: string,
  result: () => Answer,
): { readonly operation: Operation; readonly headers: Readonly<Record<string, string>> } {
  const operation = openOperation(world, world.draws.nextUuid('network-operation'), result);
  const place = `/subscriptions/${world.subscriptionId}/providers/Microsoft.Network/locations/${location}`;
  operation.statusUrl = `${place}/operations/${operation.id}?api-version=2024-05-01`;
  operation.resultUrl = `${place}/operationResults/${operation.id}?api-version=2024-05-01`;
  moveOperation(world, operation, 'run');
  const headers = {
    'Azure-AsyncOperation': world.endpoint + operation.statusUrl,
    Location: world.endpoint + operation.resultUrl,
    'Retry-After': retryAfter(world, RETRY_SECONDS),
  };
  return { operation, headers };
}

/** The refusal of a change while another one is under way. */
export function inProgress(id: string): Answer {
  return armError(409, 'AnotherOperationInProgress', `Another operation on this or dependent resource is in progress: ${id}.`);
}

/** The status body as the network provider writes it: little more than a word. */
function getStatus(world: World, call: Call): Answer {
  const operation = findOperation(world, call, param(call, 'operationId'));
  if (!isOperation(operation)) return operation;
  const body = { status: STATUS_WORD[operation.state], ...(operation.error === undefined ? {} : { error: operation.error }) };
  return operation.endMs === undefined
    ? { status: 200, body, headers: { 'Retry-After': retryAfter(world, RETRY_SECONDS) } }
    : { status: 200, body };
}

function getResult(world: World, call: Call): Answer {
  const operation = findOperation(world, call, param(call, 'operationId'));
  return isOperation(operation) ? operationResult(world, operation, RETRY_SECONDS) : operation;
}
