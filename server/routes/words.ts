import type { FastifyReply } from 'fastify';
import { RunwardError } from '../../engine/errors.ts';
import type { App, ServerContext } from '../context.ts';
import { demandAnswer } from '../decisions.ts';
import { formFor, gateAt } from '../gates.ts';
import { demand } from '../identify.ts';
import { readRun, resourceOf, stepWithKey } from '../run-view.ts';
import { commandAnswer, idempotencyHeader } from '../schemas/component.ts';
import { answerBody, cancelBody, resolveBody, runParams, stepParams } from '../schemas/run.ts';
import type { WordAnswer } from '../words.ts';
import { sendWord } from '../words.ts';

const schema = { tags: ['runs'], headers: idempotencyHeader, response: { 202: commandAnswer } };

/** What people say to a run: cancel, the answer to a manual step, the truth about an unknown one. */
export function wordRoutes(app: App, context: ServerContext): void {
  addCancel(app, context);
  addManual(app, context, { path: 'done', kind: 'done', answer: 'done' });
  addManual(app, context, { path: 'not-done', kind: 'not_done', answer: 'failed' });
  addResolve(app, context);
}

function addCancel(app: App, context: ServerContext): void {
  app.post(
    '/api/v1/runs/:run/cancel',
    {
      config: { permission: 'run:control', budget: 'control' },
      schema: {
        ...schema,
        summary: 'Cancel a run: nothing new starts, what was sent is followed to its end',
        params: runParams,
        body: cancelBody,
      },
    },
    async (request, reply) => {
      const { run } = (await readRun(context, request.caller, request.params.run)).stored;
      demand(request.caller, 'run:control', resourceOf(run));
      const word = { kind: 'cancel' as const, runId: run.runId, ...reasonOf(request.body) };
      const key = request.headers['idempotency-key'];
      return accepted(reply, await sendWord(context, request.caller, { key, word, check: () => undefined }));
    },
  );
}

interface ManualAnswer {
  readonly path: string;
  readonly kind: 'done' | 'not_done';
  readonly answer: 'done' | 'failed';
}

function addManual(app: App, context: ServerContext, { path, kind, answer }: ManualAnswer): void {
  app.post(
    `/api/v1/runs/:run/steps/:stepKey/${path}`,
    {
      config: { permission: 'approval:decide', budget: 'write' },
      schema: { ...schema, summary: `Report a manual step as ${path.replace('-', ' ')}`, params: stepParams, body: answerBody },
    },
    async (request, reply) => {
      const view = await readRun(context, request.caller, request.params.run);
      const step = stepWithKey(view, request.params.stepKey).path;
      const { runId, planHash } = view.stored.run;
      const { reason } = request.body;
      const word = {
        kind,
        runId,
        planHash,
        step,
        ...reasonOf(request.body),
        ...formFor(view, step, { form: request.body.form, yes: kind === 'done' }),
      };
      const check = (atMs: number) => demandAnswer(request.caller, gateAt(view, step, 'manual'), { answer, planHash, atMs, reason });
      return accepted(reply, await sendWord(context, request.caller, { key: request.headers['idempotency-key'], word, check }));
    },
  );
}

function addResolve(app: App, context: ServerContext): void {
  app.post(
    '/api/v1/runs/:run/steps/:stepKey/resolve',
    {
      config: { permission: 'step:resolve', budget: 'write' },
      schema: { ...schema, summary: 'Say what an unknown step did', params: stepParams, body: resolveBody },
    },
    async (request, reply) => {
      const view = await readRun(context, request.caller, request.params.run);
      const { run } = view.stored;
      const step = stepWithKey(view, request.params.stepKey);
      demand(request.caller, 'step:resolve', resourceOf(run));
      const word = { kind: 'resolve' as const, runId: run.runId, step: step.path, ...request.body };
      const check = () => {
        if (step.state !== 'unknown')
          throw new RunwardError('CONFLICT_STATE', `${step.path} is ${step.state}: only an unknown step is resolved`);
      };
      return accepted(reply, await sendWord(context, request.caller, { key: request.headers['idempotency-key'], word, check }));
    },
  );
}

function reasonOf({ reason }: { readonly reason?: string | undefined }): { readonly reason?: string } {
  return reason === undefined ? {} : { reason };
}

function accepted(reply: FastifyReply, { replayed, ...answer }: WordAnswer) {
  if (replayed) void reply.header('idempotent-replayed', 'true');
  return reply.code(202).send(answer);
}
