import { z } from 'zod';
import { component, instant, reason } from './component.ts';

const freezeSchema = component(
  'Freeze',
  z.object({
    id: z.string(),
    from: instant,
    to: instant,
    reason: z.string(),
    environments: z.array(z.string()).readonly(),
    by: z.string(),
    holds: z.boolean().describe('It holds changes now'),
    removalAskedBy: z.string().optional(),
  }),
);

/** What stops changes, and the runs that it stops. */
export const controlsSchema = component(
  'Controls',
  z.object({
    apiVersion: z.literal('runward/v1'),
    kind: z.literal('Controls'),
    kill: z.object({
      on: z.boolean(),
      reason: z.string().optional(),
      by: z.string().optional(),
      since: instant.optional(),
      offAskedBy: z.string().optional().describe('One of two administrators has asked to turn it off'),
    }),
    workers: z
      .array(z.object({ worker: z.string(), reason: z.string() }))
      .readonly()
      .describe('Workers that change nothing by their own switch, or because they cannot read the one of the store'),
    freezes: z.array(freezeSchema).readonly(),
    runs: z
      .array(z.object({ number: z.number().int(), runbook: z.string(), status: z.string(), reason: z.string() }))
      .readonly()
      .describe('Runs that wait for the switch, or for a person since it was on'),
  }),
);

export const killBody = z.strictObject({ on: z.boolean(), reason, confirm: z.string().optional() });

export const freezeBody = z.strictObject({
  environments: z
    .array(z.string().regex(/^[a-z][a-z0-9-]{0,62}$/))
    .min(1)
    .max(50),
  from: z.string().optional().describe('RFC 3339; now when it is left out'),
  to: z.string().describe('RFC 3339'),
  reason,
});

export const freezeParams = z.object({ id: z.string().min(1).max(200) });
export const removalQuery = z.object({ reason });
