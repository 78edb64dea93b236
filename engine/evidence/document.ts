import { z } from 'zod';

/** The top-level members of an evidence document that carry content; everything else is header, manifest and signature. */
export const CONTENT_PARTS = ['run', 'plan', 'verdict', 'approvals', 'deviations', 'steps', 'events', 'audit'] as const;

/** The members of a step that have their own digest, so that a change is named as narrowly as possible. */
export const STEP_PARTS = ['observations', 'decisions', 'result', 'input'] as const;

const jsonObject = z.record(z.string(), z.json());
const instant = z.iso.datetime({ offset: true });
const principal = z.strictObject({
  id: z.string(),
  name: z.string(),
  kind: z.enum(['local', 'token', 'engine']),
  groups: z.array(z.string()),
});
const objective = z.strictObject({
  targetMs: z.number().optional(),
  measuredMs: z.number().optional(),
  verdict: z.enum(['met', 'breached', 'not_measured']),
  how: z.string(),
});

const decision = z.strictObject({
  by: principal,
  answer: z.enum(['approve', 'deny', 'done', 'failed']),
  at: instant,
  reason: z.string().optional(),
  form: jsonObject.optional(),
  /** A failed readiness check that this approval let pass, for this run only. */
  waive: z.string().optional(),
  self: z.boolean(),
});

const step = z.strictObject({
  path: z.string(),
  stepId: z.string(),
  item: z.string().optional(),
  section: z.enum(['readiness', 'steps', 'finally']),
  node: z.enum(['leaf', 'person', 'timer', 'assert', 'undo', 'sequence', 'parallel', 'fan_out']),
  state: z.string(),
  verdict: z.string().optional(),
  reason: z.string().optional(),
  message: z.string().optional(),
  /** How far its `on_failure` was carried out, and what a person decided. */
  answer: z.string().optional(),
  resolution: z.strictObject({ by: z.string(), reason: z.string(), as: z.string() }).optional(),
  /** The `undo` step or the scope whose rollback undid this step; `run` for the whole run. */
  undoneBy: z.string().optional(),
  effect: z.enum(['read', 'named', 'guarded', 'blind']).optional(),
  target: jsonObject.optional(),
  stepKey: z.string(),
  attempts: z.number(),
  sends: z.number(),
  generation: z.number(),
  /** The client request id of the last send, as Azure's activity log shows it. */
  requestId: z.string().optional(),
  handle: jsonObject.optional(),
  adopted: z.boolean().optional(),
  changed: z.boolean().optional(),
  createdAt: instant.optional(),
  firstAttemptAt: instant.optional(),
  firstIntentAt: instant.optional(),
  intentAt: instant.optional(),
  submittedAt: instant.optional(),
  endedAt: instant.optional(),
  before: jsonObject.optional(),
  input: jsonObject.optional(),
  ended: jsonObject.optional(),
  result: jsonObject.optional(),
  outputs: jsonObject.optional(),
  produced: z.array(jsonObject).optional(),
  error: jsonObject.optional(),
  decisions: z.array(decision),
  observations: z.array(z.strictObject({ at: instant, what: z.string(), data: jsonObject })),
});

const auditEntry = z.strictObject({
  seq: z.number(),
  at: z.number(),
  actor: z.string(),
  event: z.string(),
  data: jsonObject,
  prev: z.string(),
  hash: z.string(),
});

/** The shape of an evidence document; unknown members are refused, because they would not be covered by the signature. */
export const evidenceSchema = z.strictObject({
  apiVersion: z.literal('runward/v1'),
  kind: z.literal('Evidence'),
  exportedAt: instant,
  server: z.strictObject({ version: z.string() }),
  run: z.strictObject({
    id: z.string(),
    number: z.number(),
    runbook: z.string(),
    title: z.string(),
    purpose: z.string(),
    environment: z.string(),
    requester: principal,
    trigger: z.string(),
    reasonGiven: z.string().optional(),
    outageAt: instant.optional(),
    createdAt: instant,
    startedAt: instant.optional(),
    endedAt: instant.optional(),
    durability: z.enum(['gold', 'silver', 'none']),
    simulatedScale: z.number().optional(),
    clock: z.strictObject({
      startedAt: instant.optional(),
      stoppedAt: instant.optional(),
      waitedMs: z.number(),
      count: z.enum(['wall', 'active']).optional(),
      from: z.string().optional(),
      to: z.string().optional(),
    }),
    outputs: jsonObject.optional(),
    cancel: jsonObject.optional(),
    calledBy: z.strictObject({ run: z.string(), number: z.number(), runbook: z.string(), step: z.string() }).optional(),
  }),
  plan: z.strictObject({ hash: z.string(), text: z.string(), signature: z.strictObject({ keyId: z.string(), value: z.string() }) }),
  verdict: z.strictObject({
    state: z.string(),
    outcome: z.string().optional(),
    reason: z.string().optional(),
    rollback: z.enum(['complete', 'failed']).optional(),
    rto: objective,
    rpo: objective,
    cleanup: z.enum(['verified', 'failed', 'none']),
  }),
  approvals: z.array(z.strictObject({ step: z.string(), message: z.string().optional(), ...decision.shape, mark: z.string().optional() })),
  deviations: z.array(z.strictObject({ kind: z.string(), step: z.string().optional(), text: z.string() })),
  steps: z.array(step),
  events: z.array(
    z.strictObject({
      seq: z.number(),
      at: instant,
      type: z.string(),
      step: z.string().optional(),
      item: z.string().optional(),
      data: jsonObject,
    }),
  ),
  audit: z.strictObject({ head: z.string(), entries: z.array(auditEntry) }),
  key: z.strictObject({ id: z.string(), publicKey: z.string() }),
  manifest: z.array(z.strictObject({ part: z.string(), sha256: z.string() })),
  signature: z.strictObject({ keyId: z.string(), value: z.string() }),
});

/** A signed evidence document. Times are RFC 3339 in UTC, except in audit entries, which are kept exactly as they were hashed (milliseconds since 1970). */
export type Evidence = z.infer<typeof evidenceSchema>;

export type EvidenceStep = Evidence['steps'][number];
export type EvidenceObjective = Evidence['verdict']['rto'];
export type Deviation = Evidence['deviations'][number];
