import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { RunwardError } from '../engine/errors.ts';
import type { JsonObject } from '../engine/json.ts';
import { frameReader } from './event-stream.ts';
import { isErrorCode } from './output.ts';
import type { Session } from './program-options.ts';
import { apiToken, serverAddress } from './server-address.ts';

/** An event of a run as the API streams it. */
export interface ApiEvent {
  readonly seq: number;
  readonly at: string;
  readonly type: string;
  readonly step?: string;
  readonly item?: string;
  readonly data: JsonObject;
}

/** A server that commands talk to. Paths begin behind `/api/v1`. Everything throws RunwardError with the code that the server gave. */
export interface ApiClient {
  readonly baseUrl: string;
  readonly get: <Answer>(path: string) => Promise<Answer>;
  readonly post: <Answer>(path: string, body: unknown, idempotencyKey?: string) => Promise<Answer>;
  readonly put: <Answer>(path: string, body: unknown) => Promise<Answer>;
  readonly remove: <Answer>(path: string) => Promise<Answer>;
  /** The body as text with the file name that the server gives it. */
  readonly download: (path: string) => Promise<{ readonly text: string; readonly name: string | undefined }>;
  /** Status of an address outside `/api/v1`, with the server's clock (milliseconds since 1970). */
  readonly probe: (path: string) => Promise<{ readonly status: number; readonly body: string; readonly clockMs: number | undefined }>;
  /** Events of a run after a number until it has ended; lost connections are taken up again where they broke. */
  readonly events: (run: string, after: number, signal: AbortSignal) => AsyncGenerator<ApiEvent>;
}

/** What a client needs to know of its surroundings. */
export interface ClientOptions {
  readonly baseUrl: string;
  readonly token: string | undefined;
  readonly fetch: typeof fetch;
  /** Called once per request with a line for --verbose. */
  readonly trace?: (line: string) => void;
}

const REQUEST_TIMEOUT_MS = 70_000;
const RECONNECT_MS = 2000;
// The server says something every 15 s: three times nothing means that the connection is dead.
const STALL_MS = 45_000;

/** The client of the server that a session has chosen. Throws USAGE_FLAG when there is none. */
export async function connect(session: Session): Promise<ApiClient> {
  const baseUrl = await serverAddress(session);
  const token = await apiToken(session);
  const { verbose } = session.options;
  return apiClient({ baseUrl, token, fetch, ...(verbose === true ? { trace: (line: string) => session.output.say(line, 'dim') } : {}) });
}

/** Makes a client. */
export function apiClient(options: ClientOptions): ApiClient {
  const json = async <Answer>(
    method: string,
    path: string,
    request: { readonly body?: unknown; readonly key?: string } = {},
  ): Promise<Answer> => {
    const response = await send(options, method, `/api/v1${path}`, {
      ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
      ...(request.key === undefined ? {} : { key: request.key }),
    });
    return (await response.json()) as Answer;
  };
  return {
    baseUrl: options.baseUrl,
    get: async (path) => json('GET', path),
    post: async (path, body, key = randomUUID()) => json('POST', path, { body, key }),
    put: async (path, body) => json('PUT', path, { body }),
    remove: async (path) => json('DELETE', path),
    download: async (path) => {
      const response = await send(options, 'GET', `/api/v1${path}`, {});
      const name = /filename="?([^";]+)"?/.exec(response.headers.get('content-disposition') ?? '')?.[1];
      return { text: await response.text(), name };
    },
    probe: async (path) => {
      const response = await reach(options, 'GET', path, {});
      const date = Date.parse(response.headers.get('date') ?? '');
      return { status: response.status, body: await response.text(), clockMs: Number.isNaN(date) ? undefined : date };
    },
    events: (run, after, signal) => followEvents(options, run, { after, signal }),
  };
}

interface Following {
  last: number;
  retryMs: number;
}

async function* followEvents(
  options: ClientOptions,
  run: string,
  from: { readonly after: number; readonly signal: AbortSignal },
): AsyncGenerator<ApiEvent> {
  const following: Following = { last: from.after, retryMs: RECONNECT_MS };
  while (!from.signal.aborted) {
    const ended = yield* readOnce(options, run, { following, signal: from.signal });
    if (ended) return;
    // Half to full: many watchers of one server must not come back together.
    const waitMs = following.retryMs * (0.5 + Math.random() / 2);
    await sleep(waitMs, undefined, { signal: from.signal }).catch(() => undefined);
  }
}

