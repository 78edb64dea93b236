import { z } from 'zod';
import { component, jsonObject } from './component.ts';
import { findingSchema } from './finding.ts';

const row = {
  name: z.string(),
  title: z.string(),
  owner: z.string(),
  purposes: z.array(z.string()).readonly(),
  environment: z.string(),
  labels: z.record(z.string(), z.string()),
  path: z.string(),
  digest: z.string(),
};

/** One line of the list of published runbooks. */
export const runbookRow = component('RunbookRow', z.object(row));

/** A published runbook with its text, the JSON Schema of its inputs and what there is to say about it. */
export const runbookSchema = component(
  'Runbook',
  z.object({
    apiVersion: z.literal('runward/v1'),
    kind: z.literal('Runbook'),
    ...row,
    description: z.string().optional(),
    text: z.string(),
    inputs: jsonObject,
    findings: z.array(findingSchema).readonly(),
    webhooks: z.array(z.object({ id: z.string(), path: z.string(), inputs: z.array(z.string()).readonly() })).readonly(),
    schedules: z.array(z.object({ id: z.string(), cron: z.string(), timezone: z.string(), enabled: z.boolean() })).readonly(),
  }),
);

/** What publishing a project answers. */
export const publishedSchema = component(
  'Published',
  z.object({
    runbooks: z.array(z.string()).readonly(),
    inventories: z.array(z.string()).readonly(),
    calendars: z.array(z.string()).readonly(),
    findings: z.array(findingSchema).readonly(),
  }),
);
