import type { App, ServerContext } from '../context.ts';
import { previewRetry, startRetry } from '../retry.ts';
import { idempotencyHeader } from '../schemas/component.ts';
import { retryBody, retryPreview, retryQuery, rollbackBody } from '../schemas/retry.ts';
import { runParams, runSchema } from '../schemas/run.ts';

const schema = {
  tags: ['runs'],
  headers: idempotencyHeader,
  params: runParams,
  querystring: retryQuery,
  response: { 200: retryPreview, 202: runSchema },
};

/** New runs that go on from an ended one. */
export function retryRoutes(app: App, context: ServerContext): void {
  app.post(
    '/api/v1/runs/:run/retry',
    {
      config: { permission: 'run:start', budget: 'start' },
      schema: {
        ...schema,
        summary: 'Start a new run that keeps what succeeded in an ended one; with dryRun only the preview',
        body: retryBody,
      },
    },
    async (request, reply) => {
      const asked = { reference: request.params.run, body: request.body };
      if (request.query.dryRun) return reply.code(200).send(await previewRetry(context, request.caller, asked));
      const { run, replayed } = await startRetry(context, request.caller, { ...asked, key: request.headers['idempotency-key'] });
      if (replayed) void reply.header('idempotent-replayed', 'true');
      return reply.code(202).header('location', `/api/v1/runs/${run.id}`).send(run);
    },
  );

  app.post(
    '/api/v1/runs/:run/rollback',
    {
      config: { permission: 'run:start', budget: 'start' },
      schema: {
        ...schema,
        summary: 'Start a new run that undoes what an ended one has done and not undone; with dryRun only the preview',
        body: rollbackBody,
      },
    },
    async (request, reply) => {
      const asked = { reference: request.params.run, body: { ...request.body, mode: 'rollback' as const } };
      if (request.query.dryRun) return reply.code(200).send(await previewRetry(context, request.caller, asked));
      const { run, replayed } = await startRetry(context, request.caller, { ...asked, key: request.headers['idempotency-key'] });
      if (replayed) void reply.header('idempotent-replayed', 'true');
      return reply.code(202).header('location', `/api/v1/runs/${run.id}`).send(run);
    },
  );
}
