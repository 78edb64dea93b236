import { z } from 'zod';
import { cel, duration, id, instant, name, templated, text } from './schema-scalars.ts';
import { MAPS } from './schema-maps.ts';
import { os, port, PURPOSES, tags, via } from './schema-v1.ts';
import { STEP_STATUSES } from './step-statuses.ts';

const RUN_STATES = [
  ...(['queued', 'running', 'waiting', 'paused', 'cancelling', 'unknown'] as const),
  ...(['succeeded', 'partially_failed', 'failed', 'cancelled', 'rejected', 'timed_out'] as const),
] as const;

/** The failures that a mock can give a step. */
export const FAILURE_KINDS = [
  ...(['target', 'script', 'denied', 'locked', 'unreachable', 'target_missing', 'not_protected'] as const),
  ...(['stale_plan', 'verify', 'timed_out'] as const),
] as const;

const status = z.enum(STEP_STATUSES);
const yes = z.literal(true);

const machine = z
  .strictObject({
    name: z.string().min(1).max(255),
    key: z.string().min(1).optional(),
    kind: z.enum(['azure_vm', 'arc_machine', 'host', 'replication_item', 'resource']).optional(),
    id: z.string().min(1).optional(),
    os: os.optional(),
    address: z.string().min(1).optional(),
    via: via.optional(),
    port: port.optional(),
    user: z.string().min(1).optional(),
    tags: tags.optional(),
    location: z.string().min(1).optional(),
    resource_group: z.string().min(1).optional(),
    subscription: z.string().min(1).optional(),
    recovery_group: z.number().int().min(1).optional(),
    power_state: z.string().min(1).optional(),
    environment: name.optional(),
  })
  .register(MAPS, { title: 'machine of a test' });

const person = z
  .strictObject({
    by: z.string().min(1).max(100),
    groups: z.array(z.string().min(1)).optional(),
    after: duration.optional(),
    reason: text.optional(),
    form: z.record(id, templated).optional(),
  })
  .register(MAPS, { title: 'person of a test' });

const persons = z.union([person, z.array(person).min(1)]);

const fail = z
  .strictObject({ kind: z.enum(FAILURE_KINDS).optional(), message: text.optional(), exit_code: z.number().int().min(1).optional() })
  .register(MAPS, { title: 'fail' });

const mock = z.strictObject({
  result: z.record(z.string(), templated).optional(),
  produced: z.array(machine).optional(),
  duration: duration.optional(),
  fail: fail.optional(),
  unknown: yes.optional(),
  unreachable: yes.optional(),
  already_done: yes.optional(),
  approve: persons.optional(),
  deny: persons.optional(),
  done: persons.optional(),
  no_answer: yes.optional(),
  get items(): z.ZodOptional<z.ZodRecord<z.ZodString, z.ZodUnion<readonly [typeof mock, z.ZodArray<typeof mock>]>>> {
    return z.optional(z.record(z.string(), z.union([mock, z.array(mock).min(1)])));
  },
});
mock.register(MAPS, { title: 'mock' });

const event = z
  .strictObject({
    at: duration.optional(),
    when: z
      .strictObject({ step: z.string().min(1), is: status, item: z.string().min(1).optional() })
      .register(MAPS, { title: 'when' })
      .optional(),
    after: duration.optional(),
    do: z.enum(['cancel', 'pause', 'resume', 'kill_switch', 'store_loss', 'worker_crash', 'resolve']),
    rollback: z.boolean().optional(),
    step: z.string().min(1).optional(),
    as: z.enum(['succeeded', 'failed', 'again', 'rollback']).optional(),
    for: duration.optional(),
  })
  .register(MAPS, { title: 'event' });

const count = z.number().int().min(0);

const expect = z
  .strictObject({
    status: z.enum(RUN_STATES).optional(),
    phase: z.enum(['readiness', 'main', 'rollback', 'finally']).optional(),
    reason: text.optional(),
    steps: z.record(z.string(), status).optional(),
    items: z.record(z.string(), z.record(z.string(), status)).optional(),
    order: z.array(z.string()).min(1).optional(),
    not_started: z.array(z.string()).min(1).optional(),
    rolled_back: z.array(z.string()).min(1).optional(),
    outputs: z.record(id, templated).optional(),
    objectives: z
      .strictObject({
        rto: z.enum(['met', 'breached', 'not_measured']).optional(),
        rpo: z.enum(['met', 'breached', 'not_measured']).optional(),
      })
      .register(MAPS, { title: 'objectives of a test' })
      .optional(),
    duration: z.strictObject({ max: duration }).register(MAPS, { title: 'duration' }).optional(),
    plan: z
      .strictObject({ read: count.optional(), mutates: count.optional(), unknown: count.optional(), gate: count.optional() })
      .register(MAPS, { title: 'plan' })
      .optional(),
    diagnostics: z
      .array(z.string().regex(/^RW\d{3}$/, 'RW205:a list of codes such as RW508'))
      .min(1)
      .optional(),
    assert: z.array(cel).min(1).optional(),
  })
  .register(MAPS, { title: 'expect' });

const shared = {
  now: instant.optional(),
  purpose: z.enum(PURPOSES).optional(),
  inputs: z.record(id, templated).optional(),
  targets: z.record(id, z.array(machine)).optional(),
  mocks: z.record(id, z.union([mock, z.array(mock).min(1)])).optional(),
  events: z.array(event).min(1).optional(),
  expect: expect.optional(),
};

/** The keys of a case once the defaults are merged into it. */
export const caseSchema = z.strictObject({ name: text, ...shared }).register(MAPS, { title: 'case' });

/** The closed schema of kind RunbookTest. */
export const testSchema = z
  .strictObject({
    apiVersion: z.literal('runward/v1'),
    kind: z.literal('RunbookTest'),
    runbook: name,
    defaults: z.strictObject(shared).register(MAPS, { title: 'defaults of a test' }).optional(),
    cases: z.array(caseSchema).min(1).max(200),
  })
  .register(MAPS, { title: 'the test' });

/** A test as written, once its shape is right. */
export type TestSource = z.infer<typeof testSchema>;

/** A case as written, with the defaults. */
export type CaseSource = z.infer<typeof caseSchema>;

/** A mock as written. */
export type MockSource = z.infer<typeof mock>;

/** A person as written. */
export type PersonSource = z.infer<typeof person>;
