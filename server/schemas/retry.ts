import { z } from 'zod';
import { component, digest, jsonObject, reason } from './component.ts';
import { confirm } from './run.ts';

/** What of an ended run shall be done again. */
export const retryBody = z
  .strictObject({
    mode: z.enum(['failed', 'from', 'only']),
    step: z.string().min(1).max(1500).optional().describe('Path of a step or item, with from and only'),
    inputs: jsonObject.optional().describe('Edited inputs: they make a new plan, and every step that reads them runs again'),
    reason: reason.optional(),
    confirm: confirm.describe('The name of the runbook, where the plan is severe'),
    planHash: digest.optional().describe('The plan of the preview: refused when it is another one now'),
  })
  .refine((body) => (body.mode === 'failed') === (body.step === undefined), {
    message: 'step goes with from and only, and they with a step',
  });

export const rollbackBody = z.strictObject({ reason: reason.optional(), confirm, planHash: digest.optional() });

export const retryQuery = z.strictObject({
  dryRun: z
    .enum(['true', 'false'])
    .default('false')
    .transform((text) => text === 'true'),
});

/** What a retry would do. */
export const retryPreview = component(
  'RetryPreview',
  z.object({
    apiVersion: z.literal('runward/v1'),
    kind: z.literal('RetryPreview'),
    run: z.object({ id: z.string(), number: z.number().int(), runbook: z.string(), status: z.string() }),
    mode: z.string(),
    planHash: z.string(),
    samePlan: z.boolean(),
    severity: z.enum(['mild', 'moderate', 'severe']),
    environment: z.string(),
    steps: z
      .array(
        z.object({
          path: z.string(),
          name: z.string(),
          becomes: z.enum(['kept', 'again', 'partly', 'left_out', 'undo']),
          kind: z.enum(['READ', 'MUTATES', 'UNKNOWN', 'GATE']),
          again: z.array(z.string()).readonly(),
          kept: z.number().int(),
        }),
      )
      .readonly(),
    changing: z.number().int().describe('How many steps that change something run again'),
    inputs: z.array(z.object({ name: z.string(), before: z.unknown(), after: z.unknown() })).readonly(),
    notes: z.array(z.string()).readonly(),
  }),
);
