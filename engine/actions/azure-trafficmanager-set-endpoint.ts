import { z } from 'zod';
import { rightsOf } from '../azure-rights.ts';
import { QUIET_MS, VERIFY_POLL_MS } from '../limits.ts';
import { storedText } from '../values.ts';
import type {
  ActionContext,
  ActionPorts,
  Failed,
  FindOutcome,
  PrecheckOutcome,
  SubmitOutcome,
  Unanswered,
  VerifyOutcome,
} from './action.ts';
import { effectAction } from './action.ts';
import { failed, failedRead, guardedSubmit, unansweredRead } from './azure-answer.ts';
import { pacedMs } from './pace.ts';

const inputSchema = z.strictObject({
  profile: z.string().min(1).describe('ARM id of the Traffic Manager profile'),
  endpoint: z.string().min(1).describe('Name of the endpoint'),
  status: z.enum(['Enabled', 'Disabled']),
});

type Context = ActionContext<z.infer<typeof inputSchema>>;

/** Lets traffic go to an endpoint of a Traffic Manager profile, or keeps it away. Clients follow when their cached names run out. */
export const azureTrafficmanagerSetEndpoint = effectAction({
  name: 'azure.trafficmanager.set-endpoint@1',
  summary: 'Enable or disable an endpoint of a Traffic Manager profile',
  effect: 'guarded',
  severity: 'moderate',
  target: 'none',
  input: inputSchema,
  result: { before: 'string', changed: 'bool', adopted: 'bool', job: 'string' },
  timeoutMs: 300_000,
  permissions: rightsOf('trafficManager.profile', 'trafficManager.setEndpoint'),
  undo: {
    action: 'azure.trafficmanager.set-endpoint@1',
    same: ['profile', 'endpoint'],
    with: { status: '${{ default(undone.result.before, undone.before.status) }}' },
  },
  quietMs: QUIET_MS,
  precheck,
  submit,
  find,
  poll: async () => ({ kind: 'gone' }),
  verify,
});

async function precheck(ports: ActionPorts, context: Context): Promise<PrecheckOutcome> {
  const seen = await readEndpoint(ports, context);
  if (seen.kind !== 'read') return seen;
  const { status, id } = seen;
  if (status === context.input.status) return { kind: 'succeeded', result: { before: status, changed: false, job: '' } };
  return { kind: 'proceed', before: { endpoint: id, status } };
}

async function submit(ports: ActionPorts, { input, before, requestId, signal }: Context): Promise<SubmitOutcome> {
  const endpointId = storedText(before?.['endpoint']);
  const answer = await ports.azure.submit({ kind: 'trafficManager.setEndpoint', endpointId, status: input.status }, requestId, signal);
  return guardedSubmit(ports.clock.nowMs(), { verb: 'change', target: `endpoint ${input.endpoint}` }, answer);
}

async function find(ports: ActionPorts, context: Context): Promise<FindOutcome> {
  const seen = await readEndpoint(ports, context);
  if (seen.kind === 'unanswered') return seen;
  if (seen.kind === 'failed') return { kind: 'unclear', message: seen.failure.message, candidates: [] };
  return seen.status === context.input.status ? { kind: 'reached' } : { kind: 'absent' };
}

async function verify(ports: ActionPorts, context: Context): Promise<VerifyOutcome> {
  const seen = await readEndpoint(ports, context);
  if (seen.kind === 'unanswered') return seen;
  const notYet = (message: string): VerifyOutcome => ({ kind: 'not_yet', message, retryAfterMs: pacedMs(context, VERIFY_POLL_MS) });
  if (seen.kind === 'failed') return notYet(seen.failure.message);
  if (seen.status !== context.input.status) return notYet(`endpoint ${context.input.endpoint} is ${seen.status}`);
  return {
    kind: 'succeeded',
    result: { before: storedText(context.before?.['status']), changed: true, job: '' },
    observations: [{ at: ports.clock.nowMs(), what: 'Endpoint', data: { id: seen.id, status: seen.status } }],
  };
}

async function readEndpoint(
  ports: ActionPorts,
  { input, signal }: Context,
): Promise<{ readonly kind: 'read'; readonly id: string; readonly status: string } | Failed | Unanswered> {
  const profile = await ports.azure.read({ kind: 'trafficManager.profile', profileId: input.profile }, signal);
  if (profile.kind !== 'found')
    return profile.kind === 'unanswered' ? unansweredRead('the profile', profile) : failedRead('the profile', profile);
  const endpoint = profile.value.endpoints.find(({ name }) => name.toLowerCase() === input.endpoint.toLowerCase());
  if (endpoint === undefined) {
    const names = profile.value.endpoints.map(({ name }) => name).join(', ') || 'none';
    return failed('target_missing', `the profile has no endpoint ${input.endpoint}: it has ${names}`);
  }
  return { kind: 'read', id: endpoint.id, status: endpoint.status ?? 'Unknown' };
}
