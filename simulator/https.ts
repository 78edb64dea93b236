import { createHash } from 'node:crypto';
import { createServer } from 'node:https';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { armError } from './arm-errors.ts';
import { refuse, refuseLinked } from './access/admit.ts';
import { disturb } from './faults/answers.ts';
import { strike } from './faults/faults.ts';
import { pageOf } from './faults/pages.ts';
import { planted, withoutUnset } from './plants.ts';
import { findRoute } from './routing.ts';
import type { Certificate } from './certificate.ts';
import type { Fault } from './faults/faults.ts';
import type { Identity } from './identity.ts';
import type { Answer, Call, Caller, Route } from './route.ts';
import type { World } from './world.ts';

const BODY_MAX_BYTES = 4 * 1024 * 1024;
const READS_PER_WINDOW = 1200;

/** Serves Azure Resource Manager and sign-in on one loopback port. Returns the server once it listens. */
export async function serveArm(
  world: World,
  given: { readonly identity: Identity; readonly certificate: Certificate; readonly port: number },
): Promise<Server> {
  const server = createServer(
    { key: given.certificate.key, cert: given.certificate.cert, minVersion: 'TLSv1.2', maxHeaderSize: 64 * 1024 },
    (asked, answer) => {
      serve(world, given.identity, asked, answer).catch((error: unknown) => {
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

async function serve(world: World, identity: Identity, asked: IncomingMessage, answer: ServerResponse): Promise<void> {
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
    return send(world, asked, answer, found.refused);
  }
  const call = makeCall(world, asked, { path, query, rawQuery, params: found.params, apiVersion: found.apiVersion, caller });
  return perform(world, { route: found.route, call, text, asked, answer });
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
    clientRequestId: header('x-ms-client-request-id') ?? world.draws.nextUuid('client-request'),
    correlationId: header('x-ms-correlation-request-id') ?? world.draws.nextUuid('correlation'),
    endpoint: world.endpoint,
  };
}

interface Request {
  readonly route: Route;
  readonly call: Omit<Call, 'body'>;
  readonly text: string;
  readonly asked: IncomingMessage;
  readonly answer: ServerResponse;
}

/** Faults before, the operation, the ledger, faults after, the answer: in this order. */
async function perform(world: World, request: Request): Promise<void> {
  const { route, call, asked, answer } = request;
  world.counts.set(route.operation, (world.counts.get(route.operation) ?? 0) + 1);
  const suspect = { operation: route.operation, resource: call.path, principal: call.caller.name };
  const before = strike(world, { ...suspect, when: 'before' }) ?? strike(world, { ...suspect, when: 'instead' });
  if (before !== undefined) return suffer(world, request, { fault: before, given: undefined });
  const given = answerOf(world, request);
  const fault = strikeAfter(world, request, given);
  if (fault !== undefined) return suffer(world, request, { fault, given });
  note(world, request, { answer: given, fault });
  return send(world, asked, answer, given, call);
}

/** The fault that strikes once the service has been asked: after an effect, at a poll of an operation, at a list. */
function strikeAfter(world: World, { route, call }: Request, given: Answer): Fault | undefined {
  const suspect = { operation: route.operation, resource: call.path, principal: call.caller.name };
  const started = given.effect?.operationId === undefined ? undefined : world.operations.get(given.effect.operationId.toLowerCase());
  if (started !== undefined) started.startedBy = suspect;
  const after = strike(world, { ...suspect, when: 'after' });
  if (after !== undefined) return after;
  if (call.method !== 'GET') return undefined;
  const polled = world.operations.get((call.params['operationId'] ?? '').toLowerCase());
  if (polled !== undefined) return strike(world, { ...(polled.startedBy ?? suspect), when: 'onPoll' });
  return route.operation.includes('_List') ? strike(world, { ...suspect, when: 'onList' }) : undefined;
}

/** What the service answers, with the wrong behaviours of whole services that may be planted. */
function answerOf(world: World, request: Request): Answer {
  const { call, route } = request;
  const isRead = call.method === 'GET' || call.method === 'HEAD';
  if (planted(world, 'E11') && !isRead) {
    const known = world.ledger
      .entries()
      .some((entry) => entry.clientRequestId === call.clientRequestId && entry.operation === route.operation);
    if (known) return { status: 202, effect: { effect: 'none', resource: call.path } };
  }
  world.clock.rush(planted(world, 'E1') && !isRead);
  try {
    const given = operate(world, request);
    return planted(world, 'E8') ? { ...given, body: withoutUnset(given.body) } : given;
  } finally {
    world.clock.rush(false);
  }
}

function operate(world: World, { route, call, text }: Request): Answer {
  const refused = refuse(world, route, call);
  if (refused !== undefined) return refused;
  if (route.body === undefined) return route.handle(world, { ...call, body: undefined });
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return armError(400, 'InvalidRequestContent', 'The request content was invalid and could not be deserialized.');
  }
  const checked = route.body.safeParse(parsed);
  if (checked.success) {
    const whole = { ...call, body: checked.data };
    return refuseLinked(world, route, whole) ?? route.handle(world, whole);
  }
  const issue = checked.error.issues[0];
  const where = issue?.path.join('.') ?? '';
  return armError(
    400,
    'InvalidRequestContent',
    `The request content was invalid and could not be deserialized: '${issue?.message ?? 'it does not fit'}' Path '${where}'.`,
  );
}

/** Every request that may have an effect goes into the ledger, whatever it did. */
function note(world: World, { route, call, text }: Request, given: { readonly answer: Answer; readonly fault: Fault | undefined }): void {
  if (call.method === 'GET' || call.method === 'HEAD') return;
  const { status, effect = { effect: 'refused', resource: call.path } } = given.answer;
  world.ledger.append({
    at: new Date(world.clock.nowMs()).toISOString(),
    method: call.method,
    path: call.path,
    operation: route.operation,
    clientRequestId: call.clientRequestId,
    bodyDigest: createHash('sha256').update(text).digest('hex'),
    ...effect,
    status,
    ...(given.fault === undefined ? {} : { fault: given.fault.id }),
    principal: call.caller.name,
  });
}

/** What the client sees of a fault. A late effect comes when its time has come, whoever still waits for it. */
function suffer(world: World, request: Request, struck: { readonly fault: Fault; readonly given: Answer | undefined }): void {
  const { asked, answer, call } = request;
  const { fault, given } = struck;
  const deed = fault.do;
  const seen =
    'shiftPages' in deed && given !== undefined
      ? ({ kind: 'send', answer: pageOf(world, deed.shiftPages, { call, given }) } as const)
      : disturb(world, deed, { call, given });
  const nothing = { effect: fault.when === 'instead' && !('lateEffect' in deed) ? 'refused' : 'none', resource: call.path } as const;
  const told = seen?.kind === 'send' ? seen.answer : { status: 0 };
  note(world, request, { answer: given ?? { ...told, effect: nothing }, fault });
  if ('lateEffect' in deed)
    world.clock.after(planted(world, 'E12') ? 0 : deed.lateEffect * 1000, () =>
      note(world, request, { answer: operate(world, request), fault }),
    );
  if (seen === undefined) return given === undefined ? void asked.socket.destroy() : send(world, asked, answer, given, call);
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
  const whole = Buffer.from(head(world, { asked, answer, given, call }) ?? ' ');
  answer.setHeader('content-length', whole.length);
  answer.write(whole.subarray(0, Math.floor(whole.length / 2)), () => asked.socket.destroy());
}

function trickle(world: World, { asked, answer, call }: Request, seen: { readonly answer: Answer; readonly everyMs: number }): void {
  const whole = Buffer.from(head(world, { asked, answer, given: seen.answer, call }) ?? '');
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
  const text = head(world, { asked, answer, given, call });
  if (text === undefined) answer.end();
  else answer.end(text);
}

/** Sets status and the headers that every answer of Azure carries, and returns the body; undefined when there is none. */
function head(
  world: World,
  {
    asked,
    answer,
    given,
    call,
  }: {
    readonly asked: IncomingMessage;
    readonly answer: ServerResponse;
    readonly given: Answer;
    readonly call: Omit<Call, 'body'> | undefined;
  },
): string | undefined {
  const requestId = world.draws.nextUuid('request');
  const correlationId = call?.correlationId ?? world.draws.nextUuid('correlation');
  const remaining = asked.method === 'GET' ? 'x-ms-ratelimit-remaining-subscription-reads' : 'x-ms-ratelimit-remaining-subscription-writes';
  const headers: Record<string, string | readonly string[]> = {
    date: new Date(world.clock.nowMs()).toUTCString(),
    'cache-control': 'no-cache',
    server: 'runward-simulator',
    'x-ms-request-id': requestId,
    'x-ms-correlation-request-id': correlationId,
    'x-ms-routing-request-id': `WESTEUROPE:${new Date(world.clock.nowMs()).toISOString().replace(/\.\d+/, '')}:${requestId}`,
    'strict-transport-security': 'max-age=31536000; includeSubDomains',
    'x-content-type-options': 'nosniff',
    ...(call === undefined ? {} : { 'x-ms-client-request-id': call.clientRequestId, [remaining]: String(READS_PER_WINDOW - 1) }),
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
