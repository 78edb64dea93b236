import { z } from 'zod';
import { component, digest, instant, jsonObject, milliseconds } from './component.ts';

const purpose = z.enum(['operations', 'backup', 'restore-test', 'drill', 'failover', 'failback', 'drift']);

/** What a plan is asked for; secrets among the inputs are references. */
/** What a run may be for: also checks that are made on their own, which nobody starts by this word. */
export const runPurpose = z.enum([...purpose.options, 'readiness']);

export const planBody = z.strictObject({ runbook: z.string().min(1).max(200), as: purpose.optional(), inputs: jsonObject.default({}) });

const rowSchema = z.object({
  kind: z.enum(['READ', 'MUTATES', 'UNKNOWN', 'GATE']),
  path: z.string(),
  name: z.string(),
  section: z.enum(['readiness', 'steps', 'finally']),
  depth: z.number().int(),
  role: z.enum(['rollback', 'on_failure']).optional().describe('Runs only to undo the step above it, or only when that fails'),
  action: z.string(),
  targets: z.number().int().optional(),
  waves: z.array(z.number().int()).readonly().optional(),
  effect: z.enum(['read', 'named', 'guarded', 'blind']).optional(),
  severity: z.enum(['mild', 'moderate', 'severe']).optional(),
  note: z.string().optional(),
  calls: z.string().optional(),
  condition: z.enum(['always', 'never', 'depends']),
});

/** A plan: resolved, immutable, known by its hash. `canonical` is the exact text that was hashed. */
export const planSchema = component(
  'Plan',
  z.object({
    apiVersion: z.literal('runward/v1'),
    kind: z.literal('Plan'),
    planHash: digest,
    runbook: z.string(),
    title: z.string(),
    purpose: runPurpose,
    environment: z.string(),
    runbookDigest: digest,
    severity: z.enum(['mild', 'moderate', 'severe']),
    counts: z.object({ READ: z.number().int(), MUTATES: z.number().int(), UNKNOWN: z.number().int(), GATE: z.number().int() }),
    steps: z.array(rowSchema).readonly(),
    targets: z.record(
      z.string(),
      z.array(z.object({ key: z.string(), name: z.string(), id: z.string(), location: z.string().nullable() })).readonly(),
    ),
    inputs: jsonObject,
    notes: z.array(z.string()).readonly(),
    simulatedScale: z.number().optional(),
    rtoMs: milliseconds.optional(),
    /** From the newest runs that ended well; absent when there is none. */
    estimate: z.object({ medianMs: z.number(), fromMs: milliseconds, toMs: milliseconds, runs: z.number().int() }).optional(),
    /** Until when a run can start from it; absent for the plan of a run. */
    expiresAt: instant.optional(),
    canonical: z.string(),
  }),
);

/** The path parameter of a plan. */
export const planParams = z.object({ hash: digest });
