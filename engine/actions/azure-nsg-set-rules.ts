import { z } from 'zod';
import { rightsOf } from '../azure-rights.ts';
import type { AzureSecurityGroup } from '../azure-calls.ts';
import type { JsonObject, JsonValue } from '../json.ts';
import { canonicalJson } from '../json.ts';
import { QUIET_MS, VERIFY_POLL_MS } from '../limits.ts';
import { storedText } from '../values.ts';
import type { ActionContext, ActionPorts, FindOutcome, PrecheckOutcome, SubmitOutcome, VerifyOutcome } from './action.ts';
import { effectAction } from './action.ts';
import { failed, failedRead, guardedSubmit, unansweredRead } from './azure-answer.ts';
import { pacedMs } from './pace.ts';

const rule = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$/, 'must be a name'),
  priority: z.number().int().min(100).max(4096),
  direction: z.enum(['Inbound', 'Outbound']),
  access: z.enum(['Allow', 'Deny']),
  protocol: z.enum(['Tcp', 'Udp', 'Icmp', '*']).default('*'),
  source: z.string().min(1).default('*'),
  source_port: z.string().min(1).default('*'),
  destination: z.string().min(1).default('*'),
  destination_port: z.string().min(1).default('*'),
});
/** A rule as `before` of this action's result or a read of the group has it: what Azure had is set again, letter for letter. */
const writtenRule = z.strictObject({
  name: z.string().min(1),
  properties: z.record(z.string(), z.json()),
  id: z.string().optional(),
  etag: z.string().optional(),
  type: z.string().optional(),
});

const inputSchema = z.strictObject({
  id: z.string().min(1).describe('ARM id of the network security group'),
  rules: z
    .union([z.literal('deny-all'), z.array(z.union([rule, writtenRule])).max(1000)])
    .describe(
      'All own rules afterwards, here or as Azure shows them (`before`, or `properties.securityRules` of azure.resource.get); or deny-all',
    ),
});

type Context = ActionContext<z.infer<typeof inputSchema>>;
interface Rule {
  readonly name: string;
  readonly properties: JsonObject;
}

const DENY_ALL: readonly Rule[] = (['Inbound', 'Outbound'] as const).map((direction) => ({
  name: `runward-deny-${direction.toLowerCase()}`,
  properties: propertiesOf({
    name: '',
    priority: 100,
    direction,
    access: 'Deny',
    protocol: '*',
    source: '*',
    source_port: '*',
    destination: '*',
    destination_port: '*',
  }),
}));

/** Replaces the own rules of a network security group. Refused by Azure when somebody changed the group since it was read. */
export const azureNsgSetRules = effectAction({
  name: 'azure.nsg.set-rules@1',
  summary: 'Replace the rules of a network security group',
  effect: 'guarded',
  severity: 'moderate',
  target: 'none',
  input: inputSchema,
  result: { before: 'dyn', changed: 'bool', adopted: 'bool', job: 'string' },
  timeoutMs: 600_000,
  permissions: rightsOf('net.securityGroup', 'nsg.setRules'),
  undo: {
    action: 'azure.nsg.set-rules@1',
    same: ['id'],
    with: { rules: '${{ default(undone.result.before, undone.before.rules) }}' },
  },
  quietMs: QUIET_MS,
  precheck,
  submit,
  find,
  poll: async () => ({ kind: 'gone' }),
  verify,
});

async function precheck(ports: ActionPorts, { input, signal }: Context): Promise<PrecheckOutcome> {
  const group = await ports.azure.read({ kind: 'net.securityGroup', securityGroupId: input.id }, signal);
  if (group.kind !== 'found') return failedRead('the network security group', group);
  const { written, etag, location, tags } = group.value;
  if (isSet(input.rules, group.value)) return { kind: 'succeeded', result: { before: valueOf(written), changed: false, job: '' } };
  if (etag === undefined) return failed('target', 'Azure gave no etag: a change of somebody else could be overwritten');
  return { kind: 'proceed', before: { etag, location, tags, rules: valueOf(written) } };
}

