import type { FastifyReply } from 'fastify';
import { isProduction } from '../../engine/access/decide.ts';
import { recordFact } from '../../engine/audit/system-chain.ts';
import { RunwardError } from '../../engine/errors.ts';
import { parseInstantMs } from '../../engine/language/instant.ts';
import type { JsonObject } from '../../engine/json.ts';
import { computeVars } from '../../engine/plan/vars.ts';
import { timeText } from '../../engine/run/summary.ts';
import { enableSchedule, pauseSchedule, resumeSchedule } from '../../engine/schedule/control.ts';
import { skipSlot } from '../../engine/schedule/skip-slot.ts';
import type { StoredSchedule } from '../../engine/schedule/stored-schedule.ts';
import type { App, ServerContext } from '../context.ts';
import type { Caller } from '../identify.ts';
import { factOf, once } from '../once.ts';
import { listSchedules, recordView, scheduleNamed, scheduleView, slotsView } from '../schedule-view.ts';
import { idempotencyHeader, instant } from '../schemas/component.ts';
import { runSchema } from '../schemas/run.ts';
import {
  pauseBody,
  resumeBody,
  scheduleParams,
  schedulePage,
  scheduleSchema,
  skipBody,
  slotSchema,
  slotsQuery,
  slotsSchema,
  triggerBody,
} from '../schemas/schedule.ts';
import { start } from '../start.ts';

/** Schedules, their slots, and what people do to them. */
export function scheduleRoutes(app: App, context: ServerContext): void {
  const { store } = context.ports;
  const tags = ['schedules'];

  app.get(
    '/api/v1/schedules',
    { config: { permission: 'read' }, schema: { summary: 'Schedules and their states', tags, response: { 200: schedulePage } } },
    async (request) => listSchedules(context, request.caller),
  );

  app.get(
    '/api/v1/schedules/:id',
    {
      config: { permission: 'read' },
      schema: { summary: 'Look at a schedule', tags, params: scheduleParams, response: { 200: scheduleSchema } },
    },
    async (request) => scheduleView(store, await scheduleNamed(context, request.caller, { id: request.params.id })),
  );

  app.get(
    '/api/v1/schedules/:id/slots',
    {
      config: { permission: 'read' },
      schema: {
        summary: 'Coming slots as they will fire, and what became of past ones',
        tags,
        params: scheduleParams,
        querystring: slotsQuery,
        response: { 200: slotsSchema },
      },
    },
    async (request) => slotsView(context, await scheduleNamed(context, request.caller, { id: request.params.id }), request.query),
  );
  addControls(app, context);
  addSkip(app, context);
  addTrigger(app, context);
}

function addControls(app: App, context: ServerContext): void {
  const { ports } = context;
  const schema = { tags: ['schedules'], headers: idempotencyHeader, params: scheduleParams, response: { 200: scheduleSchema } };
  const config = { permission: 'trigger:write', budget: 'control' } as const;

  app.post(
    '/api/v1/schedules/:id/pause',
    { config, schema: { ...schema, summary: 'Pause a schedule: its slots are skipped, with the reason', body: pauseBody } },
    async (request, reply) => {
      const { id } = await scheduleNamed(context, request.caller, { id: request.params.id, permission: 'trigger:write' });
      const { reason, until } = request.body;
      const act = (by: string) => pauseSchedule(ports, id, { by, reason, ...(until === undefined ? {} : { untilMs: untilOf(until) }) });
      return controlled(context, request, reply, { id, word: 'pause', body: request.body, act });
    },
  );

  app.post(
    '/api/v1/schedules/:id/resume',
    { config, schema: { ...schema, summary: 'Let a paused or parked schedule fire again', body: resumeBody } },
    async (request, reply) => {
      const { id } = await scheduleNamed(context, request.caller, { id: request.params.id, permission: 'trigger:write' });
      return controlled(context, request, reply, { id, word: 'resume', body: request.body, act: () => resumeSchedule(ports, id) });
    },
  );

  app.post(
    '/api/v1/schedules/:id/enable',
    {
      config: { permission: 'trigger:enable', budget: 'control' },
      schema: { ...schema, summary: 'Turn on a schedule that its document leaves off', body: resumeBody },
    },
    async (request, reply) => {
      const stored = await scheduleNamed(context, request.caller, { id: request.params.id, permission: 'trigger:enable' });
      demandOther(request.caller, stored);
      const act = (by: string) => enableSchedule(ports, stored.id, { by, ...reasonOf(request.body) });
      return controlled(context, request, reply, { id: stored.id, word: 'enable', body: request.body, act });
    },
  );
}

