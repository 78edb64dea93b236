import type { App, ServerContext } from '../context.ts';
import { demandAnswer, judgeAnswer } from '../decisions.ts';
import type { OpenGate } from '../gates.ts';
import { formFor, gateAt, gatePlace, gateView, openGates } from '../gates.ts';
import type { Caller } from '../identify.ts';
import { readRun } from '../run-view.ts';
import { approvalParams, approvalQuery, approvalSchema, approveBody, denyBody } from '../schemas/approval.ts';
import { commandAnswer, idempotencyHeader, page } from '../schemas/component.ts';
import { sendWord } from '../words.ts';

/** What runs wait for people to decide, and the decisions. The worker that holds the run applies them. */
export function approvalRoutes(app: App, context: ServerContext): void {
  addReads(app, context);
  addDecision(app, context, 'approve');
  addDecision(app, context, 'deny');
}

function addReads(app: App, context: ServerContext): void {
  const config = { permission: 'read' } as const;

  app.get(
    '/api/v1/approvals',
    {
      config,
      schema: {
        summary: 'Gates that wait, the nearest deadline first',
        tags: ['approvals'],
        querystring: approvalQuery,
        response: { 200: page(approvalSchema) },
      },
    },
    async (request) => {
      const gates = await openGates(context, request.caller);
      const items = gates.map((gate) => shown(request.caller, gate));
      return { items: request.query.mine === 'true' ? items.filter((gate) => gate.mayDecide) : items };
    },
  );

  app.get(
    '/api/v1/approvals/:id',
    {
      config,
      schema: { summary: 'Look at a gate that waits', tags: ['approvals'], params: approvalParams, response: { 200: approvalSchema } },
    },
    async (request) => {
      const { run, step } = gatePlace(request.params.id);
      return shown(request.caller, gateAt(await readRun(context, request.caller, run), step));
    },
  );
}

function addDecision(app: App, context: ServerContext, kind: 'approve' | 'deny'): void {
  app.post(
    `/api/v1/approvals/:id/${kind}`,
    {
      config: { permission: 'approval:decide', budget: 'write' },
      schema: {
        summary: kind === 'approve' ? 'Approve: bound to the hash of the plan' : 'Deny: final for the run',
        tags: ['approvals'],
        headers: idempotencyHeader,
        params: approvalParams,
        body: kind === 'approve' ? approveBody : denyBody,
        response: { 200: commandAnswer },
      },
    },
    async (request, reply) => {
      const { run, step } = gatePlace(request.params.id);
      const view = await readRun(context, request.caller, run);
      const { planHash, reason } = request.body;
      const given = 'form' in request.body ? request.body.form : undefined;
      const waive = 'waive' in request.body ? request.body.waive : undefined;
      const form = formFor(view, step, { form: given, yes: kind === 'approve' });
      const word = {
        kind,
        runId: view.stored.run.runId,
        step,
        planHash,
        ...(reason === undefined ? {} : { reason }),
        ...(waive === undefined ? {} : { waive }),
        ...form,
      };
      const check = (atMs: number) =>
        demandAnswer(request.caller, gateAt(view, step, 'approval'), { answer: kind, planHash, atMs, reason, waive });
      const { replayed, ...answer } = await sendWord(context, request.caller, { key: request.headers['idempotency-key'], word, check });
      if (replayed) void reply.header('idempotent-replayed', 'true');
      return answer;
    },
  );
}

function shown(caller: Caller, gate: OpenGate) {
  const { planHash } = gate.view.stored.run;
  const answer = gate.step.body.kind === 'approval' ? 'approve' : 'done';
  return gateView(gate, judgeAnswer(caller, gate, { answer, planHash, atMs: gate.view.stored.nowMs }));
}
