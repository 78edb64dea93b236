import { RunwardError } from '../../engine/errors.ts';
import { parseInstantMs } from '../../engine/language/instant.ts';
import type { JsonObject } from '../../engine/json.ts';
import { computeVars } from '../../engine/plan/vars.ts';
import { pauseSchedule, resumeSchedule } from '../../engine/schedule/control.ts';
import type { App, ServerContext } from '../context.ts';
import { listSchedules, scheduleNamed, scheduleView, slotsView } from '../schedule-view.ts';
import { idempotencyHeader } from '../schemas/component.ts';
import { runSchema } from '../schemas/run.ts';
import {
  pauseBody,
  resumeBody,
  scheduleParams,
  schedulePage,
  scheduleSchema,
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
  addTrigger(app, context);
}

function addControls(app: App, context: ServerContext): void {
  const { ports } = context;
  const schema = { tags: ['schedules'], headers: idempotencyHeader, params: scheduleParams, response: { 200: scheduleSchema } };
  const config = { permission: 'trigger:write', budget: 'control' } as const;

  app.post(
    '/api/v1/schedules/:id/pause',
    { config, schema: { ...schema, summary: 'Pause a schedule: its slots are skipped, with the reason', body: pauseBody } },
    async (request) => {
      const { id } = await scheduleNamed(context, request.caller, { id: request.params.id, permission: 'trigger:write' });
      const { reason, until } = request.body;
      const by = request.caller.principal.name;
      const paused = await pauseSchedule(ports, id, { by, reason, ...(until === undefined ? {} : { untilMs: untilOf(until) }) });
      ports.log.warn('schedule paused', { schedule: id, principal: request.caller.principal.id, reason });
      return scheduleView(ports.store, paused);
    },
  );

  app.post(
    '/api/v1/schedules/:id/resume',
    { config, schema: { ...schema, summary: 'Let a paused or parked schedule fire again', body: resumeBody } },
    async (request) => {
      const { id } = await scheduleNamed(context, request.caller, { id: request.params.id, permission: 'trigger:write' });
      const resumed = await resumeSchedule(ports, id);
      ports.log.info('schedule resumed', { schedule: id, principal: request.caller.principal.id, reason: request.body.reason ?? '' });
      return scheduleView(ports.store, resumed);
    },
  );
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
  const ms = parseInstantMs(text);
  if (ms === undefined) throw new RunwardError('USAGE_BODY', 'until is an RFC 3339 time with an offset');
  return ms;
}
