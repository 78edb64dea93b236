import { AsyncLocalStorage } from 'node:async_hooks';
import type { AzureNeed } from '../../engine/azure-calls.ts';
import { OverBudget } from './over-budget.ts';
import type { Budget } from './budget.ts';
import type { PipelinePolicy, PipelineResponse } from '@azure/core-rest-pipeline';
import type { TlsOptions } from './connections.ts';
import { connectionAgent } from './connections.ts';

/** An answer as it came, before an SDK interprets it. Header names are lower case. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What happened on the wire during one call of an SDK. */
export interface Exchange {
  readonly requestsSent: number;
  /** True when the connection of the last request was ready to carry it: without, nothing can have arrived. */
  readonly connected: boolean;
  readonly answer: RawAnswer | undefined;
}

interface Recording {
  readonly need: AzureNeed;
  requestsSent: number;
  connected: boolean;
  answer: RawAnswer | undefined;
}

const recordings = new AsyncLocalStorage<Recording>();

/** A call of an SDK with its traffic: it returned a value or threw an error. */
export interface Exchanged<Value> {
  readonly wire: Exchange;
  readonly value?: Value;
  readonly error?: unknown;
}

/** Runs one call of an SDK and tells, besides its end, what went over the wire. Never throws. */
export async function exchange<Value>(call: () => Promise<Value>, need: AzureNeed): Promise<Exchanged<Value>> {
  const wire: Recording = { need, requestsSent: 0, connected: false, answer: undefined };
  try {
    return { value: await recordings.run(wire, call), wire };
  } catch (error) {
    return { error, wire };
  }
}

/**
 * Lets one request with an effect pass and records its answer. Polls that an SDK adds and repetitions stay here; a second
 * request passes only after a 401, which had no effect. Every request has a connection of its own: as long as its TLS
 * handshake has not ended, it is certain that nothing was sent.
 */
export function submitOnlyPolicy(tls: TlsOptions, budget: Budget): PipelinePolicy {
  return {
    name: 'runwardSubmitOnly',
    sendRequest: async (request, next) => {
      const recording = recordings.getStore();
      if (recording === undefined) throw new Error('a submit must run inside an exchange');
      if (request.method === 'GET' || request.method === 'HEAD') throw new Error('a submit client does not read');
      if (recording.requestsSent > 0 && recording.answer?.status !== 401) throw new Error('a submit is sent once');
      recording.answer = undefined;
      recording.connected = false;
      spend(budget, request, 'send');
      recording.requestsSent += 1;
      const agent = connectionAgent(tls, {
        keepAlive: false,
        onConnected: () => {
          recording.connected = true;
        },
      });
      request.agent = agent;
      try {
        const response = await next(request);
        recording.answer = rawAnswer(response);
        budget.note(request, recording.answer, Date.now());
        return response;
      } finally {
        agent.destroy();
      }
    },
  };
}

/** Reads that Azure wants as POST. */
const READS_BY_POST = /\/locations\/[^/]+\/backupStatus$/i;

/** Lets only GET pass, and the reads that Azure wants as POST; records the last answer. */
export function readOnlyPolicy(budget: Budget): PipelinePolicy {
  return {
    name: 'runwardReadOnly',
    sendRequest: async (request, next) => {
      const byPost = request.method === 'POST' && READS_BY_POST.test(new URL(request.url).pathname);
      if (request.method !== 'GET' && !byPost) throw new Error(`a read client does not ${request.method}`);
      const recording = recordings.getStore();
      if (recording) recording.answer = undefined;
      spend(budget, request, recording?.need ?? 'poll');
      if (recording) recording.requestsSent += 1;
      const response = await next(request);
      const answer = rawAnswer(response);
      if (recording) recording.answer = answer;
      budget.note(request, answer, Date.now());
      return response;
    },
  };
}

/** Throws OverBudget when Azure allows no more requests of this kind now: what is not sent does not make it worse. */
function spend(budget: Budget, request: { readonly method: string; readonly url: string }, need: AzureNeed): void {
  const waitMs = budget.waitMs({ method: request.method, url: request.url, need }, Date.now());
  if (waitMs > 0) throw new OverBudget(waitMs);
}

function rawAnswer(response: PipelineResponse): RawAnswer {
  return {
    status: response.status,
    headers: response.headers.toJSON(),
    body: response.bodyAsText ?? '',
  };
}
