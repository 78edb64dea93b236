import { z } from 'zod';
import { component, instant, jsonObject, milliseconds } from './component.ts';
import { planReadiness, readyWord } from './readiness.ts';
import { runRowSchema } from './run.ts';

const objective = z.object({
  targetMs: milliseconds.optional(),
  measuredMs: milliseconds.optional(),
  verdict: z.enum(['met', 'breached', 'exceeded', 'severe', 'critical', 'not_measured']),
});

const drillRun = z.object({
  run: z.number().int(),
  runId: z.string(),
  status: z.string(),
  endedAt: instant,
  rto: objective,
  rpo: objective,
});

const drill = z.object({
  runbook: z.string(),
  environment: z.string(),
  proof: z.enum(['proven', 'changed', 'overdue', 'failed', 'never']),
  last: drillRun.optional(),
  everyMs: milliseconds.optional(),
  dueAt: instant.optional().describe('drill_every after the last drill that succeeded'),
  rto: objective,
  rpo: objective,
  changes: z.array(z.string()).readonly().describe('What differs from what the drill ran'),
  history: z.array(drillRun).readonly().describe('Newest first'),
});

const check = z.object({
  check: z.string(),
  name: z.string(),
  state: z.enum(['passed', 'failed', 'unknown', 'skipped']),
  message: z.string().optional(),
  at: instant.optional(),
  run: z.number().int().optional(),
});

const runbook = z.object({
  name: z.string(),
  title: z.string(),
  purposes: z.array(z.string()).readonly(),
  environment: z.string(),
  ready: readyWord.optional().describe('Absent: it has no readiness checks'),
  at: instant.optional().describe('Time of the oldest result that counts'),
  everyMs: milliseconds.optional().describe('Absent: its checks are not made on their own'),
  nextAt: instant.optional(),
  checks: z.array(check).readonly(),
});

/** What is recovered together: what its drills prove, and what its readiness checks say. */
export const applicationSchema = component(
  'Application',
  z.object({
    apiVersion: z.literal('runward/v1'),
    kind: z.literal('Application'),
    app: z.string(),
    ready: readyWord
      .optional()
      .describe(
        'The worst of the checks of its drills, failovers and failbacks, and of its recovery plans; absent where none has readiness checks',
      ),
    at: instant.optional(),
    drills: z.array(drill).readonly(),
    runbooks: z.array(runbook).readonly(),
    recoveryPlans: z.array(planReadiness).readonly().describe('What the checks have read of its recovery plans and their machines'),
  }),
);

/** Every application; with `coverage` also the machines that replicate and that no drill covers. */
export const recoveryBoard = component(
  'RecoveryBoard',
  z.object({
    items: z.array(applicationSchema).readonly(),
    uncovered: z
      .object({
        machines: z.array(z.object({ machine: z.string(), vault: z.string() })).readonly(),
        unread: z.array(z.string()).readonly().describe('What could not be read: the list is not whole then'),
      })
      .optional(),
  }),
);

export const boardQuery = z.strictObject({
  coverage: z
    .enum(['true', 'false'])
    .default('false')
    .transform((text) => text === 'true')
    .describe('Ask Azure for machines that replicate and that no drill covers'),
});

export const applicationParams = z.object({ app: z.string().min(1).max(200) });

export const checksBody = z.strictObject({
  inputs: jsonObject.optional().describe('Inputs that the checks read and that have no value otherwise'),
});

/** Checks that were asked for: a run for each runbook, and the runbooks whose checks could not be planned. */
export const checksStarted = component(
  'ChecksStarted',
  z.object({
    runs: z.array(runRowSchema).readonly(),
    refused: z.array(z.object({ runbook: z.string(), reason: z.string() })).readonly(),
  }),
);
