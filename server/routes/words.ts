import type { FastifyReply } from 'fastify';
import { RunwardError } from '../../engine/errors.ts';
import { controlRefusal } from '../../engine/run/control.ts';
import { isPaused } from '../../engine/run/paused-step.ts';
import type { RunRecord } from '../../engine/run/record.ts';
import { hasEnded } from '../../engine/run/run-state.ts';
import type { App, ServerContext } from '../context.ts';
import { confirmSevere, type Consent } from '../danger.ts';
import { demandAnswer } from '../decisions.ts';
import { formFor, gateAt } from '../gates.ts';
import { type Caller, demand } from '../identify.ts';
import { readRun, resourceOf, stepWithKey } from '../run-view.ts';
import { commandAnswer, idempotencyHeader } from '../schemas/component.ts';
import { answerBody, cancelBody, controlBody, resolveBody, runParams, stepParams } from '../schemas/run.ts';
import type { WordAnswer } from '../words.ts';
import { sendWord } from '../words.ts';

const schema = { tags: ['runs'], headers: idempotencyHeader, response: { 202: commandAnswer } };

/** What people say to a run: cancel, pause, resume, the answer to a manual step, the truth about an unknown one. */
export function wordRoutes(app: App, context: ServerContext): void {
  addCancel(app, context);
  addHold(app, context, { kind: 'pause', summary: 'Pause a run: nothing new starts, what was sent is followed, its targets stay locked' });
  addHold(app, context, { kind: 'resume', summary: 'Let a paused run go on' });
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
        summary: 'Cancel a run: nothing new starts, what was sent is followed to its end; force gives up rollback and finally',
        params: runParams,
        body: cancelBody,
      },
    },
    async (request, reply) => {
      const { confirm, ...said } = request.body;
      const { run } = (await readRun(context, request.caller, request.params.run)).stored;
      demand(request.caller, 'run:control', resourceOf(run));
      const word = { kind: 'cancel' as const, runId: run.runId, ...said };
      const check = () => {
        demandControl(run, word);
        if (said.force === true)
          confirmSevere({ what: `a forced cancel of run ${run.number}`, expected: run.runbook }, { ...said, confirm });
      };
      return accepted(reply, await sendWord(context, request.caller, { key: request.headers['idempotency-key'], word, check }));
    },
  );
}

function addHold(
  app: App,
  context: ServerContext,
  { kind, summary }: { readonly kind: 'pause' | 'resume'; readonly summary: string },
): void {
  app.post(
    `/api/v1/runs/:run/${kind}`,
    { config: { permission: 'run:control', budget: 'control' }, schema: { ...schema, summary, params: runParams, body: controlBody } },
    async (request, reply) => {
      const { run } = (await readRun(context, request.caller, request.params.run)).stored;
      demand(request.caller, 'run:control', resourceOf(run));
      // What runward parked it does not trust itself with: who lets it go on must look after the installation.
      if (kind === 'resume' && run.state === 'paused' && (run.pause?.cause ?? 'parked') === 'parked')
        demand(request.caller, 'admin', resourceOf(run));
      const word = { kind, runId: run.runId, ...reasonOf(request.body) };
      const check = () => demandControl(run, word);
      return accepted(reply, await sendWord(context, request.caller, { key: request.headers['idempotency-key'], word, check }));
    },
  );
}

function demandControl(run: RunRecord, asked: Parameters<typeof controlRefusal>[1]): void {
  if (hasEnded(run.state)) return;
  const why = controlRefusal(run, asked);
  if (why !== undefined) throw new RunwardError('CONFLICT_STATE', `run ${run.number}: ${why}`);
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
      schema: {
        ...schema,
        summary: 'Say what an unknown step did, or what becomes of a failed one',
        params: stepParams,
        body: resolveBody,
      },
    },
    async (request, reply) => {
      const { confirm, ...said } = request.body;
      const view = await readRun(context, request.caller, request.params.run);
      const { run } = view.stored;
      const step = stepWithKey(view, request.params.stepKey);
      demand(request.caller, 'step:resolve', resourceOf(run));
      const word = { kind: 'resolve' as const, runId: run.runId, step: step.path, ...said };
      const check = () => {
        if (step.state !== 'unknown' && !isPaused(step))
          throw new RunwardError('CONFLICT_STATE', `${step.path} is ${step.state}: only a step that asks for an answer is resolved`);
        if (view.plan.severity === 'severe') demandSecondPerson(request.caller, run, { ...said, confirm });
      };
      return accepted(reply, await sendWord(context, request.caller, { key: request.headers['idempotency-key'], word, check }));
    },
  );
}

/** What an unclear step of a severe plan did is not for the one who started it to say alone. */
function demandSecondPerson({ principal }: Caller, run: RunRecord, consent: Consent): void {
  confirmSevere({ what: `an answer about run ${run.number}`, expected: run.runbook }, consent);
  if (principal.kind === 'local' || principal.id !== run.requester.id) return;
  throw new RunwardError(
    'ACCESS_SELF_APPROVAL',
    `the plan of run ${run.number} is severe: a second person answers, not ${principal.name}, who started it`,
  );
}

function reasonOf({ reason }: { readonly reason?: string | undefined }): { readonly reason?: string } {
  return reason === undefined ? {} : { reason };
}

function accepted(reply: FastifyReply, { replayed, ...answer }: WordAnswer) {
  if (replayed) void reply.header('idempotent-replayed', 'true');
  return reply.code(202).send(answer);
}
