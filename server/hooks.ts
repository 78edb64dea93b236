import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import { assert, RunwardError } from '../engine/errors.ts';
import type { BudgetName } from './budget.ts';
import type { App, ServerContext } from './context.ts';
import type { Caller, RoutePermission } from './identify.ts';
import { demandPermission, identify } from './identify.ts';
import { isLoopbackHost } from './loopback.ts';
import { isStale, sessionCookie } from './session.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What the caller must be allowed to do; `any` asks for a sign-in only, `signature` is checked by its handler, `none` asks for nothing. Every route declares it. */
    readonly permission?: RoutePermission;
    /** Which budget a request is counted in; reads and writes are told apart by the method when it is left out. */
    readonly budget?: BudgetName;
  }
  interface FastifyRequest {
    caller: Caller;
  }
}

const DEPTH_MAX = 32;
const REQUEST_ID = /^[\w.-]{1,64}$/;

// The API serves data, never pages; the one page it has sets its own policy.
const HEADERS = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  'strict-transport-security': 'max-age=31536000',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
};

/** The id of a request: the caller's own when it is a plain word, so that both logs can be joined. */
export function requestId(request: IncomingMessage): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID();
}

/** Everything that happens before a handler, in this order: headers, origin, identity, permission, budget, depth of the body. */
export function addHooks(app: App, context: ServerContext): void {
  app.addHook('onRoute', refuseUndeclared);
  app.addHook('onRequest', async (request, reply) => {
    void reply.headers(HEADERS).header('x-request-id', request.id);
    if (request.is404) return;
    const { permission, budget } = request.routeOptions.config;
    refuseForeignSite(context, request);
    if (permission === undefined || permission === 'none' || permission === 'signature') return;
    request.caller = await identify(context, request);
    context.budget.take(budget ?? (request.method === 'GET' ? 'read' : 'write'), request.caller.principal.id);
    demandPermission(request.caller, permission);
    const { session } = request.caller;
    if (session !== undefined && (await isStale(context.ports, session)))
      void reply.header('set-cookie', await sessionCookie(context.ports, context.config, session));
  });
  app.addHook('preValidation', async (request) => {
    if (isDeeperThan(request.body, DEPTH_MAX)) throw new RunwardError('USAGE_BODY', `the body is nested deeper than ${DEPTH_MAX} levels`);
  });
  // A connection that is kept alive would hold up a server that closes.
  app.addHook('onSend', async (_request, reply) => {
    if (context.closing.aborted) void reply.header('connection', 'close');
  });
  app.addHook('onResponse', async (request, reply) => {
    const fields = { requestId: request.id, method: request.method, route: request.routeOptions.url ?? '', status: reply.statusCode };
    const timed = {
      ...fields,
      ms: Math.round(reply.elapsedTime),
      ...(request.caller === undefined ? {} : { principal: request.caller.principal.id }),
    };
    if (request.method === 'GET') context.ports.log.debug('request answered', timed);
    else context.ports.log.info('request answered', timed);
  });
}

/** Aborts when the client has gone or the answer was sent. */
export function untilGone(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  reply.raw.once('close', () => gone.abort());
  return gone.signal;
}

function refuseUndeclared(route: RouteOptions): void {
  assert(route.config?.permission !== undefined, `route ${String(route.method)} ${route.url} declares a permission`);
}

// A page of another site can make a browser send requests here, and a name that resolves to 127.0.0.1 can make them look local.
function refuseForeignSite({ config }: ServerContext, request: FastifyRequest): void {
  const site = request.headers['sec-fetch-site'];
  // A link in a message may open a page: it holds no data, and what it asks for then comes from this site.
  const opensPage = request.routeOptions.config.permission === 'none' && request.headers['sec-fetch-mode'] === 'navigate';
  if (!opensPage && site !== undefined && site !== 'same-origin' && site !== 'none') {
    throw new RunwardError('ACCESS_DENIED', 'requests from pages of other sites are refused');
  }
  if (config.auth === 'none' && !isLoopbackHost(request.headers.host)) {
    throw new RunwardError('ACCESS_DENIED', 'without sign-in the server answers to 127.0.0.1, [::1] and localhost only');
  }
}

function isDeeperThan(value: unknown, max: number): boolean {
  let level: readonly unknown[] = [value];
  for (let depth = 0; depth <= max; depth += 1) {
    level = level.flatMap((node) => (node !== null && typeof node === 'object' ? Object.values(node) : []));
    if (level.length === 0) return false;
  }
  return true;
}
