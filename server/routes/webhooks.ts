import { z } from 'zod';
import { OPERATOR } from '../schedules.ts';
import type { App, ServerContext } from '../context.ts';
import { readRun, runView } from '../run-view.ts';
import { runSchema } from '../schemas/run.ts';
import { startByWebhook } from '../webhooks.ts';
import { LOCAL_GRANTS } from '../../engine/access/decide.ts';

const BODY_MAX_BYTES = 262_144;

/** Starting a run by a signed message. The signature is over the bytes of the body, so it is read here as it came. */
export function webhookRoutes(app: App, context: ServerContext): void {
  void app.register(async (scope: App) => {
    scope.removeContentTypeParser('application/json');
    scope.addContentTypeParser('application/json', { parseAs: 'buffer', bodyLimit: BODY_MAX_BYTES }, (_request, body, done) =>
      done(null, body),
    );
    scope.post(
      '/api/v1/hooks/:hook',
      {
        config: { permission: 'signature' },
        bodyLimit: BODY_MAX_BYTES,
        schema: {
          summary: 'Start a run by a webhook: Standard Webhooks headers over {"inputs": {…}}',
          tags: ['runs'],
          params: z.object({ hook: z.string().regex(/^[a-z][a-z0-9-]{0,62}\.[a-z][a-z0-9_]{0,62}$/) }),
          response: { 200: runSchema, 202: runSchema },
        },
      },
      async (request, reply) => {
        const header = (name: string): string | undefined => {
          const value = request.headers[name];
          return typeof value === 'string' ? value : undefined;
        };
        const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
        const message = { id: header('webhook-id'), timestamp: header('webhook-timestamp'), signature: header('webhook-signature'), body };
        const { runId, replayed } = await startByWebhook(context, { hook: request.params.hook, message, from: request.ip });
        const caller = { principal: OPERATOR, grants: LOCAL_GRANTS };
        return reply
          .code(replayed ? 200 : 202)
          .header('location', `/api/v1/runs/${runId}`)
          .send(runView(context, await readRun(context, caller, runId)));
      },
    );
  });
}
