import { idempotencyHeader } from '../schemas/component.ts';
import { planSchema } from '../schemas/plan.ts';
import { runBody, runListQuery, runPage, runParams, runSchema } from '../schemas/run.ts';
import { waitQuery } from '../schemas/history.ts';
import type { App, ServerContext } from '../context.ts';
import { untilGone } from '../hooks.ts';
import { planView } from '../plans.ts';
import { awaitRun, listRuns, readRun } from '../run-view.ts';
import { start } from '../start.ts';

/** Starting runs, listing them, and looking at one. */
export function runRoutes(app: App, context: ServerContext): void {
  app.post(
    '/api/v1/runs',
    {
      config: { permission: 'run:start', budget: 'start' },
      schema: { summary: 'Start a run', tags: ['runs'], headers: idempotencyHeader, body: runBody, response: { 202: runSchema } },
    },
    async (request, reply) => {
      const { run, replayed } = await start(context, request.caller, { key: request.headers['idempotency-key'], body: request.body });
      if (replayed) void reply.header('idempotent-replayed', 'true');
      return reply.code(202).header('location', `/api/v1/runs/${run.id}`).send(run);
    },
  );

  app.get(
    '/api/v1/runs',
    {
      config: { permission: 'read' },
      schema: { summary: 'List runs, newest first', tags: ['runs'], querystring: runListQuery, response: { 200: runPage } },
    },
    async (request) => listRuns(context, request.caller, request.query),
  );

  app.get(
    '/api/v1/runs/:run',
    {
      config: { permission: 'read' },
      schema: { summary: 'Look at a run', tags: ['runs'], params: runParams, querystring: waitQuery, response: { 200: runSchema } },
    },
    async (request, reply) =>
      awaitRun(context, request.caller, { reference: request.params.run, wait: request.query.wait, signal: untilGone(reply) }),
  );

  app.get(
    '/api/v1/runs/:run/plan',
    {
      config: { permission: 'read' },
      schema: { summary: 'The plan of a run', tags: ['runs'], params: runParams, response: { 200: planSchema } },
    },
    async (request) => planView(await readRun(context, request.caller, request.params.run)),
  );
}
