import type { App, ServerContext } from '../context.ts';
import { addFreeze, controlsView, removeFreeze, setKill } from '../controls.ts';
import { idempotencyHeader } from '../schemas/component.ts';
import { controlsSchema, freezeBody, freezeParams, killBody, removalQuery } from '../schemas/controls.ts';

/** The kill switch and freezes: what stops changes everywhere, or in an environment for a time. */
export function controlRoutes(app: App, context: ServerContext): void {
  const schema = { tags: ['controls'], response: { 200: controlsSchema } };

  app.get(
    '/api/v1/controls',
    { config: { permission: 'read' }, schema: { ...schema, summary: 'Kill switch, freezes and what they stop' } },
    async (request) => controlsView(context, request.caller),
  );

  app.put(
    '/api/v1/controls/kill',
    {
      config: { permission: 'any', budget: 'control' },
      schema: { ...schema, summary: 'Turn the kill switch on (stop:on anywhere) or off (stop:off everywhere)', body: killBody },
    },
    async (request) => {
      await setKill(context, request.caller, request.body);
      return controlsView(context, request.caller);
    },
  );

  app.post(
    '/api/v1/controls/freezes',
    {
      config: { permission: 'stop:on', budget: 'control' },
      schema: {
        ...schema,
        summary: 'Freeze environments for a time: no change starts there',
        headers: idempotencyHeader,
        body: freezeBody,
      },
    },
    async (request) => {
      await addFreeze(context, request.caller, { ...request.body, key: request.headers['idempotency-key'] });
      return controlsView(context, request.caller);
    },
  );

  app.delete(
    '/api/v1/controls/freezes/:id',
    {
      config: { permission: 'stop:off', budget: 'control' },
      schema: {
        ...schema,
        summary: 'Remove a freeze before its end; in production two administrators must ask',
        params: freezeParams,
        querystring: removalQuery,
      },
    },
    async (request) => {
      await removeFreeze(context, request.caller, { id: request.params.id, reason: request.query.reason });
      return controlsView(context, request.caller);
    },
  );
}
