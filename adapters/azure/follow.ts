import type { AzurePollAnswer } from '../../engine/azure-calls.ts';
import { RETRY_DEFAULT_MS } from '../../engine/limits.ts';
import { bodyOf, retryAfterMs, sortFailedRead } from './answers.ts';
import type { Exchange } from './wire.ts';

/**
 * Sorts one look at an operation URL. Only words of the operation's body are an end: an empty body and a 204, which SDKs take
 * as success, are no information, and a URL that is gone says nothing about the operation.
 */
export function sortPoll(wire: Exchange, error: unknown, nowMs: number): AzurePollAnswer {
  const { answer } = wire;
  if (!answer || answer.status >= 300) return withoutBody(wire, error, nowMs);
  const wait = retryAfterMs(answer, nowMs) ?? RETRY_DEFAULT_MS;
  const body = bodyOf(answer) as OperationBody | null | undefined;
  if (typeof body?.status !== 'string') {
    return answer.status === 202 ? { kind: 'running', retryAfterMs: wait } : { kind: 'no_information', retryAfterMs: wait };
  }
  switch (body.status.toLowerCase()) {
    case 'succeeded':
      return { kind: 'succeeded', ...(typeof body.properties?.jobId === 'string' ? { jobName: body.properties.jobId } : {}) };
    case 'failed':
    case 'canceled':
    case 'cancelled':
      return {
        kind: 'failed',
        code: body.error?.code ?? body.status,
        message: body.error?.message ?? `the operation ended ${body.status}`,
      };
    default: {
      const percent = body.percentComplete;
      return { kind: 'running', retryAfterMs: wait, ...(typeof percent === 'number' ? { percent } : {}) };
    }
  }
}

interface OperationBody {
  readonly status?: unknown;
  readonly percentComplete?: unknown;
  readonly error?: OperationError | null;
  readonly properties?: { readonly jobId?: unknown } | null;
}

interface OperationError {
  readonly code?: string;
  readonly message?: string;
}

function withoutBody(wire: Exchange, error: unknown, nowMs: number): AzurePollAnswer {
  if (wire.answer?.status === 410) return { kind: 'gone' };
  const failed = sortFailedRead(wire, error, nowMs);
  switch (failed.kind) {
    case 'missing':
      return { kind: 'gone' };
    case 'denied':
      return failed;
    case 'unanswered':
      return failed;
    case 'invalid':
      return { kind: 'denied', message: failed.message };
  }
}
