import { z } from 'zod';
import { rightsOf } from '../azure-rights.ts';
import { OTHER_WORK_POLL_MS, QUIET_MS, VERIFY_POLL_MS, VM_POLL_MS } from '../limits.ts';
import type { ActionContext, ActionPorts, Handle, PollOutcome, PrecheckOutcome, SubmitOutcome, VerifyOutcome } from './action.ts';
import { effectAction } from './action.ts';
import { failed, failedRead, guardedSubmit, unansweredRead } from './azure-answer.ts';
import { pacedMs } from './pace.ts';

type Context = ActionContext<Record<string, never>>;

/**
 * Restarts a machine. Blind: compute has no job list and keeps no request id, and a machine that was restarted once looks like one that
 * was restarted twice. Where that matters, `azure.vm.deallocate` and `azure.vm.start` tell what happened.
 */
export const azureVmRestart = effectAction<Record<string, never>>({
  name: 'azure.vm.restart@1',
  summary: 'Restart a virtual machine; sent at most once',
  effect: 'blind',
  severity: 'moderate',
  target: 'vm',
  input: z.strictObject({}),
  result: { power_state: 'string', changed: 'bool', adopted: 'bool', job: 'string' },
  timeoutMs: 1_200_000,
  permissions: rightsOf('vm.get', 'vm.restart'),
  quietMs: QUIET_MS,
  precheck,
  submit,
  find: async () => ({
    kind: 'unclear',
    message: 'Azure does not tell whether the machine was restarted by this request: compare its boot time with the time of the intent',
    candidates: [],
  }),
  poll,
  verify,
});

async function precheck(ports: ActionPorts, { target, signal }: Context): Promise<PrecheckOutcome> {
  if (!target) return failed('target_missing', 'this action needs a virtual machine as its target');
  const vm = await ports.azure.read({ kind: 'vm.get', vmId: target.id }, signal);
  if (vm.kind !== 'found') return failedRead(`virtual machine ${target.name}`, vm);
  const { powerState, agentStatus } = vm.value;
  if (powerState?.toLowerCase() !== 'running') {
    return failed('target', `${target.name} is ${powerState ?? 'not telling its power state'}: only a running machine can be restarted`);
  }
  return { kind: 'proceed', before: { agent_ready: agentStatus?.toLowerCase() === 'ready' } };
}

async function submit(ports: ActionPorts, context: Context): Promise<SubmitOutcome> {
  const { target, requestId, signal } = context;
  if (!target) return { kind: 'refused', failure: { kind: 'target_missing', message: 'no target' } };
  const answer = await ports.azure.submit({ kind: 'vm.restart', vmId: target.id }, requestId, signal);
  // Another operation is in progress: nothing was started, and it is asked for again later.
  if (answer.kind === 'refused' && answer.reason === 'conflict')
    return { kind: 'throttled', message: `waiting: ${answer.message}`, retryAfterMs: pacedMs(context, OTHER_WORK_POLL_MS) };
  return guardedSubmit(ports.clock.nowMs(), { verb: 'restart', target: target.name }, answer);
}

/** The operation tells its end; when it can no longer be read, the machine does. */
async function poll(ports: ActionPorts, context: Context, handle: Handle): Promise<PollOutcome> {
  const answer = await ports.azure.poll(handle, context.signal);
  switch (answer.kind) {
    case 'running':
      return { ...answer, retryAfterMs: pacedMs(context, VM_POLL_MS) };
    case 'succeeded':
      return { kind: 'ended_well' };
    case 'failed':
      return failed('target', `the restart failed: ${answer.message} (${answer.code})`);
    case 'unanswered':
      return answer;
    case 'gone':
    case 'denied':
    case 'no_information':
      return { kind: 'gone' };
  }
}

async function verify(ports: ActionPorts, context: Context): Promise<VerifyOutcome> {
  const { target, signal, before } = context;
  const notYet = (message: string): VerifyOutcome => ({ kind: 'not_yet', message, retryAfterMs: pacedMs(context, VERIFY_POLL_MS) });
  if (!target) return notYet('no target');
  const vm = await ports.azure.read({ kind: 'vm.get', vmId: target.id }, signal);
  if (vm.kind !== 'found') return unansweredRead(`virtual machine ${target.name}`, vm);
  const { powerState, agentStatus } = vm.value;
  if (powerState?.toLowerCase() !== 'running') return notYet(`${target.name} is ${powerState ?? 'not telling its power state'}`);
  if (before?.['agent_ready'] === true && agentStatus?.toLowerCase() !== 'ready')
    return notYet(`the agent of ${target.name} is ${agentStatus ?? 'silent'}`);
  return {
    kind: 'succeeded',
    result: { power_state: 'running', changed: true, job: '' },
    observations: [
      { at: ports.clock.nowMs(), what: 'Power state', data: { id: vm.value.id, power_state: powerState, agent: agentStatus } },
    ],
  };
}
