import { z } from 'zod';
import type { App, ServerContext } from '../context.ts';
import { demandConsole, demandToken } from '../identify.ts';
import { sessionBody } from '../schemas/token.ts';
import { endedCookie, sessionCookie } from '../session.ts';

/** How a browser signs in: it shows a token once, and from then on a cookie that no script can read. */
export function sessionRoutes(app: App, context: ServerContext): void {
  const config = { permission: 'none' } as const;
  const path = '/api/v1/session';

  app.post(
    path,
    {
      config,
      schema: {
        summary: 'Sign a browser in with an API token; answers a cookie for 8 hours',
        tags: ['access'],
        body: sessionBody,
        response: { 204: z.undefined() },
      },
    },
    async (request, reply) => {
      demandConsole(request);
      const token = await demandToken(context, request, request.body.token);
      return reply
        .code(204)
        .header('set-cookie', await sessionCookie(context.ports, context.config, { token: token.id }))
        .send();
    },
  );

  app.delete(
    path,
    { config, schema: { summary: 'Sign a browser out', tags: ['access'], response: { 204: z.undefined() } } },
    async (request, reply) => {
      demandConsole(request);
      return reply.code(204).header('set-cookie', endedCookie(context.config)).send();
    },
  );
}
