import { createHmac } from 'node:crypto';
import { armError } from './arm-errors.ts';
import { OPERATION, STATUS_WORD } from './operation-state.ts';
import type { OperationEvent, OperationState } from './operation-state.ts';
import { planted } from './plants.ts';
import { DURATIONS, azureTime } from './times.ts';
import { advance } from './transition.ts';
import type { Answer, Call } from './route.ts';
import type { World } from './world.ts';

/** A long-running operation as the client follows it. */
export interface Operation {
  readonly id: string;
  readonly startMs: number;
  state: OperationState;
  endMs: number | undefined;
  error: { readonly code: string; readonly message: string; readonly details?: readonly object[] } | undefined;
  /** What the Location URL answers when the operation has succeeded. */
  readonly result: () => Answer;
  /** The two URLs, path and query, exactly as they were given out. */
  statusUrl: string;
  resultUrl: string;
  /** The job that a status of Backup names. */
  jobName?: string;
  /** The request that started it, so that a fault can tell its polls from others. */
  startedBy?: { readonly operation: string; readonly resource: string; readonly principal: string };
}

/** Opens an operation. The URLs are set by the family that gives them out. */
export function openOperation(world: World, id: string, result: () => Answer): Operation {
  const operation: Operation = {
    id,
    startMs: world.clock.nowMs(),
    state: 'accepted',
    endMs: undefined,
    error: undefined,
    result,
    statusUrl: '',
    resultUrl: '',
  };
  world.operations.set(id.toLowerCase(), operation);
  return operation;
}

/** Moves an operation by its table; an ended one is forgotten after a day. */
export function moveOperation(world: World, operation: Operation, event: OperationEvent): void {
  operation.state = advance(OPERATION, operation.state, event);
  if (event === 'run') return;
  operation.endMs = world.clock.nowMs();
  if (event === 'expire') return;
  world.clock.afterPeriod(DURATIONS.operationKept, () => moveOperation(world, operation, 'expire'));
}

/** Retry-After in whole seconds, at least one (none at all when the options say so). */
export function retryAfter(world: World, realSeconds: number): string {
  if (world.options.retryAfterZero) return '0';
  return String(Math.max(1, Math.ceil(world.clock.paced(realSeconds * 1000) / 1000)));
}

const SIGNED_VERSION = '2023-04-01';

/** Headers of a Site Recovery 202: two signed URLs of about 3 KB each, the job id twice as request id; an operation is named after its job, unless it is about one. */
export function siteRecoveryHeaders(
  world: World,
  operation: Operation,
  ids: { readonly vault: string; readonly resource: string; readonly job?: string },
): Answer['headers'] {
  operation.statusUrl = signed(world, `${ids.vault}/replicationOperationStatus/${operation.id}`, operation);
  operation.resultUrl = signed(world, `${ids.resource}/operationresults/${operation.id}`, operation);
  const jobId = `${ids.vault}/replicationJobs/${ids.job ?? operation.id}`;
  return {
    'Azure-AsyncOperation': world.endpoint + operation.statusUrl,
    Location: world.endpoint + operation.resultUrl,
    'Retry-After': retryAfter(world, 30),
    'x-ms-request-id': [jobId, jobId],
  };
}

function signed(world: World, path: string, operation: Operation): string {
  if (planted(world, 'E2')) return `${path}?api-version=${SIGNED_VERSION}`;
  const time = new Date(operation.startMs).toISOString().slice(0, 19).replaceAll(':', '%3a');
  const sign = (what: string, length: number): string => {
    let text = '';
    for (let part = 0; text.length < length; part += 1) {
      text += createHmac('sha512', `${world.estate.seed}`).update(`${what}:${part}:${path}:${time}`).digest('base64url');
    }
    return text.slice(0, length);
  };
  return `${path}?api-version=${SIGNED_VERSION}&t=${time}&c=${sign('c', 2500)}&s=${sign('s', 342)}&h=${sign('h', 43)}`;
}

/** Headers of a Backup 202. The semicolons of the item's name stand in the URLs as they are; the job is named by the body of the status only. */
export function backupHeaders(
  world: World,
  operation: Operation,
  given: { readonly resource: string; readonly jobName: string },
): Answer['headers'] {
  operation.jobName = given.jobName;
  operation.statusUrl = `${given.resource}/operationsStatus/${operation.id}?api-version=2023-06-01`;
  operation.resultUrl = `${given.resource}/operationResults/${operation.id}?api-version=2023-06-01`;
  return {
    'Azure-AsyncOperation': world.endpoint + operation.statusUrl,
    Location: world.endpoint + operation.resultUrl,
    'Retry-After': retryAfter(world, 60),
  };
}

