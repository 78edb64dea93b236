import { z } from 'zod';
import type { DriftRecord } from '../../engine/dsc/drift-record.ts';
import { RunwardError } from '../../engine/errors.ts';
import type { JsonObject } from '../../engine/json.ts';
import type { App, ServerContext } from '../context.ts';
import { driftRowOf, driftTargetOf } from '../drift-view.ts';
import { type Caller, sees } from '../identify.ts';
import { page } from '../schemas/component.ts';
import { driftRow, driftTarget, driftText } from '../schemas/drift.ts';

const digest = z.string().regex(/^[0-9a-f]{64}$/);
const tags = ['drift'];

/** Machines against their configuration documents: the fleet, one machine, and the verdicts and evidence behind it. */
export function driftRoutes(app: App, context: ServerContext): void {
  const { store } = context.ports;

  app.get(
    '/api/v1/drift',
    {
      config: { permission: 'read' },
      schema: {
        summary: 'Machines and how they stand to their documents',
        tags,
        querystring: z.strictObject({ run: z.string().max(64).optional(), document: z.string().max(300).optional() }),
        response: { 200: page(driftRow) },
      },
    },
    async (request) => {
      const { run, document } = request.query;
      const rows = (await seen(context, request.caller)).map(driftRowOf).toSorted(byName);
      return {
        items: rows.filter((row) => (run === undefined || row.run === run) && (document === undefined || row.document === document)),
      };
    },
  );

  app.get(
    '/api/v1/drift/targets/:key',
    {
      config: { permission: 'read' },
      schema: {
        summary: 'One machine: differences, classes and history',
        tags,
        params: z.object({ key: digest }),
        response: { 200: driftTarget },
      },
    },
    async (request) => {
      const record = await store.readDrift(request.params.key);
      if (record === undefined || !sees(request.caller, resourceOf(record))) throw missing('machine was never checked');
      return driftTargetOf(record);
    },
  );

  for (const [path, field] of [
    ['verdicts', 'verdict'],
    ['evidence', 'evidence'],
  ] as const) {
    app.get(
      `/api/v1/drift/${path}/:digest`,
      {
        config: { permission: 'read' },
        schema: { summary: `A ${field} by its digest`, tags, params: z.object({ digest }), response: { 200: driftText } },
      },
      async (request) => {
        const wanted = request.params.digest;
        const known = (await seen(context, request.caller)).some((record) => record.checks.some((check) => check[field] === wanted));
        const text = known ? await store.readDriftText(wanted) : undefined;
        if (text === undefined) throw missing(`${field} has this digest`);
        return JSON.parse(text) as JsonObject;
      },
    );
  }
}

async function seen(context: ServerContext, caller: Caller): Promise<readonly DriftRecord[]> {
  return (await context.ports.store.listDrift()).filter((record) => sees(caller, resourceOf(record)));
}

// A record belongs to the runbook that wrote it last.
function resourceOf(record: DriftRecord) {
  const runbook = record.checks.at(-1)?.runbook;
  return { environment: record.target.environment, ...(runbook === undefined ? {} : { runbook }) };
}

function byName(left: { readonly target: string; readonly document: string }, right: typeof left): number {
  return left.target < right.target ? -1 : left.target > right.target ? 1 : left.document < right.document ? -1 : 1;
}

function missing(what: string): RunwardError {
  return new RunwardError('NOT_FOUND_DRIFT', `no ${what}`);
}
