import { z } from 'zod';
import { input } from './schema-input.ts';
import { MAPS } from './schema-maps.ts';
import {
  cel,
  checkPeriod,
  duration,
  id,
  instant,
  listExpression,
  longDuration,
  positiveDuration,
  name,
  secretReference,
  share,
  templated,
  text,
  wave,
  wholeExpression,
} from './schema-scalars.ts';

/** A free map with at most so many entries: checking its names against each other costs more than their number. */
function few<Value extends z.ZodType>(value: Value, entryMax: number) {
  return z.record(id, value).refine((map) => Object.keys(map).length <= entryMax, `RW207:at most ${entryMax} entries`);
}

/** Why a run is made. */
export const PURPOSES = ['operations', 'backup', 'restore-test', 'drill', 'failover', 'failback', 'drift'] as const;

/** Name, title and owner of a document. */
export const metadata = z
  .strictObject({
    name,
    title: text,
    owner: name,
    description: text.optional(),
    labels: z.record(z.string(), z.string()).optional(),
    links: z.array(z.url('RW205:an address such as https://wiki.example.com/shop')).optional(),
  })
  .register(MAPS, { title: 'metadata' });

/** How scripts reach a machine. */
export const via = z.enum(['run-command', 'ssh', 'local']);
/** What a machine runs. */
export const os = z.enum(['linux', 'windows']);
/** A TCP port. */
export const port = z.number().int().min(1).max(65_535);
/** Tags of a machine. */
export const tags = z.record(z.string(), z.string());

const host = z
  .strictObject({
    name: z.string().min(1).max(255),
    address: z.string().min(1).max(255).optional(),
    os: os.optional(),
    via: via.optional(),
    user: z.string().min(1).optional(),
    port: port.optional(),
    credential: secretReference.optional(),
    tags: tags.optional(),
    id: z.string().min(1).optional(),
  })
  .register(MAPS, { title: 'host' });

const recoveryPlan = z
  .strictObject({ subscription: z.string().min(1), resource_group: z.string().min(1), vault: z.string().min(1), name: z.string().min(1) })
  .register(MAPS, { title: 'recovery_plan' });

const azureQuery = z
  .strictObject({
    subscriptions: z.array(z.string().min(1)).min(1).max(100),
    type: z.enum(['Microsoft.Compute/virtualMachines']),
    resource_groups: z.array(z.string().min(1)).min(1).max(1000).optional(),
    tags: tags.optional(),
    locations: z.array(z.string().min(1)).min(1).max(100).optional(),
  })
  .register(MAPS, { title: 'azure' });

const targetSet = z
  .strictObject({
    hosts: z.array(host).min(1).optional(),
    inventory: name.optional(),
    azure: azureQuery.optional(),
    recovery_plan: recoveryPlan.optional(),
    where: cel.optional(),
    max: z.number().int().min(1).max(10_000),
    on_empty: z.enum(['fail', 'skip']).optional(),
    on_unreachable: z.enum(['fail', 'record']).optional(),
    sample: z
      .strictObject({
        count: z.union([z.number().int().min(1), wholeExpression]),
        weight: z.enum(['none', 'restore_test_age']).optional(),
        seed: text.optional(),
      })
      .register(MAPS, { title: 'sample' })
      .optional(),
  })
  .register(MAPS, { title: 'target set' });

const objectives = z
  .strictObject({
    rto: positiveDuration.optional(),
    rpo: duration.optional(),
    drill_every: positiveDuration.optional(),
    clock: z
      .strictObject({ start: id.optional(), stop: id.optional(), count: z.enum(['wall', 'active']).optional() })
      .register(MAPS, { title: 'clock' })
      .optional(),
  })
  .register(MAPS, { title: 'objectives' });

const form = z.record(id, input);
const channel = z.string().regex(/^(teams|slack|mail|pager|webhook):\S+$/, 'RW205:a channel such as teams:dr-room');
const names = z.array(name).min(1);
const atWindowClose = z.enum(['hold', 'finish']);

const approval = z
  .strictObject({
    by: z.array(z.string().regex(/^group:[A-Za-z0-9._-]+$/, 'RW205:a list of group:name')).min(1),
    need: z.number().int().min(1),
    need_from: z.array(z.string()).optional(),
    self: z.boolean().optional(),
    timeout: longDuration.optional(),
    on_timeout: z.enum(['stop', 'skip']).optional(),
    remind_before: longDuration.optional(),
    escalate: z
      .strictObject({ after: longDuration, to: z.array(channel).min(1) })
      .register(MAPS, { title: 'escalate' })
      .optional(),
    message: text,
    form: form.optional(),
  })
  .register(MAPS, { title: 'approval' });

