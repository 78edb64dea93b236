import { z } from 'zod';
import { permissionsOf } from '../../engine/access/roles.ts';
import type { App, ServerContext } from '../context.ts';
import { page } from '../schemas/component.ts';
import { meSchema, newTokenView, tokenBody, tokenParams, tokenView } from '../schemas/token.ts';
import { createToken, listTokens, revokeToken } from '../tokens.ts';

/** Who asks, and the API tokens of people and programs. */
export function tokenRoutes(app: App, context: ServerContext): void {
  const config = { permission: 'any' } as const;

  app.get('/api/v1/me', { config, schema: { summary: 'Who asks', tags: ['access'], response: { 200: meSchema } } }, async (request) => {
    const { principal, grants } = request.caller;
    const permissions = [...new Set(grants.flatMap((grant): readonly string[] => permissionsOf(grant.role)))];
    return { ...principal, grants, permissions, auth: context.config.auth };
  });

  app.get(
    '/api/v1/tokens',
    {
      config,
      schema: {
        summary: 'API tokens: all for an administrator, the own ones for others',
        tags: ['access'],
        response: { 200: page(tokenView) },
      },
    },
    async (request) => ({
      items: await listTokens(context, request.caller),
    }),
  );

  app.post(
    '/api/v1/tokens',
    {
      config,
      schema: {
        summary: 'Make an API token; its text is answered this once',
        tags: ['access'],
        body: tokenBody,
        response: { 201: newTokenView },
      },
    },
    async (request, reply) => reply.code(201).send(await createToken(context, request.caller, request.body)),
  );

  app.delete(
    '/api/v1/tokens/:id',
    { config, schema: { summary: 'Revoke an API token at once', tags: ['access'], params: tokenParams, response: { 204: z.undefined() } } },
    async (request, reply) => {
      await revokeToken(context, request.caller, request.params.id);
      return reply.code(204).send();
    },
  );
}
