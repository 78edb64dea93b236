import { z } from 'zod';
import type { AzureVm } from '../azure-calls.ts';
import { rightsOf } from '../azure-rights.ts';
import type { JsonObject } from '../json.ts';
import { QUIET_MS, VERIFY_POLL_MS, VM_POLL_MS } from '../limits.ts';
import type {
  Action,
  ActionContext,
  ActionPorts,
  FindOutcome,
  Handle,
  PollOutcome,
  PrecheckOutcome,
  SubmitOutcome,
  VerifyOutcome,
} from './action.ts';
import { effectAction } from './action.ts';
import { failed, failedRead, guardedSubmit, unansweredRead } from './azure-answer.ts';
import { pacedMs } from './pace.ts';

/** One way to change the power of a machine. Power states are Azure's words. */
export interface PowerChange {
  readonly name: string;
  readonly summary: string;
  readonly operation: 'vm.start' | 'vm.deallocate';
  /** The state that is wanted. */
  readonly goal: string;
  /** The state on the way there. */
  readonly onTheWay: string;
  /** The action of the other way. */
  readonly undo: string;
}

const TRANSIENT_STATES = ['starting', 'stopping', 'deallocating'];

type Context = ActionContext<Record<string, never>>;

/** Makes the action of a power change. The power state is guard and proof: compute has no job and keeps no request id. */
export function powerAction(change: PowerChange): Action {
  return effectAction<Record<string, never>>({
    name: change.name,
    summary: change.summary,
    effect: 'guarded',
    severity: 'moderate',
    target: 'vm',
    input: z.strictObject({}),
    result: { power_state: 'string', changed: 'bool', adopted: 'bool', job: 'string' },
    timeoutMs: 1_200_000,
    permissions: rightsOf('vm.get', change.operation),
    undo: { action: change.undo },
    quietMs: QUIET_MS,
    precheck: (ports, context) => precheck(change, ports, context),
    submit: (ports, context) => submit(change, ports, context),
    find: (ports, context) => find(change, ports, context),
    poll: (ports, context, handle) => poll(change, ports, { context, handle }),
    verify: (ports, context) => verify(change, ports, context),
  });
}

async function precheck(change: PowerChange, ports: ActionPorts, context: Context): Promise<PrecheckOutcome> {
  const { target, signal } = context;
  if (!target) return failed('target_missing', 'this action needs a virtual machine as its target');
  const vm = await ports.azure.read({ kind: 'vm.get', vmId: target.id }, signal);
  if (vm.kind !== 'found') return failedRead(`virtual machine ${target.name}`, vm);
  const state = powerOf(vm.value);
  if (state === change.goal) return { kind: 'succeeded', result: { power_state: state, changed: false, job: '' } };
  if (state === undefined || TRANSIENT_STATES.includes(state)) {
    // The other operation would be refused, and the same one is somebody else's: either way its end decides.
    return {
      kind: 'unanswered',
      message: `waiting: ${target.name} is ${state ?? 'not telling its power state'}`,
      retryAfterMs: pacedMs(context, VM_POLL_MS),
    };
  }
  return { kind: 'proceed', before: { power_state: state } };
}

async function submit(change: PowerChange, ports: ActionPorts, context: Context): Promise<SubmitOutcome> {
  const { target, requestId, signal } = context;
  if (!target) return { kind: 'refused', failure: { kind: 'target_missing', message: 'no target' } };
  const answer = await ports.azure.submit({ kind: change.operation, vmId: target.id }, requestId, signal);
  return guardedSubmit(ports.clock.nowMs(), { verb: change.operation, target: target.name }, answer);
}

async function find(change: PowerChange, ports: ActionPorts, context: Context): Promise<FindOutcome> {
  const { target, signal } = context;
  if (!target) return { kind: 'unclear', message: 'no target', candidates: [] };
  const vm = await ports.azure.read({ kind: 'vm.get', vmId: target.id }, signal);
  if (vm.kind !== 'found') return unansweredRead(`virtual machine ${target.name}`, vm);
  const state = powerOf(vm.value);
  if (state === change.goal) return { kind: 'reached' };
  if (state === change.onTheWay) return { kind: 'found', handle: { name: target.name } };
  if (state === undefined || TRANSIENT_STATES.includes(state)) {
    return {
      kind: 'unanswered',
      message: `waiting: ${target.name} is ${state ?? 'not telling its power state'}`,
      retryAfterMs: pacedMs(context, VM_POLL_MS),
    };
  }
  return { kind: 'absent' };
}

/**
 * The machine is asked first; the operation URL adds only why it failed, as its rights and its life are shorter. A machine on its way has
 * not failed, and not to ask for it keeps a hundred operations below half of what Azure allows.
 */
async function poll(
  change: PowerChange,
  ports: ActionPorts,
  given: { readonly context: Context; readonly handle: Handle },
): Promise<PollOutcome> {
  const { target, signal } = given.context;
  if (!target) return { kind: 'gone' };
  const vm = await ports.azure.read({ kind: 'vm.get', vmId: target.id }, signal);
  if (vm.kind !== 'found') return unansweredRead(`virtual machine ${target.name}`, vm);
  const state = powerOf(vm.value);
  if (state === change.goal) return { kind: 'ended_well' };
  const running: PollOutcome = {
    kind: 'running',
    detail: `${target.name} is ${state ?? 'changing'}`,
    retryAfterMs: pacedMs(given.context, VM_POLL_MS),
  };
  if (given.handle.opUrl === undefined || state === change.onTheWay) return running;
  const answer = await ports.azure.poll(given.handle, signal);
  if (answer.kind !== 'failed') return running;
  const message = `${change.operation} of ${target.name} failed: ${answer.message} (${answer.code})`;
  return { kind: 'failed', failure: { kind: 'target', message } };
}

async function verify(change: PowerChange, ports: ActionPorts, context: Context): Promise<VerifyOutcome> {
  const { target, signal } = context;
  if (!target) return { kind: 'not_yet', message: 'no target', retryAfterMs: pacedMs(context, VERIFY_POLL_MS) };
  const vm = await ports.azure.read({ kind: 'vm.get', vmId: target.id }, signal);
  if (vm.kind !== 'found') return unansweredRead(`virtual machine ${target.name}`, vm);
  const state = powerOf(vm.value);
  if (state !== change.goal) {
    return {
      kind: 'not_yet',
      message: `${target.name} is ${state ?? 'not telling its power state'}`,
      retryAfterMs: pacedMs(context, VERIFY_POLL_MS),
    };
  }
  const data: JsonObject = {
    id: vm.value.id,
    power_state: state,
    provisioning_state: vm.value.provisioningState,
    agent: vm.value.agentStatus,
  };
  return {
    kind: 'succeeded',
    result: { power_state: state, changed: true, job: '' },
    observations: [{ at: ports.clock.nowMs(), what: 'Power state', data }],
  };
}

function powerOf(vm: AzureVm): string | undefined {
  return vm.powerState?.toLowerCase();
}
