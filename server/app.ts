import swagger from '@fastify/swagger';
import Fastify from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { RunwardError } from '../engine/errors.ts';
import type { App, ServerContext } from './context.ts';
import { addHooks, requestId } from './hooks.ts';
import { contractOptions } from './open-api.ts';
import { sendProblem } from './problem.ts';
import { consoleRoutes } from './routes/console.ts';
import { auditRoutes } from './routes/audit.ts';
import { backupRoutes } from './routes/backup.ts';
import { approvalRoutes } from './routes/approvals.ts';
import { controlRoutes } from './routes/controls.ts';
import { driftRoutes } from './routes/drift.ts';
import { evidenceRoutes } from './routes/evidence.ts';
import { healthRoutes } from './routes/health.ts';
import { historyRoutes } from './routes/history.ts';
import { lockRoutes } from './routes/locks.ts';
import { planRoutes } from './routes/plans.ts';
import { recoveryRoutes } from './routes/recovery.ts';
import { retryRoutes } from './routes/retry.ts';
import { runRoutes } from './routes/runs.ts';
import { runbookRoutes } from './routes/runbooks.ts';
import { scheduleRoutes } from './routes/schedules.ts';
import { sessionRoutes } from './routes/session.ts';
import { webhookRoutes } from './routes/webhooks.ts';
import { tokenRoutes } from './routes/tokens.ts';
import { wordRoutes } from './routes/words.ts';
import { workerRoutes } from './routes/workers.ts';

const BODY_MAX_BYTES = 1_048_576;
const REQUEST_TIMEOUT_MS = 30_000;
// The path of a step inside nested fan-outs is part of the address of its gate.
const PARAM_MAX_CHARS = 1500;

/** The HTTP app with all routes; nothing listens yet. Throws when a route declares no permission. */
export async function buildApp(context: ServerContext): Promise<App> {
  const app = Fastify({
    bodyLimit: BODY_MAX_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    routerOptions: { maxParamLength: PARAM_MAX_CHARS },
    exposeHeadRoutes: false,
    genReqId: requestId,
    frameworkErrors: (error, request, reply) => void sendProblem(context.ports.log, error, request, reply),
  }).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.removeContentTypeParser('text/plain');
  app.setErrorHandler((error, request, reply) => sendProblem(context.ports.log, error, request, reply));
  await app.register(swagger, contractOptions(context.version));
  addHooks(app, context);
  app.setNotFoundHandler((request, reply) =>
    sendProblem(
      context.ports.log,
      new RunwardError('NOT_FOUND_ROUTE', `there is no ${request.method} ${request.url.split('?')[0]}`),
      request,
      reply,
    ),
  );
  for (const addRoutes of ROUTES) addRoutes(app, context);
  await app.ready();
  return app;
}

const ROUTES = [
  runbookRoutes,
  planRoutes,
  runRoutes,
  retryRoutes,
  historyRoutes,
  evidenceRoutes,
  auditRoutes,
  wordRoutes,
  approvalRoutes,
  scheduleRoutes,
  controlRoutes,
  driftRoutes,
  recoveryRoutes,
  backupRoutes,
  lockRoutes,
  workerRoutes,
  tokenRoutes,
  sessionRoutes,
  webhookRoutes,
  healthRoutes,
  consoleRoutes,
] as const;
