import { z } from 'zod';
import { component, jsonObject } from './component.ts';

const status = z.enum(['drifted', 'unknown', 'compliant', 'notApplicable']);
const severity = z.enum(['critical', 'high', 'medium', 'low', 'info', 'none']);
const driftClass = z.enum(['initial', 'intentional', 'unauthorised']);
const time = z.string();

const row = {
  /** Names the machine and its document in addresses. */
  key: z.string(),
  target: z.string(),
  targetId: z.string(),
  environment: z.string(),
  document: z.string(),
  /** What steps give the document; each set of values has a history of its own. */
  parameters: jsonObject.optional(),
  status,
  /** Since when the machine is in this state. */
  since: time,
  checkedAt: time,
  run: z.string(),
  runbook: z.string(),
  drifted: z.number().int(),
  unknown: z.number().int(),
  severity,
  class: driftClass.optional(),
  lastCompliantAt: time.optional(),
  verdict: z.string().optional(),
  evidence: z.string().optional(),
  /** Why the machine could not be observed. */
  message: z.string().optional(),
};

/** One machine and one document as the last check left them. */
export const driftRow = component('DriftRow', z.object(row));

const difference = z.object({
  resource: z.string(),
  /** JSON Pointer into the properties of the resource. */
  path: z.string(),
  desired: z.unknown(),
  actual: z.unknown().optional(),
  code: z.string(),
  phrase: z.string(),
  severity,
  class: driftClass,
  cause: z.enum(['document', 'engine']).optional(),
  documentChanged: z.boolean().optional(),
  persisting: z.boolean(),
  firstSeen: time,
});

/** One machine with its differences, what was not observed, and its history. */
export const driftTarget = component(
  'DriftTarget',
  z.object({
    apiVersion: z.literal('runward/v1'),
    kind: z.literal('DriftTarget'),
    ...row,
    differences: z.array(difference).readonly(),
    unobserved: z.array(z.object({ resource: z.string(), path: z.string(), code: z.string(), phrase: z.string() })).readonly(),
    resolved: z
      .array(
        z.object({
          resource: z.string(),
          path: z.string(),
          class: driftClass,
          by: z.enum(['document', 'set', 'elsewhere']),
          firstSeen: time,
          at: time,
        }),
      )
      .readonly(),
    checks: z
      .array(
        z.object({
          at: time,
          run: z.string(),
          runbook: z.string(),
          step: z.string(),
          status,
          drifted: z.number().int(),
          unknown: z.number().int(),
          class: driftClass.optional(),
          verdict: z.string().optional(),
          message: z.string().optional(),
        }),
      )
      .readonly(),
  }),
);

/** A stored verdict or the evidence behind it. */
export const driftText = jsonObject;
