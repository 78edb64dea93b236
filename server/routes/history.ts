import type { FastifyReply } from 'fastify';
import type { RunId } from '../../engine/ids.ts';
import { RunwardError } from '../../engine/errors.ts';
import { firstBreak } from '../../engine/audit/chain.ts';
import { timeText } from '../../engine/run/summary.ts';
import { auditPage, eventPage, eventQuery, logPage, logQuery } from '../schemas/history.ts';
import { runParams } from '../schemas/run.ts';
import type { App, ServerContext } from '../context.ts';
import { untilGone } from '../hooks.ts';
import { readRun } from '../run-view.ts';
import { eventStream, eventView } from '../stream.ts';

/** What happened in a run: events (as pages or as a stream), log lines, the audit chain. */
export function historyRoutes(app: App, context: ServerContext): void {
  const schema = { tags: ['history'], params: runParams };
  const config = { permission: 'read' } as const;

  app.get(
    '/api/v1/runs/:run/events',
    {
      config,
      schema: {
        ...schema,
        summary: 'Events of a run: a page, or with Accept: text/event-stream a stream',
        querystring: eventQuery,
        response: { 200: eventPage },
      },
    },
    async (request, reply) => {
      const { runId } = (await readRun(context, request.caller, request.params.run)).stored.run;
      const after = lastEventId(request.headers['last-event-id']) ?? request.query.after ?? 0;
      if (request.headers.accept?.includes('text/event-stream') === true) {
        sendEvents(context, { runId, after, principal: request.caller.principal.id, reply });
        return reply;
      }
      const events = await context.ports.store.readEvents(runId, after, request.query.limit);
      return { items: events.map(eventView), next: events.at(-1)?.seq ?? after };
    },
  );

  app.get(
    '/api/v1/runs/:run/logs',
    { config, schema: { ...schema, summary: 'Log lines of a run', querystring: logQuery, response: { 200: logPage } } },
    async (request) => {
      const { runId } = (await readRun(context, request.caller, request.params.run)).stored.run;
      const { from, limit, skip, step, item } = request.query;
      const page = await context.ports.store.readLog(runId, {
        from,
        limit,
        ...(skip === undefined ? {} : { skip }),
        ...(step === undefined ? {} : { step }),
        ...(item === undefined ? {} : { item }),
      });
      return { ...page, lines: page.lines.map(({ atMs, ...line }) => ({ ...line, at: timeText(atMs) })) };
    },
  );

  app.get(
    '/api/v1/runs/:run/audit',
    { config, schema: { ...schema, summary: 'The audit chain of a run', response: { 200: auditPage } } },
    async (request) => {
      const { runId, auditHead } = (await readRun(context, request.caller, request.params.run)).stored.run;
      const items = await context.ports.store.readAudit(runId);
      const broken = firstBreak(context.ports.ids.sha256, items);
      return { items, head: auditHead, ...(broken === undefined ? {} : { broken }) };
    },
  );
}

interface StreamAnswer {
  readonly runId: RunId;
  readonly after: number;
  readonly principal: string;
  readonly reply: FastifyReply;
}

function sendEvents(context: ServerContext, { runId, after, principal, reply }: StreamAnswer): void {
  reply.raw.once('close', context.streams.open(principal));
  const signal = AbortSignal.any([untilGone(reply), context.closing]);
  // Without a kept connection a server that closes does not wait for clients that only read along.
  void reply
    .type('text/event-stream')
    .header('x-accel-buffering', 'no')
    .header('connection', 'close')
    .send(eventStream(context.ports.store, { runId, after, signal }));
}

// Wins over the query: a browser reconnects to its first address and tells how far it came in the header.
function lastEventId(header: string | string[] | undefined): number | undefined {
  if (header === undefined) return undefined;
  if (typeof header === 'string' && /^\d{1,15}$/.test(header)) return Number(header);
  throw new RunwardError('USAGE_QUERY', 'Last-Event-ID is the number of an event');
}
