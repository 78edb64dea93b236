import type { AzureHandle, AzureReadAnswer, AzureReceipt, AzureRefusal, AzureSubmitAnswer } from '../../engine/azure-calls.ts';
import { OPERATION_URL_MAX_CHARS, RETRY_DEFAULT_MS, RETRY_TOKEN_MS } from '../../engine/limits.ts';
import { OverBudget } from './over-budget.ts';
import { faultOf } from './faults.ts';
import type { Exchange, RawAnswer } from './wire.ts';

/** Provisioning states after which nothing is left to follow. */
const FINAL_STATES = ['succeeded', 'failed', 'canceled', 'cancelled'];

/**
 * Sorts what the wire saw of one submit by what it proves about an effect. `error` is what the SDK threw, if it did: it counts
 * only when no answer came, because an SDK may fail on an answer that accepted the work.
 */
export function sortSubmit(wire: Exchange, error: unknown, nowMs: number): AzureSubmitAnswer {
  const { answer } = wire;
  if (answer) return sortAnswer(answer, nowMs);
  if (error instanceof OverBudget) return { kind: 'not_sent', message: error.message, retryAfterMs: error.retryAfterMs };
  if (!wire.connected) return { kind: 'not_sent', message: `nothing was sent: ${errorText(error)}`, retryAfterMs: RETRY_DEFAULT_MS };
  return { kind: 'ambiguous', message: `no answer after the request was sent: ${errorText(error)}` };
}

/** Sorts what the wire saw of a read that gave no value. */
export function sortFailedRead(wire: Exchange, error: unknown, nowMs: number): Exclude<AzureReadAnswer<never>, { kind: 'found' }> {
  const { answer } = wire;
  if (error instanceof OverBudget) return { kind: 'unanswered', message: error.message, retryAfterMs: error.retryAfterMs };
  if (!answer) return { kind: 'unanswered', message: errorText(error), retryAfterMs: RETRY_DEFAULT_MS };
  const { status } = answer;
  if (status < 400) return { kind: 'unanswered', message: `HTTP ${status}: ${errorText(error)}`, retryAfterMs: RETRY_DEFAULT_MS };
  const message = faultOf(answer).message;
  if (status === 401) return { kind: 'unanswered', message, retryAfterMs: RETRY_TOKEN_MS };
  if (status === 403) return { kind: 'denied', message };
  if (status === 404) return { kind: 'missing', message };
  if (status === 408 || status === 429 || status >= 500) {
    return { kind: 'unanswered', message, retryAfterMs: retryAfterMs(answer, nowMs) ?? RETRY_DEFAULT_MS };
  }
  return { kind: 'invalid', message };
}

/** What an answer says about itself. */
export function receiptOf(answer: RawAnswer): AzureReceipt {
  const dateMs = Date.parse(answer.headers['date'] ?? '');
  const requestId = firstOf(answer.headers['x-ms-request-id']);
  const correlationId = answer.headers['x-ms-correlation-request-id'];
  return {
    status: answer.status,
    ...(requestId === undefined ? {} : { requestId }),
    ...(correlationId === undefined ? {} : { correlationId }),
    ...(Number.isNaN(dateMs) ? {} : { dateMs }),
  };
}

/** Milliseconds of a Retry-After header (seconds or a date); undefined when there is none. */
export function retryAfterMs(answer: RawAnswer, nowMs: number): number | undefined {
  const text = answer.headers['retry-after'];
  if (text === undefined) return undefined;
  if (/^\d+$/.test(text.trim())) return Number(text) * 1000;
  const dateMs = Date.parse(text);
  return Number.isNaN(dateMs) ? undefined : Math.max(0, dateMs - nowMs);
}

/** The JSON of an answer's body; undefined when it is empty or not JSON. */
export function bodyOf(answer: RawAnswer): unknown {
  try {
    return JSON.parse(answer.body);
  } catch {
    return undefined;
  }
}

