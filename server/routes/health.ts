import { z } from 'zod';
import type { App, ServerContext } from '../context.ts';

const READY_TIMEOUT_MS = 2000;

const failedSchema = z.object({ failed: z.array(z.object({ check: z.string(), meaning: z.string() })).readonly() });

/** Whether the process lives, and whether it can do its work. */
export function healthRoutes(app: App, context: ServerContext): void {
  const config = { permission: 'none' } as const;

  app.get(
    '/livez',
    { config, schema: { summary: 'The process answers', tags: ['health'], response: { 200: z.object({ ok: z.literal(true) }) } } },
    async () => ({
      ok: true as const,
    }),
  );

  app.get(
    '/readyz',
    {
      config,
      schema: {
        summary: 'The server can accept runs',
        tags: ['health'],
        response: { 200: z.object({ ok: z.literal(true) }), 503: failedSchema },
      },
    },
    async (_request, reply) => {
      const failed = await failedChecks(context);
      if (failed.length > 0) return reply.code(503).header('retry-after', '5').send({ failed });
      return { ok: true as const };
    },
  );

  app.get('/api/v1/openapi.json', { config, schema: { hide: true } }, async () => app.swagger());
}

// Says what is wrong and not where: nobody has signed in here.
async function failedChecks({ ports }: ServerContext) {
  const failed: { check: string; meaning: string }[] = [];
  if (!(await answers(ports))) failed.push({ check: 'store', meaning: 'the store does not answer: nothing can be accepted' });
  if (ports.signer.sign('ready') === undefined) failed.push({ check: 'signing key', meaning: 'plans and decisions cannot be signed' });
  return failed;
}

async function answers({ store, clock }: ServerContext['ports']): Promise<boolean> {
  const giveUp = new AbortController();
  const late = clock.sleep(READY_TIMEOUT_MS, giveUp.signal).then(() => false);
  const alive = store.nowMs().then(
    () => true,
    () => false,
  );
  const first = await Promise.race([alive, late]);
  giveUp.abort();
  return first;
}
