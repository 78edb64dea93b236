import { z } from 'zod';
import type { LoadedRunbook } from '../../engine/language/load.ts';
import { findingsJson } from '../../engine/language/render-json.ts';

import type { App, ServerContext } from '../context.ts';
import { demandFreezes, publishFreezes } from '../controls.ts';
import { demand, sees } from '../identify.ts';
import { inputSchema } from '../input-schema.ts';
import { loneApprovals } from '../lone-approvals.ts';
import { placeOf, runbookNamed } from '../projects.ts';
import { publishSchedules } from '../schedules.ts';
import { page } from '../schemas/component.ts';
import { filesBody, findingsSchema } from '../schemas/finding.ts';
import { publishedSchema, runbookRow, runbookSchema } from '../schemas/runbook.ts';

/** Checking documents, publishing them, and what is published. */
export function runbookRoutes(app: App, context: ServerContext): void {
  const { projects, ports } = context;

  app.post(
    '/api/v1/validate',
    {
      config: { permission: 'plan', budget: 'read' },
      schema: { summary: 'Check documents; nothing is stored', tags: ['runbooks'], body: filesBody, response: { 200: findingsSchema } },
    },
    async (request) => findingsJson(projects.check(request.body.files).findings, request.body.files.length),
  );

  app.put(
    '/api/v1/runbooks',
    {
      config: { permission: 'project:publish', budget: 'write' },
      schema: { summary: 'Publish documents', tags: ['runbooks'], body: filesBody, response: { 200: publishedSchema } },
    },
    async (request) => {
      const published = await projects.publish(request.body.files, {
        writer: request.caller.principal,
        allow: (resource) => demand(request.caller, 'project:publish', resource),
        demandAll: (loaded) => demandFreezes(context, request.caller, loaded),
      });
      await publishFreezes(context, published);
      const { runbooks, inventories, calendars } = published;
      const alone = await loneApprovals(context, new Set(request.body.files.map(({ path }) => path)));
      const findings = [...published.findings, ...alone];
      await publishSchedules(context, published, { writer: request.caller.principal, files: request.body.files });
      ports.log.info('project published', { principal: request.caller.principal.id, files: request.body.files.length });
      return { runbooks: [...runbooks.keys()], inventories: [...inventories.keys()], calendars: [...calendars.keys()], findings };
    },
  );

  app.get(
    '/api/v1/runbooks',
    {
      config: { permission: 'read' },
      schema: { summary: 'Published runbooks', tags: ['runbooks'], response: { 200: page(runbookRow) } },
    },
    async (request) => {
      const loaded = [...(await projects.current()).runbooks.values()];
      return {
        items: loaded.filter((one) => sees(request.caller, placeOf(one))).map((one) => row(one, ports.ids.sha256)),
      };
    },
  );

  app.get(
    '/api/v1/runbooks/:name',
    {
      config: { permission: 'read' },
      schema: {
        summary: 'A runbook with its text, inputs and findings',
        tags: ['runbooks'],
        params: z.object({ name: z.string().max(200) }),
        response: { 200: runbookSchema },
      },
    },
    async (request) => {
      const loaded = await runbookNamed(projects, request.caller, request.params.name);
      const findings = (await projects.current()).findings.filter((finding) => finding.file === loaded.path);
      return detail(loaded, { ...row(loaded, ports.ids.sha256), findings });
    },
  );
}

function row({ runbook, path, text }: LoadedRunbook, sha256: (text: string) => string) {
  const { name, title, owner, purposes, environment, labels } = runbook;
  return { name, title, owner, purposes, environment, labels, path, digest: sha256(text) };
}

function detail<Row extends object>({ runbook, text }: LoadedRunbook, known: Row) {
  return {
    apiVersion: 'runward/v1' as const,
    kind: 'Runbook' as const,
    ...known,
    ...(runbook.description === undefined ? {} : { description: runbook.description }),
    text,
    inputs: inputSchema(runbook.inputs),
    webhooks: (runbook.webhooks ?? []).map(({ id, inputs }) => ({ id, path: `/api/v1/hooks/${runbook.name}.${id}`, inputs })),
    schedules: runbook.schedules.map(({ id, cron, timezone, enabled }) => ({ id, cron, timezone, enabled })),
  };
}