function addSkip(app: App, context: ServerContext): void {
  app.post(
    '/api/v1/schedules/:id/slots/:slot/skip',
    {
      config: { permission: 'trigger:write', budget: 'control' },
      schema: {
        summary: 'Record a slot as skipped that waits for its run and does not get it',
        tags: ['schedules'],
        headers: idempotencyHeader,
        params: scheduleParams.extend({ slot: instant }),
        body: skipBody,
        response: { 200: slotSchema },
      },
    },
    async (request, reply) => {
      const { id } = await scheduleNamed(context, request.caller, { id: request.params.id, permission: 'trigger:write' });
      const slotMs = instantOf(request.params.slot, 'the slot');
      const { reason } = request.body;
      const what = `schedule ${id} slot ${timeText(slotMs)} skip`;
      const { answer, replayed } = await once(context, request.caller, {
        request: { key: request.headers['idempotency-key'], what, body: request.body },
        act: async () => {
          await recordFact(context.ports, factOf(request.caller, 'schedule.skip', { schedule: id, slot: timeText(slotMs), reason }));
          return recordView(await skipSlot(context.ports, { id, slotMs, by: request.caller.principal.name, reason }));
        },
      });
      if (replayed) void reply.header('idempotent-replayed', 'true');
      return answer;
    },
  );
}

interface Control {
  readonly id: string;
  readonly word: 'pause' | 'resume' | 'enable';
  readonly body: { readonly reason?: string | undefined };
  readonly act: (by: string) => Promise<StoredSchedule>;
}

/** Does what a person said about a schedule once for each key, and writes who and why in front of it. */
async function controlled(
  context: ServerContext,
  request: { readonly caller: Caller; readonly headers: { readonly 'idempotency-key': string } },
  reply: FastifyReply,
  { id, word, body, act }: Control,
) {
  const { ports } = context;
  const { answer, replayed } = await once(context, request.caller, {
    request: { key: request.headers['idempotency-key'], what: `schedule ${id} ${word}`, body },
    act: async () => {
      await recordFact(ports, factOf(request.caller, `schedule.${word}`, { schedule: id, ...body }));
      const changed = await act(request.caller.principal.name);
      ports.log.warn('schedule controlled', { schedule: id, word, principal: request.caller.principal.id, reason: body.reason ?? '' });
      return scheduleView(ports.store, changed);
    },
  });
  if (replayed) void reply.header('idempotent-replayed', 'true');
  return answer;
}

/** What its writer left off in production, another person turns on. */
function demandOther({ principal }: Caller, { id, rule, writer }: StoredSchedule): void {
  if (principal.kind === 'local' || principal.id !== writer.id || !isProduction(rule.environment)) return;
  throw new RunwardError('ACCESS_SELF_APPROVAL', `${id} was published by ${writer.name}: another person enables it for production`);
}

function reasonOf({ reason }: { readonly reason?: string | undefined }): { readonly reason?: string } {
  return reason === undefined ? {} : { reason };
}

function addTrigger(app: App, context: ServerContext): void {
  app.post(
    '/api/v1/schedules/:id/trigger',
    {
      config: { permission: 'trigger:write', budget: 'start' },
      schema: {
        summary: 'Start a run now with the inputs of a schedule; no slot is used up',
        tags: ['schedules'],
        headers: idempotencyHeader,
        params: scheduleParams,
        body: triggerBody,
        response: { 202: runSchema },
      },
    },
    async (request, reply) => {
      const { id, rule } = await scheduleNamed(context, request.caller, { id: request.params.id, permission: 'trigger:write' });
      if (rule.checks === true)
        throw new RunwardError(
          'CONFLICT_STATE',
          `${id} makes readiness checks and starts no run of ${rule.runbook}: POST /api/v1/dr/{app}/readiness makes them now`,
        );
      const { vars, failed } = computeVars(rule.inputs, {}, await context.ports.store.nowMs());
      const [broken] = Object.entries(failed);
      if (broken !== undefined) throw new RunwardError('USAGE_DOCUMENT', `input ${broken[0]} of ${id}: ${broken[1]}`);
      const body = { runbook: rule.runbook, inputs: vars as JsonObject, reason: request.body.reason ?? `schedule ${id}, by hand` };
      const { run, replayed } = await start(context, request.caller, { key: request.headers['idempotency-key'], body });
      if (replayed) void reply.header('idempotent-replayed', 'true');
      return reply.code(202).header('location', `/api/v1/runs/${run.id}`).send(run);
    },
  );
}

function untilOf(text: string): number {
  return instantOf(text, 'until');
}

function instantOf(text: string, what: string): number {
  const ms = parseInstantMs(text);
  if (ms === undefined) throw new RunwardError('USAGE_BODY', `${what} is an RFC 3339 time with an offset`);
  return ms;
}
