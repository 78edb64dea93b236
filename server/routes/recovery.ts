import type { App, ServerContext } from '../context.ts';
import { demand } from '../identify.ts';
import { placeOf } from '../projects.ts';
import { applicationNamed, boardWithCoverage, recoveryBoardOf } from '../recovery-board.ts';
import { startChecks } from '../readiness.ts';
import { idempotencyHeader } from '../schemas/component.ts';
import { applicationParams, applicationSchema, boardQuery, checksBody, checksStarted, recoveryBoard } from '../schemas/recovery.ts';

const tags = ['recovery'];

/** Applications: what their drills prove, whether they are ready, and their checks made now. */
export function recoveryRoutes(app: App, context: ServerContext): void {
  app.get(
    '/api/v1/dr',
    {
      config: { permission: 'read' },
      schema: {
        summary: 'Applications, what their drills prove and whether they are ready',
        tags,
        querystring: boardQuery,
        response: { 200: recoveryBoard },
      },
    },
    async (request) =>
      request.query.coverage ? boardWithCoverage(context, request.caller) : { items: await recoveryBoardOf(context, request.caller) },
  );

  app.get(
    '/api/v1/dr/:app',
    {
      config: { permission: 'read' },
      schema: {
        summary: 'One application with its drills and every readiness check',
        tags,
        params: applicationParams,
        response: { 200: applicationSchema },
      },
    },
    async (request) => {
      const { name } = await applicationNamed(context, request.caller, request.params.app);
      const [found] = await recoveryBoardOf(context, request.caller, name);
      return found;
    },
  );

  app.post(
    '/api/v1/dr/:app/readiness',
    {
      config: { permission: 'plan', budget: 'start' },
      schema: {
        summary: 'Make the readiness checks of an application now; nothing is changed',
        tags,
        headers: idempotencyHeader,
        params: applicationParams,
        body: checksBody,
        response: { 202: checksStarted },
      },
    },
    async (request, reply) => {
      const { runbooks } = await applicationNamed(context, request.caller, request.params.app);
      for (const loaded of runbooks) demand(request.caller, 'plan', placeOf(loaded));
      const asked = { runbooks: runbooks.map(({ runbook }) => runbook), inputs: request.body.inputs ?? {} };
      return reply.code(202).send(await startChecks(context, request.caller, { key: request.headers['idempotency-key'], ...asked }));
    },
  );
}
