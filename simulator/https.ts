import { createServer } from 'node:https';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { armError } from './arm-errors.ts';
import { perform } from './perform.ts';
import { makeRecorder } from './record.ts';
import { findRoute } from './routing.ts';
import type { Certificate } from './certificate.ts';
import type { Disturbed } from './faults/answers.ts';
import type { Identity } from './identity.ts';
import type { Recorder } from './record.ts';
import type { Answer, Call, Caller } from './route.ts';
import type { World } from './world.ts';

const BODY_MAX_BYTES = 4 * 1024 * 1024;

/** Serves Azure Resource Manager and sign-in on one loopback port. Returns the server once it listens. */
export async function serveArm(
  world: World,
  given: { readonly identity: Identity; readonly certificate: Certificate; readonly port: number },
): Promise<Server> {
  const { recordFolder } = world.options;
  const recorder = recordFolder === undefined ? undefined : makeRecorder(recordFolder);
  const server = createServer(
    { key: given.certificate.key, cert: given.certificate.cert, minVersion: 'TLSv1.2', maxHeaderSize: 64 * 1024 },
    (asked, answer) => {
      serve(world, { identity: given.identity, recorder }, asked, answer).catch((error: unknown) => {
        process.stderr.write(
          `simulator: ${asked.method} ${asked.url}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
        );
        answer.destroy();
      });
    },
  );
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(given.port, '127.0.0.1', resolve);
  });
  world.endpoint = `https://localhost:${(server.address() as AddressInfo).port}`;
  return server;
}

async function serve(
  world: World,
  { identity, recorder }: { readonly identity: Identity; readonly recorder: Recorder | undefined },
  asked: IncomingMessage,
  answer: ServerResponse,
): Promise<void> {
  const [path = '/', rawQuery = ''] = (asked.url ?? '/').split(/\?(.*)/s);
  const query = new URLSearchParams(rawQuery);
  const text = await readBody(asked);
  if (text === undefined) return send(world, asked, answer, armError(413, 'RequestEntityTooLarge', 'The request is too large.'));
  const metadata = asked.headers['metadata'];
  const login = identity.signIn(world, { method: asked.method ?? 'GET', path, query, text, metadata: metadata?.toString() });
  if (login !== undefined) return send(world, asked, answer, login);

  const caller = identity.verify(world, asked.headers.authorization);
  if ('status' in caller) return send(world, asked, answer, caller);
  const found = findRoute(asked.method ?? 'GET', path, query);
  if ('refused' in found) {
    world.unmatched.push({
      at: new Date(world.clock.nowMs()).toISOString(),
      method: asked.method ?? 'GET',
      path,
      query: rawQuery,
      reason: found.reason,
    });
    const clientRequestId = String(asked.headers['x-ms-client-request-id'] ?? '');
    recorder?.exchange({ method: asked.method ?? 'GET', path, rawQuery, clientRequestId, text }, found.refused);
    return send(world, asked, answer, found.refused);
  }
  const call = makeCall(world, asked, { path, query, rawQuery, params: found.params, apiVersion: found.apiVersion, caller });
  const seen = perform(world, { route: found.route, call, text });
  if (seen.kind === 'send') recorder?.exchange({ ...call, text }, seen.answer, seen.fault);
  return put(world, { call, asked, answer }, seen);
}

function makeCall(
  world: World,
  asked: IncomingMessage,
  given: {
    readonly path: string;
    readonly query: URLSearchParams;
    readonly rawQuery: string;
    readonly params: Readonly<Record<string, string>>;
    readonly apiVersion: string;
    readonly caller: Caller;
  },
): Omit<Call, 'body'> {
  const header = (name: string): string | undefined => {
    const value = asked.headers[name];
    return Array.isArray(value) ? value[0] : value;
  };
  return {
    ...given,
    method: asked.method ?? 'GET',
    headers: { 'if-match': header('if-match'), 'if-none-match': header('if-none-match') },
    clientRequestId: header('x-ms-client-request-id') ?? world.draws.nextUuid(`client-request:${world.generation}`),
    correlationId: header('x-ms-correlation-request-id') ?? world.draws.nextUuid(`correlation:${world.generation}`),
    endpoint: world.endpoint,
  };
}

interface Request {
  readonly call: Omit<Call, 'body'>;
  readonly asked: IncomingMessage;
  readonly answer: ServerResponse;
}

/** Sends what a request has come to, or breaks it on the wire. */
function put(world: World, request: Request, seen: Disturbed): void {
  const { asked, answer, call } = request;
  switch (seen.kind) {
    case 'send':
      return send(world, asked, answer, seen.answer, call);
    case 'reset':
      return void asked.socket.destroy();
    case 'hang': {
      const timer = setTimeout(() => asked.socket.destroy(), seen.ms);
      asked.socket.once('close', () => clearTimeout(timer));
      return undefined;
    }
    case 'truncate':
      return truncate(world, request, seen.answer);
    case 'slow':
      return trickle(world, request, seen);
  }
}

/** Half of a body that was announced whole. */
function truncate(world: World, { asked, answer, call }: Request, given: Answer): void {
  const whole = Buffer.from(head(world, { answer, given, call }) ?? ' ');
  answer.setHeader('content-length', whole.length);
  answer.write(whole.subarray(0, Math.floor(whole.length / 2)), () => asked.socket.destroy());
}

function trickle(world: World, { asked, answer, call }: Request, seen: { readonly answer: Answer; readonly everyMs: number }): void {
  const whole = Buffer.from(head(world, { answer, given: seen.answer, call }) ?? '');
  let place = 0;
  const timer = setInterval(() => {
    if (place < whole.length) answer.write(whole.subarray(place, place + 1));
    else {
      clearInterval(timer);
      answer.end();
    }
    place += 1;
  }, seen.everyMs);
  asked.socket.once('close', () => clearInterval(timer));
}

/** Sends an answer. */
function send(world: World, asked: IncomingMessage, answer: ServerResponse, given: Answer, call?: Omit<Call, 'body'>): void {
  const text = head(world, { answer, given, call });
  if (text === undefined) answer.end();
  else answer.end(text);
}

/** Sets status and the headers that every answer of Azure carries, and returns the body; undefined when there is none. */
function head(
  world: World,
  {
    answer,
    given,
    call,
  }: {
    readonly answer: ServerResponse;
    readonly given: Answer;
    readonly call: Omit<Call, 'body'> | undefined;
  },
): string | undefined {
  const requestId = world.draws.nextUuid(`request:${world.generation}`);
  const correlationId = call?.correlationId ?? world.draws.nextUuid(`correlation:${world.generation}`);
  const headers: Record<string, string | readonly string[]> = {
    date: new Date(world.clock.nowMs()).toUTCString(),
    'cache-control': 'no-cache',
    server: 'runward-simulator',
    'x-ms-request-id': requestId,
    'x-ms-correlation-request-id': correlationId,
    'x-ms-routing-request-id': `WESTEUROPE:${new Date(world.clock.nowMs()).toISOString().replace(/\.\d+/, '')}:${requestId}`,
    'strict-transport-security': 'max-age=31536000; includeSubDomains',
    'x-content-type-options': 'nosniff',
    ...(call === undefined ? {} : { 'x-ms-client-request-id': call.clientRequestId }),
    ...given.headers,
  };
  answer.statusCode = given.status;
  for (const [name, value] of Object.entries(headers)) answer.setHeader(name, value);
  if (given.text !== undefined) {
    answer.setHeader('content-type', given.text.startsWith('<') ? 'text/html' : 'application/json; charset=utf-8');
    return given.text;
  }
  if (given.body === undefined) return undefined;
  answer.setHeader('content-type', 'application/json; charset=utf-8');
  return JSON.stringify(given.body);
}

async function readBody(asked: IncomingMessage): Promise<string | undefined> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of asked) {
    const chunk = part as Buffer;
    bytes += chunk.length;
    if (bytes <= BODY_MAX_BYTES) parts.push(chunk);
  }
  return bytes > BODY_MAX_BYTES ? undefined : Buffer.concat(parts).toString('utf8');
}