/** The status body as Backup writes it: succeeded means that the job exists. */
export function backupStatusBody(world: World, operation: Operation): Answer {
  const ended = operation.endMs !== undefined;
  const body = {
    id: operation.id,
    name: operation.id,
    status: STATUS_WORD[operation.state],
    startTime: azureTime(operation.startMs),
    endTime: operation.endMs === undefined ? '0001-01-01T00:00:00' : azureTime(operation.endMs),
    ...(ended ? { properties: { objectType: 'OperationStatusJobExtendedInfo', jobId: operation.jobName } } : {}),
  };
  return ended ? { status: 200, body } : { status: 200, body, headers: { 'Retry-After': retryAfter(world, 60) } };
}

/** Headers of a compute 202. */
export function computeHeaders(world: World, operation: Operation, location: string): Answer['headers'] {
  const path = `/subscriptions/${world.subscriptionId}/providers/Microsoft.Compute/locations/${location}/operations/${operation.id}`;
  const query = `p=${world.draws.uuid('compute-partition')}&api-version=2026-04-01`;
  operation.statusUrl = `${path}?${query}`;
  operation.resultUrl = `${path}?${query}&monitor=true`;
  return {
    'Azure-AsyncOperation': world.endpoint + operation.statusUrl,
    Location: world.endpoint + operation.resultUrl,
    'Retry-After': retryAfter(world, 10),
  };
}

/** The operation of a request to one of its URLs, or the refusal: unknown or forgotten ones 404, a URL that is not the one given out 403. */
export function findOperation(world: World, call: Call, id: string): Operation | Answer {
  const operation = knownOperation(world, id);
  if (operation === undefined) return noOperation(id);
  const asked = `${call.path}?${call.rawQuery}`;
  if (asked !== operation.statusUrl && asked !== operation.resultUrl) {
    return armError(403, 'AuthorizationFailed', 'The signature of the operation URL is not valid.');
  }
  return operation;
}

/** The same for URLs that nobody signs: a client may write them itself, in its own spelling. Below another resource the operation is none. */
export function findUnsignedOperation(world: World, call: Call, id: string): Operation | Answer {
  const operation = knownOperation(world, id);
  const asked = decodeURIComponent(call.path).toLowerCase();
  const isItsUrl = [operation?.statusUrl, operation?.resultUrl].some((url) => url?.split('?')[0]?.toLowerCase() === asked);
  return operation !== undefined && isItsUrl ? operation : noOperation(id);
}

function knownOperation(world: World, id: string): Operation | undefined {
  const operation = world.operations.get(id.toLowerCase());
  return operation?.state === 'expired' ? undefined : operation;
}

function noOperation(id: string): Answer {
  return armError(404, 'OperationNotFound', `The operation '${id}' was not found.`);
}

/** Tells an operation from a refusal. */
export function isOperation(found: Operation | Answer): found is Operation {
  return 'statusUrl' in found;
}

/** The status body as compute writes it. */
export function computeStatus(world: World, operation: Operation): Answer {
  const body = {
    startTime: azureTime(operation.startMs),
    ...(operation.endMs === undefined ? {} : { endTime: azureTime(operation.endMs) }),
    status: STATUS_WORD[operation.state],
    ...(operation.error === undefined ? {} : { error: operation.error }),
    name: operation.id,
  };
  return running(operation) ? { status: 200, body, headers: { 'Retry-After': retryAfter(world, 10) } } : { status: 200, body };
}

/** The status body as Site Recovery writes it, with its nulls. */
export function siteRecoveryStatus(world: World, operation: Operation): Answer {
  const body = {
    error: operation.error ?? null,
    id: null,
    name: operation.id,
    properties: null,
    status: STATUS_WORD[operation.state],
    startTime: azureTime(operation.startMs),
    endTime: operation.endMs === undefined ? null : azureTime(operation.endMs),
    percentComplete: null,
  };
  return running(operation) ? { status: 200, body, headers: { 'Retry-After': retryAfter(world, 30) } } : { status: 200, body };
}

/** What the Location URL answers: 202 while running, then the result or the error. */
export function operationResult(world: World, operation: Operation, realRetrySeconds: number): Answer {
  if (running(operation)) {
    return { status: 202, headers: { Location: world.endpoint + operation.resultUrl, 'Retry-After': retryAfter(world, realRetrySeconds) } };
  }
  if (operation.error !== undefined) return { status: 409, body: { error: operation.error } };
  return operation.result();
}

function running(operation: Operation): boolean {
  return operation.state === 'accepted' || operation.state === 'running';
}
