import type { App, ServerContext } from '../context.ts';
import { evidenceOf } from '../evidence.ts';
import { readRun } from '../run-view.ts';
import { evidenceQuery } from '../schemas/history.ts';
import { runParams } from '../schemas/run.ts';

// The page of the evidence has its style inside and nothing that runs.
const PAGE_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; sandbox";

/** The signed proof of what a run did. Reading it leaves a line in the log. */
export function evidenceRoutes(app: App, context: ServerContext): void {
  app.get(
    '/api/v1/runs/:run/evidence',
    {
      config: { permission: 'read' },
      schema: {
        tags: ['history'],
        params: runParams,
        summary: 'The signed evidence of an ended run, as JSON or as a page',
        querystring: evidenceQuery,
      },
    },
    async (request, reply) => {
      const view = await readRun(context, request.caller, request.params.run);
      const { text, type, name } = await evidenceOf(context, view, request.query.format);
      context.ports.log.info('evidence read', {
        runId: view.stored.run.runId,
        principal: request.caller.principal.id,
        format: request.query.format,
      });
      return reply
        .type(type)
        .header('content-security-policy', PAGE_POLICY)
        .header('content-disposition', `inline; filename="${name}"`)
        .send(text);
    },
  );
}
