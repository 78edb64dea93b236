import { z } from 'zod';
import { component, digest, instant, jsonObject, milliseconds, page, paging, reason } from './component.ts';
import { planBody, runPurpose } from './plan.ts';

const runStates = [
  'queued',
  'running',
  'waiting',
  'paused',
  'cancelling',
  'unknown',
  'succeeded',
  'partially_failed',
  'failed',
  'cancelled',
  'rejected',
  'timed_out',
] as const;

const stepStatus = z.enum([
  'pending',
  'waiting',
  'running',
  'retrying',
  'succeeded',
  'recovered',
  'skipped',
  'partially_failed',
  'failed',
  'timed_out',
  'rolled_back',
  'rollback_failed',
  'cancelled',
  'unknown',
]);

const linkedRun = z.object({ id: z.string(), number: z.number().int(), runbook: z.string() });

const row = {
  apiVersion: z.literal('runward/v1'),
  kind: z.literal('Run'),
  id: z.string(),
  number: z.number().int(),
  runbook: z.string(),
  title: z.string(),
  purpose: z.string(),
  environment: z.string(),
  status: z.enum(runStates),
  phase: z.string(),
  outcome: z.string().optional(),
  reason: z.string().optional(),
  rollback: z.enum(['complete', 'failed']).optional(),
  planHash: z.string(),
  requester: z.object({ name: z.string() }),
  createdAt: instant,
  startedAt: instant.optional(),
  endedAt: instant.optional(),
  seq: z.number().int(),
  simulatedScale: z.number().optional(),
  selfApproved: z.boolean().optional(),
  outageAt: instant.optional().describe('When the outage began, by the word of whoever started the failover'),
  /** The run whose `call` started this one. */
  calledBy: linkedRun.extend({ step: z.string() }).optional(),
  pause: z
    .object({ cause: z.enum(['person', 'killed', 'failure', 'parked']), by: z.string(), reason: z.string().optional(), at: instant })
    .optional(),
  cleanup: z.literal('incomplete').optional(),
  retryOf: z
    .object({ id: z.string(), number: z.number().int(), mode: z.enum(['failed', 'from', 'only', 'rollback']), step: z.string().optional() })
    .optional(),
  url: z.string(),
};

const state = {
  status: stepStatus,
  percent: z.number().optional(),
  reason: z.string().optional(),
  error: z
    .object({
      kind: z.string(),
      message: z.string(),
      code: z.string().optional().describe('The finding that it is: `runward explain CODE` tells more'),
      place: z
        .object({ file: z.string(), line: z.number().int(), column: z.number().int() })
        .optional()
        .describe('Where the step stands in the runbook; only with a code'),
    })
    .optional(),
  startedAt: instant.optional(),
  endedAt: instant.optional(),
  stepKey: z.string().optional(),
  keptFrom: z.number().int().optional().describe('Number of the run whose result this is'),
  undoneBy: z.string().optional().describe('The undo step or the scope whose rollback undid this one'),
};

const stepSchema = z.object({
  path: z.string(),
  id: z.string(),
  name: z.string(),
  section: z.enum(['readiness', 'steps', 'finally']),
  depth: z.number().int(),
  ...state,
  attempt: z.number().int(),
  calls: linkedRun.optional(),
  items: z.array(z.object({ key: z.string(), ...state })).readonly(),
});

const waitingSchema = z.object({
  step: z.string(),
  kind: z.enum([
    ...(['approval', 'manual', 'timer', 'resolve'] as const),
    ...(['kill_switch', 'freeze', 'window', 'readiness', 'lock', 'concurrency'] as const),
  ]),
  by: z.array(z.string()).readonly(),
  message: z.string(),
  deadline: instant.optional(),
  stepKey: z.string(),
  answers: z
    .array(z.object({ as: z.string(), operation: z.string().optional(), consequence: z.string() }))
    .readonly()
    .optional()
    .describe('What a person may answer, each with its consequence'),
  level: z.enum(['moderate', 'severe']).optional(),
});

const objective = z.enum(['met', 'breached', 'not_measured']);