/** Reads one connection to its end; true when the run has ended, false when it has to be taken up again behind the last number. */
async function* readOnce(
  options: ClientOptions,
  run: string,
  at: { readonly following: Following; readonly signal: AbortSignal },
): AsyncGenerator<ApiEvent, boolean> {
  const { following } = at;
  const stalled = new AbortController();
  const stall = setTimeout(() => stalled.abort(), STALL_MS);
  try {
    const path = `/api/v1/runs/${encodeURIComponent(run)}/events?after=${following.last}`;
    const signal = AbortSignal.any([at.signal, stalled.signal]);
    const response = await send(options, 'GET', path, { stream: true, signal, lastEventId: String(following.last) });
    const reader = frameReader();
    for await (const text of textChunks(response)) {
      stall.refresh();
      for (const frame of reader.push(text)) {
        if (frame.event === 'end') return true;
        const event = JSON.parse(frame.data) as ApiEvent;
        if (event.seq <= following.last) continue;
        // Numbers have no gaps: where one shows, the stream is asked again from the last number.
        if (event.seq !== following.last + 1) return false;
        following.last = event.seq;
        yield event;
      }
      following.retryMs = reader.retryMs() ?? RECONNECT_MS;
    }
    return false;
  } catch (error) {
    if (error instanceof RunwardError && error.code !== 'SERVER_UNREACHABLE' && !error.code.startsWith('STORE_')) throw error;
    return false;
  } finally {
    clearTimeout(stall);
  }
}

async function* textChunks(response: Response): AsyncGenerator<string> {
  if (response.body === null) return;
  const decoder = new TextDecoder();
  for await (const chunk of response.body) yield decoder.decode(chunk as Uint8Array, { stream: true });
}

interface SendOptions {
  readonly body?: string;
  readonly key?: string;
  readonly stream?: boolean;
  readonly signal?: AbortSignal;
  readonly lastEventId?: string;
}

async function send(options: ClientOptions, method: string, path: string, request: SendOptions): Promise<Response> {
  const response = await reach(options, method, path, request);
  if (!response.ok) throw await problemError(response);
  return response;
}

async function reach(options: ClientOptions, method: string, path: string, request: SendOptions): Promise<Response> {
  const startedMs = performance.now();
  const headers: Record<string, string> = { accept: request.stream === true ? 'text/event-stream' : 'application/json' };
  if (request.body !== undefined) headers['content-type'] = 'application/json';
  if (request.key !== undefined) headers['idempotency-key'] = request.key;
  if (request.lastEventId !== undefined) headers['last-event-id'] = request.lastEventId;
  if (options.token !== undefined) headers['authorization'] = `Bearer ${options.token}`;
  const signals = [
    ...(request.signal === undefined ? [] : [request.signal]),
    ...(request.stream === true ? [] : [AbortSignal.timeout(REQUEST_TIMEOUT_MS)]),
  ];
  try {
    const response = await options.fetch(options.baseUrl + path, {
      method,
      headers,
      // A redirect would carry the token to an address that nobody chose.
      redirect: 'error',
      signal: AbortSignal.any(signals),
      ...(request.body === undefined ? {} : { body: request.body }),
    });
    const took = Math.round(performance.now() - startedMs);
    options.trace?.(`${method} ${path} · ${response.status} · ${took} ms · request ${response.headers.get('x-request-id') ?? '-'}`);
    return response;
  } catch (cause) {
    throw new RunwardError(
      'SERVER_UNREACHABLE',
      `${options.baseUrl} does not answer: ${reasonOf(cause)}`,
      { next: 'runward doctor' },
      cause,
    );
  }
}

async function problemError(response: Response): Promise<RunwardError> {
  const text = await response.text();
  const problem = parsedObject(text);
  const code = problem['code'];
  const detail = problem['detail'];
  const message = typeof detail === 'string' ? detail : `the server answered ${response.status} without saying why`;
  return new RunwardError(isErrorCode(code) ? code : codeOfStatus(response.status), message, { problem, status: response.status });
}

function codeOfStatus(status: number) {
  if (status === 401) return 'ACCESS_NOT_SIGNED_IN';
  if (status === 403) return 'ACCESS_DENIED';
  if (status === 404) return 'NOT_FOUND_ROUTE';
  return status >= 500 ? 'SERVER_UNREACHABLE' : 'USAGE_BODY';
}

function parsedObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
  } catch {
    return {};
  }
}

function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  const inner = cause.cause instanceof Error ? cause.cause : cause;
  const code = (inner as NodeJS.ErrnoException).code;
  if (code === 'ECONNREFUSED') return 'nobody listens there';
  return inner.name === 'TimeoutError' ? `no answer within ${REQUEST_TIMEOUT_MS / 1000} s` : inner.message;
}
