import type { App, ServerContext } from '../context.ts';
import { estimateFor, planView } from '../plans.ts';
import { demandSight } from '../identify.ts';
import { planBody, planParams, planSchema } from '../schemas/plan.ts';
import { planFor } from '../start.ts';

/** Making plans, and looking at one that a run can start from. */
export function planRoutes(app: App, context: ServerContext): void {
  app.post(
    '/api/v1/plans',
    {
      config: { permission: 'plan', budget: 'write' },
      schema: { summary: 'Make a plan; reads Azure and changes nothing', tags: ['plans'], body: planBody, response: { 201: planSchema } },
    },
    async (request, reply) => {
      const made = await planFor(context, request.caller, request.body);
      const expiresAtMs = await context.plans.keep(made);
      return reply
        .code(201)
        .header('location', `/api/v1/plans/${made.hash}`)
        .send(planView(made, { expiresAtMs, estimate: await estimateFor(context.ports, made) }));
    },
  );

  app.get(
    '/api/v1/plans/:hash',
    {
      config: { permission: 'read' },
      schema: { summary: 'Look at a plan', tags: ['plans'], params: planParams, response: { 200: planSchema } },
    },
    async (request) => {
      const found = await context.plans.kept(request.params.hash);
      demandSight(request.caller, { runbook: found.plan.definition.name, environment: found.plan.environment }, 'NOT_FOUND_PLAN');
      return planView(found, { estimate: await estimateFor(context.ports, found) });
    },
  );
}