async function submit(ports: ActionPorts, { input, before, requestId, signal }: Context): Promise<SubmitOutcome> {
  const operation = {
    kind: 'nsg.setRules',
    securityGroupId: input.id,
    etag: storedText(before?.['etag']),
    location: storedText(before?.['location']),
    tags: (before?.['tags'] ?? {}) as Readonly<Record<string, string>>,
    rules: wantedRules(input.rules),
  } as const;
  const answer = await ports.azure.submit(operation, requestId, signal);
  if (answer.kind === 'refused' && answer.reason === 'exists') {
    return {
      kind: 'refused',
      failure: { kind: 'target', message: `the group was changed since it was read: ${answer.message} (${answer.code})` },
    };
  }
  return guardedSubmit(ports.clock.nowMs(), { verb: 'change of rules', target: input.id.split('/').at(-1) ?? input.id }, answer);
}

/** The rules tell: as wanted, as before, or something that neither of us wrote. */
async function find(ports: ActionPorts, { input, before, signal }: Context): Promise<FindOutcome> {
  const group = await ports.azure.read({ kind: 'net.securityGroup', securityGroupId: input.id }, signal);
  if (group.kind !== 'found') return unansweredRead('the network security group', group);
  if (isSet(input.rules, group.value)) return { kind: 'reached' };
  if (group.value.etag === before?.['etag']) return { kind: 'absent' };
  return {
    kind: 'unclear',
    message: 'the rules are neither those from before nor the wanted ones: somebody else changed them',
    candidates: [],
  };
}

async function verify(ports: ActionPorts, context: Context): Promise<VerifyOutcome> {
  const { input, before, signal } = context;
  const group = await ports.azure.read({ kind: 'net.securityGroup', securityGroupId: input.id }, signal);
  if (group.kind !== 'found') return unansweredRead('the network security group', group);
  if (!isSet(input.rules, group.value))
    return { kind: 'not_yet', message: 'the group does not have the wanted rules', retryAfterMs: pacedMs(context, VERIFY_POLL_MS) };
  const rules = wantedRules(input.rules).map(({ name }) => name);
  return {
    kind: 'succeeded',
    result: { before: before?.['rules'] ?? null, changed: true, job: '' },
    observations: [{ at: ports.clock.nowMs(), what: 'Security rules', data: { id: group.value.id, rules, before: before?.['rules'] } }],
  };
}

function wantedRules(rules: z.infer<typeof inputSchema>['rules']): readonly Rule[] {
  if (rules === 'deny-all') return DENY_ALL;
  return rules.map((each) => ({ name: each.name, properties: 'properties' in each ? settable(each.properties) : propertiesOf(each) }));
}

/** What a read tells about a rule, without the part that only Azure writes. */
function settable({ provisioningState: _state, ...properties }: Readonly<Record<string, unknown>>): JsonObject {
  return properties as JsonObject;
}

function propertiesOf(each: z.infer<typeof rule>): JsonObject {
  return {
    priority: each.priority,
    direction: each.direction,
    access: each.access,
    protocol: each.protocol,
    sourceAddressPrefix: each.source,
    sourcePortRange: each.source_port,
    destinationAddressPrefix: each.destination,
    destinationPortRange: each.destination_port,
  };
}

/** Equal as a set: every wanted rule is there with every property that we write, and there is no other. */
function isSet(rules: z.infer<typeof inputSchema>['rules'], group: AzureSecurityGroup): boolean {
  const wanted = wantedRules(rules);
  if (wanted.length !== group.written.length) return false;
  return wanted.every(({ name, properties }) => {
    const actual = group.written.find((each) => each.name.toLowerCase() === name.toLowerCase())?.properties;
    return (
      actual !== undefined &&
      Object.entries(properties).every(([key, value]) => canonicalJson(actual[key] ?? null) === canonicalJson(value ?? null))
    );
  });
}

function valueOf(rules: readonly Rule[]): JsonValue {
  return rules.map(({ name, properties }) => ({ name, properties }));
}