const manual = z
  .strictObject({
    by: z.array(z.string().regex(/^group:[A-Za-z0-9._-]+$/, 'RW205:a list of group:name')).min(1),
    instructions: text,
    form: form.optional(),
    timeout: positiveDuration.optional(),
  })
  .register(MAPS, { title: 'manual' });

const wait = z.union([
  z.string().min(1),
  z.strictObject({ until_time: z.string().min(1) }).register(MAPS, { title: 'wait', reserved: ['signal', 'timeout'] }),
]);

const checks = z.array(z.strictObject({ that: cel, message: text }).register(MAPS, { title: 'assert' })).min(1);

const until = z.strictObject({ condition: cel, every: positiveDuration, timeout: positiveDuration }).register(MAPS, { title: 'until' });

const retry = z.union([
  z.number().int().min(0).max(100),
  z
    .strictObject({
      attempts: z.number().int().min(0).max(100),
      delay: duration.optional(),
      backoff: z.number().min(1).max(10).optional(),
      max_delay: duration.optional(),
      max_duration: positiveDuration.optional(),
      if: cel.optional(),
    })
    .register(MAPS, { title: 'retry' }),
]);

const rollout = z.strictObject({
  waves: z.array(wave).min(1).optional(),
  max_parallel: z.number().int().min(1).max(1000).optional(),
  max_failures: share.optional(),
  on_exceeded: z.enum(['stop', 'pause', 'rollback']).optional(),
  order_by: cel.optional(),
  get after_wave(): z.ZodOptional<z.ZodArray<typeof step>> {
    return z.optional(z.array(step).min(1));
  },
});
rollout.register(MAPS, { title: 'rollout' });

const target = z.union([z.string().min(1), z.strictObject({ set: id, where: cel.optional() }).register(MAPS, { title: 'target' })]);

const onFailure = z.union([
  z.enum(['stop', 'continue', 'pause', 'rollback']),
  z
    .strictObject({
      get do(): z.ZodArray<typeof step> {
        return z.array(step).min(1);
      },
      // oxlint-disable-next-line unicorn/no-thenable -- the language's own word; nobody awaits a schema's shape
      then: z.enum(['stop', 'continue', 'pause', 'rollback', 'recover', 'retry']),
    })
    .register(MAPS, { title: 'on_failure' }),
]);
const environmentVariables = z.record(z.string().regex(/^[A-Z_][A-Z0-9_]{0,63}$/, 'RW208:env name'), templated);

const step = z.strictObject({
  id,
  name: text.optional(),
  if: cel.optional(),
  needs: z.array(id).optional(),
  uses: z.string().min(1).optional(),
  with: z.record(z.string(), templated).optional(),
  run: z.string().min(1).max(65_536).optional(),
  shell: z.enum(['sh', 'bash', 'pwsh', 'powershell']).optional(),
  env: environmentVariables.optional(),
  effect: z.enum(['read', 'named', 'guarded', 'blind']).optional(),
  done_when: z
    .strictObject({ run: z.string().min(1) })
    .register(MAPS, { title: 'done_when' })
    .optional(),
  approval: approval.optional(),
  manual: manual.optional(),
  wait: wait.optional(),
  assert: checks.optional(),
  call: name.optional(),
  get steps(): z.ZodOptional<z.ZodArray<typeof step>> {
    return z.optional(z.array(step).min(1));
  },
  get parallel(): z.ZodOptional<z.ZodArray<typeof step>> {
    return z.optional(z.array(step).min(1));
  },
  get finally(): z.ZodOptional<z.ZodArray<typeof step>> {
    return z.optional(z.array(step).min(1));
  },
  max_parallel: z.number().int().min(1).max(1000).optional(),
  target: target.optional(),
  for_each: listExpression.optional(),
  as: id.optional(),
  get rollout(): z.ZodOptional<typeof rollout> {
    return z.optional(rollout);
  },
  until: until.optional(),
  success_if: cel.optional(),
  outputs: z.record(id, cel).optional(),
  retry: retry.optional(),
  timeout: positiveDuration.optional(),
  get on_failure(): z.ZodOptional<typeof onFailure> {
    return z.optional(onFailure);
  },
  undo: id.optional(),
  get rollback(): z.ZodOptional<z.ZodArray<typeof step>> {
    return z.optional(z.array(step));
  },
  rollback_on_failure: z.boolean().optional(),
  locks: names.optional(),
  windows: names.optional(),
  at_window_close: atWindowClose.optional(),
});
step.register(MAPS, {
  title: 'step',
  reserved: ['preview'],
});