/** True when a body begins as a JSON object or list does; cheaper than reading a long list twice. */
export function looksLikeJson(answer: RawAnswer): boolean {
  return /^\s*[[{]/.test(answer.body);
}

/** True when a body has the list that a page of a list has. Without, it tells nothing: not that there is nothing. */
export function looksLikeList(answer: RawAnswer): boolean {
  return /"value"\s*:\s*\[/.test(answer.body);
}

function sortAnswer(answer: RawAnswer, nowMs: number): AzureSubmitAnswer {
  const { status } = answer;
  const receipt = receiptOf(answer);
  if (status === 401) return { kind: 'not_sent', message: 'Azure did not accept the token', retryAfterMs: RETRY_TOKEN_MS };
  if (status === 429) {
    const message = faultOf(answer).message;
    return { kind: 'throttled', message, retryAfterMs: retryAfterMs(answer, nowMs) ?? RETRY_DEFAULT_MS, receipt };
  }
  // A page of a proxy or gateway says nothing about what Azure did.
  if (answer.body.trim() !== '' && bodyOf(answer) === undefined) {
    return { kind: 'ambiguous', message: `HTTP ${status} with a body that is not JSON`, receipt };
  }
  if (status === 408 || status >= 500 || (status >= 300 && status < 400)) {
    return { kind: 'ambiguous', message: `HTTP ${status}: ${faultOf(answer).message}`, receipt };
  }
  if (status >= 400) {
    const { code, message } = faultOf(answer);
    return { kind: 'refused', reason: refusalOf(status, code), code, message, receipt };
  }
  if (status === 202 || leavesWork(answer)) {
    return { kind: 'accepted', handle: handleOf(answer), retryAfterMs: retryAfterMs(answer, nowMs) ?? RETRY_DEFAULT_MS, receipt };
  }
  return { kind: 'completed', receipt };
}

function refusalOf(status: number, code: string): AzureRefusal {
  if (code === 'ScopeLocked') return 'locked';
  switch (status) {
    case 403:
      return 'denied';
    case 404:
      return 'missing';
    case 409:
      return 'conflict';
    case 412:
      return 'exists';
    default:
      return 'invalid';
  }
}

function leavesWork(answer: RawAnswer): boolean {
  if (operationUrl(answer) !== undefined) return true;
  const body = bodyOf(answer) as { properties?: { provisioningState?: unknown } } | null | undefined;
  const state = body?.properties?.provisioningState;
  return typeof state === 'string' && !FINAL_STATES.includes(state.toLowerCase());
}

/**
 * Where accepted work can be looked at. Site Recovery sends the full id of its job as `x-ms-request-id`, twice, which Node joins
 * with a comma; the last segment of either URL is the job's name as well.
 */
function handleOf(answer: RawAnswer): AzureHandle {
  const opUrl = operationUrl(answer);
  const jobId = jobIdOf(answer);
  return { ...(opUrl === undefined ? {} : { opUrl }), ...(jobId === undefined ? {} : { jobId }) };
}

function operationUrl(answer: RawAnswer): string | undefined {
  const url = answer.headers['azure-asyncoperation'] ?? answer.headers['location'];
  return url === undefined || url.length > OPERATION_URL_MAX_CHARS ? undefined : url;
}

function jobIdOf(answer: RawAnswer): string | undefined {
  const id = firstOf(answer.headers['x-ms-request-id']);
  if (id !== undefined && /\/replicationJobs\/[^/]+$/i.test(id)) return id;
  for (const header of ['azure-asyncoperation', 'location']) {
    const url = answer.headers[header];
    if (url === undefined || !URL.canParse(url)) continue;
    const path = decodeURIComponent(new URL(url).pathname);
    const [, vault, job] = /^(.*\/vaults\/[^/]+)\/replication(?:OperationStatus|.*\/operationresults)\/([^/]+)$/i.exec(path) ?? [];
    if (vault !== undefined && job !== undefined) return `${vault}/replicationJobs/${job}`;
  }
  return undefined;
}

function firstOf(header: string | undefined): string | undefined {
  return header?.split(',')[0]?.trim() || undefined;
}

function errorText(error: unknown): string {
  if (!(error instanceof Error)) return 'no reason given';
  const { code } = error as Error & { readonly code?: unknown };
  return typeof code === 'string' && !error.message.includes(code) ? `${error.message} (${code})` : error.message;
}