/** A run with its steps in the order of the runbook; `seq` is the number of the last event that it contains. */
export const runSchema = component(
  'Run',
  z.object({
    ...row,
    objectives: z.object({
      rto: z.object({ targetMs: milliseconds, elapsedMs: milliseconds.optional(), verdict: objective }).optional(),
      rpo: z.object({ targetMs: milliseconds, measuredMs: milliseconds.optional(), verdict: objective }).optional(),
    }),
    waitingFor: z.array(waitingSchema).readonly(),
    steps: z.array(stepSchema).readonly(),
    pendingCommands: z.number().int(),
    severity: z.enum(['mild', 'moderate', 'severe']).optional(),
    outputs: jsonObject.optional(),
    clockSkew: z.string().optional().describe("How far Azure's clock is from ours, where that is more than 30 s"),
    locks: z
      .array(z.object({ target: z.string(), since: instant }))
      .readonly()
      .optional(),
  }),
);

/** One line of a list of runs. */
export const runRowSchema = component('RunRow', z.object(row));

export const runPage = page(runRowSchema);

/** A start: by the hash of a plan that was made before, or by what to plan. */
export const runBody = z
  .strictObject({
    planHash: digest.optional(),
    runbook: planBody.shape.runbook.optional(),
    as: planBody.shape.as,
    inputs: jsonObject.optional(),
    reason: reason.optional(),
    confirm: z.string().max(200).optional().describe('The name of the runbook, for severe plans'),
    outageAt: instant
      .optional()
      .describe('Of a failover: when the outage began, within the last 7 days. The recovery point is measured from there'),
  })
  .refine((body) => (body.planHash === undefined) !== (body.runbook === undefined), { message: 'give either planHash or runbook' })
  .refine((body) => body.planHash === undefined || (body.as === undefined && body.inputs === undefined), {
    message: 'as and inputs are part of the plan already',
  });

/** A run by its number, its id, or at least 8 leading characters of the id. */
export const runParams = z.object({ run: z.string().regex(/^(\d{1,15}|[0-9a-f-]{8,36})$/) });

export const stepParams = runParams.extend({ stepKey: z.uuid() });

/** What a list of runs may be narrowed by. */
export const runListQuery = z.strictObject({
  status: z
    .string()
    .optional()
    .transform((text, context) => {
      const names = text === undefined ? undefined : text.split(',');
      const wrong = names?.find((name) => !runStates.some((known) => known === name));
      if (wrong !== undefined) context.addIssue({ code: 'custom', message: `unknown status "${wrong}"` });
      return names as (typeof runStates)[number][] | undefined;
    }),
  runbook: z.string().max(200).optional(),
  as: z
    .string()
    .optional()
    .describe('Purposes, with commas between them; without it everything but readiness checks that were made on their own')
    .transform((text, context) => {
      const names = text === undefined ? undefined : text.split(',');
      const wrong = names?.find((name) => !runPurpose.options.some((known) => known === name));
      if (wrong !== undefined) context.addIssue({ code: 'custom', message: `unknown purpose "${wrong}"` });
      return names as z.infer<typeof runPurpose>[] | undefined;
    }),
  ...paging,
});

/** What a cursor of the list holds: where to go on, and the filters it began with. */
export const runCursor = z.strictObject({
  before: z.number().int(),
  states: z.array(z.enum(runStates)).optional(),
  runbook: z.string().max(200).optional(),
  purposes: z.array(runPurpose).optional(),
});

/** The name that must be given for what is severe. */
export const confirm = z.string().max(200).optional();

export const controlBody = z.strictObject({ reason: reason.optional() });
export const cancelBody = controlBody.extend({
  rollback: z.boolean().optional().describe('Roll the run back before finally'),
  force: z.boolean().optional().describe('Severe: give up what is left of rollback and finally; needs confirm and reason'),
  confirm: confirm.describe('The name of the runbook, for a forced cancel'),
});
export const answerBody = z.strictObject({ reason: reason.optional(), form: jsonObject.optional() });
export const resolveBody = z
  .strictObject({
    as: z.enum(['succeeded', 'failed', 'again', 'adopt', 'rollback']),
    operation: z.string().min(1).max(8192).optional().describe('With adopt: the operation that is the effect of the step'),
    reason,
    confirm: confirm.describe('The name of the runbook, where the plan is severe'),
  })
  .refine((body) => (body.as === 'adopt') === (body.operation !== undefined), {
    message: 'operation goes with adopt, and adopt with an operation',
  });