const schedule = z
  .strictObject({
    id,
    cron: z.string().min(1),
    timezone: z.string().min(1),
    inputs: z.record(z.string(), templated).optional(),
    jitter: duration.optional(),
    overlap: z.enum(['skip', 'queue', 'allow']).optional(),
    missed: z
      .strictObject({
        run: z.enum(['none', 'latest', 'all']).optional(),
        within: duration.optional(),
        max: z.number().int().min(1).max(1000).optional(),
      })
      .register(MAPS, { title: 'missed' })
      .optional(),
    day_match: z.enum(['and', 'or']).optional(),
    from: instant.optional(),
    until: instant.optional(),
    enabled: z.boolean().optional(),
    pause_after_failures: z.number().int().min(1).optional(),
  })
  .register(MAPS, { title: 'schedule' });

const webhook = z
  .strictObject({ id, inputs: z.array(id).max(200).optional(), set: z.record(id, templated).optional() })
  .register(MAPS, { title: 'webhook' });

const EVENTS = [
  ...(['started', 'waiting', 'paused', 'unknown', 'failed', 'partially_failed', 'succeeded', 'cancelled', 'rejected'] as const),
  ...(['timed_out', 'missed', 'late', 'objective_breached'] as const),
] as const;

/** The closed schema of kind Runbook. */
export const runbookSchema = z
  .strictObject({
    apiVersion: z.literal('runward/v1'),
    kind: z.literal('Runbook'),
    metadata,
    purpose: z.union([
      z.enum(PURPOSES),
      z
        .array(z.enum(PURPOSES))
        .min(1)
        .refine((list) => new Set(list).size === list.length, 'RW207:each purpose once'),
    ]),
    environment: name,
    timeout: longDuration,
    finally_timeout: longDuration.optional(),
    inputs: few(input, 200).optional(),
    vars: few(templated, 200).optional(),
    targets: few(targetSet, 100).optional(),
    objectives: objectives.optional(),
    readiness: z
      .strictObject({ every: checkPeriod.optional(), checks: z.array(step).min(1) })
      .register(MAPS, { title: 'readiness' })
      .optional(),
    concurrency: z
      .strictObject({
        group: name,
        limit: z.number().int().min(1).max(100).optional(),
        on_conflict: z.enum(['queue', 'reject']).optional(),
      })
      .register(MAPS, { title: 'concurrency' })
      .optional(),
    locks: names.optional(),
    windows: names.optional(),
    at_window_close: atWindowClose.optional(),
    freeze: z.enum(['obey', 'exempt']).optional(),
    on_failure: onFailure.optional(),
    steps: z.array(step).min(1),
    finally: z.array(step).min(1).optional(),
    outputs: few(cel, 200).optional(),
    triggers: z
      .strictObject({
        manual: z.boolean().optional(),
        schedules: z.array(schedule).optional(),
        webhooks: z.array(webhook).min(1).max(20).optional(),
      })
      .register(MAPS, { title: 'triggers' })
      .optional(),
    notify: z
      .array(
        z
          .strictObject({
            to: channel,
            when: z.array(z.enum(EVENTS)).min(1),
          })
          .register(MAPS, { title: 'notify' }),
      )
      .optional(),
  })
  .register(MAPS, { title: 'the runbook' });

/** The closed schema of kind Inventory. */
export const inventorySchema = z
  .strictObject({
    apiVersion: z.literal('runward/v1'),
    kind: z.literal('Inventory'),
    metadata,
    environment: name,
    defaults: z
      .strictObject({
        os: os.optional(),
        via: via.optional(),
        user: z.string().min(1).optional(),
        port: port.optional(),
        credential: secretReference.optional(),
      })
      .register(MAPS, { title: 'defaults' })
      .optional(),
    hosts: z.array(host).min(1),
  })
  .register(MAPS, { title: 'the inventory' });

/** A runbook as written, once its shape is right. */
export type RunbookSource = z.infer<typeof runbookSchema>;

/** A step as written. */
export type StepSource = z.infer<typeof step>;

/** A host as written. */
export type HostSource = z.infer<typeof host>;

/** An inventory as written. */
export type InventorySource = z.infer<typeof inventorySchema>;
