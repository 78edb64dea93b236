import { z } from 'zod';
import { component, digest, instant, jsonObject, reason } from './component.ts';

/** A gate that a run waits at, with whom it asks and what was answered so far. */
export const approvalSchema = component(
  'Approval',
  z.object({
    apiVersion: z.literal('runward/v1'),
    kind: z.literal('Approval'),
    id: z.string(),
    run: z.object({
      id: z.string(),
      number: z.number().int(),
      runbook: z.string(),
      title: z.string(),
      requester: z.string(),
      reason: z.string().optional().describe('Why it was asked for, in the words of who did'),
      outageAt: instant.optional().describe('When the outage began, by the word of whoever started the failover'),
    }),
    step: z.string(),
    stepKey: z.string(),
    asks: z.enum(['approval', 'manual']),
    message: z.string(),
    by: z.array(z.string()).readonly(),
    need: z.number().int(),
    form: jsonObject,
    decisions: z
      .array(z.object({ by: z.string(), answer: z.string(), at: instant, reason: z.string().optional(), waive: z.string().optional() }))
      .readonly(),
    notReady: z
      .array(z.object({ check: z.string(), message: z.string() }))
      .readonly()
      .describe('Readiness checks that failed: an approval counts when they are repaired, or when it waives the one that failed'),
    deadline: instant.optional(),
    planHash: digest,
    severity: z.enum(['mild', 'moderate', 'severe']),
    environment: z.string(),
    /** Whether the asking principal may decide, and if not, why. */
    mayDecide: z.boolean(),
    whyNot: z.string().optional(),
  }),
);

/** `<run number>.<step path>` */
export const approvalParams = z.object({ id: z.string().regex(/^\d{1,15}\..{1,400}$/) });

export const approvalQuery = z.strictObject({ mine: z.enum(['true', 'false']).optional() });
export const approveBody = z.strictObject({
  planHash: digest,
  reason: reason.optional(),
  form: jsonObject.optional(),
  waive: z.string().min(1).max(63).optional().describe('The failed readiness check that this approval lets pass, for this run only'),
});
export const denyBody = z.strictObject({ planHash: digest, reason });
