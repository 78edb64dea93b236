import { z } from 'zod';
import { rightsOf } from '../azure-rights.ts';
import type { AzureReplicationItem } from '../azure-calls.ts';
import type { ReversedProtection } from '../azure-operations.ts';
import { sameArmId } from '../ids.ts';
import type { JsonObject } from '../json.ts';
import { JOB_POLL_MS } from '../limits.ts';
import type { ActionContext, ActionPorts, Failed, Success, Unanswered } from './action.ts';
import { effectAction } from './action.ts';
import { allowedText, allows, isCommitted, isFailedOver } from './asr-item-state.ts';
import { findOwnJob, pollJob } from './asr-job.ts';
import { grownPlan, readPlan } from './asr-plan-state.ts';
import { failed, failedRead, unansweredRead } from './azure-answer.ts';
import { type Part, type PartState, partedQuestions } from './parts.ts';

const inputSchema = z.strictObject({ plan: z.string().min(1).describe('ARM id of the recovery plan') });

type Context = ActionContext<z.infer<typeof inputSchema>>;

/** How many machines are switched at the same time. */
const AT_ONCE = 5;

/**
 * Reverses the protection of every machine of a plan. The machine at the original side is overwritten and DELETED with its disks. The step
 * ends when every machine replicates the other way; to be protected again takes hours more and is for `asr.item.get` with `until` to wait for.
 * The plan's own reprotect is not used: it fails for Azure-to-Azure protection from automation.
 */
export const asrPlanReprotect = effectAction({
  name: 'asr.plan.reprotect@1',
  summary: 'Reverse the protection of a recovery plan: the machines at the original side are deleted',
  effect: 'guarded',
  severity: 'severe',
  target: 'none',
  input: inputSchema,
  result: { changed: 'bool', adopted: 'bool', job: 'string' },
  timeoutMs: 14_400_000,
  permissions: rightsOf('sr.plan', 'sr.item', 'sr.reversed', 'sr.jobs', 'sr.switchProtection', 'vm.get'),
  ...partedQuestions<z.infer<typeof inputSchema>>({
    verb: 'reversal of the protection',
    atOnce: AT_ONCE,
    pollMs: JOB_POLL_MS,
    prepare,
    parts: (_context, known) => machinesOf(known).map(switchOf),
    finish: async (ports, _context, known) => ({
      kind: 'succeeded',
      result: { job: '' },
      observations: [
        {
          at: ports.clock.nowMs(),
          what: 'Machines replicate the other way',
          data: { items: machinesOf(known).map(({ newId }) => newId), deleted: machinesOf(known).map(({ sourceVmId }) => sourceVmId) },
        },
      ],
    }),
  }),
});

/** One machine as it stood before the first request. */
interface Machine {
  readonly name: string;
  readonly friendlyName: string;
  readonly itemId: string;
  readonly newId: string;
  readonly sourceVmId: string;
  readonly reversed: ReversedProtection;
}

async function prepare(
  ports: ActionPorts,
  context: Context,
): Promise<{ readonly kind: 'prepared'; readonly known: JsonObject } | Success | Failed | Unanswered> {
  const { input, signal } = context;
  const read = await readPlan(ports, input.plan, signal);
  if (read.kind === 'problem') return failedRead(read.what, read.problem);
  const { plan } = read;
  if (plan.runningScenario) return failed('target', `${plan.runningScenario.name} of plan ${plan.name} is under way`);
  const moved = read.machines.filter(({ item }) => isFailedOver(item));
  const grown = grownPlan({ plan, machines: moved }, context);
  if (grown !== undefined) return grown;
  const away = moved.map(({ item }) => item);
  if (away.length === 0) {
    const unready = read.machines.find(({ item }) => item.activeLocation?.toLowerCase() !== 'primary');
    if (unready === undefined && read.machines.length > 0) return { kind: 'succeeded', result: { changed: false, job: '' } };
    return failed('not_protected', `plan ${plan.name} has no machine whose protection could be reversed`);
  }
  const machines: Machine[] = [];
  for (const item of away) {
    const ready = await readyMachine(ports, item, signal);
    if ('kind' in ready) return ready;
    machines.push(ready);
  }
  return { kind: 'prepared', known: { machines: machines as unknown as JsonObject[] } };
}

/** A machine that may be switched: committed, running at the other side, and with everything that the request must name. */
async function readyMachine(ports: ActionPorts, item: AzureReplicationItem, signal: AbortSignal): Promise<Machine | Failed | Unanswered> {
  const { friendlyName, recoveryVmId, recoveryContainerId, sourceVmId, runningScenario } = item;
  if (runningScenario) return failed('target', `${runningScenario.name} of ${friendlyName} is under way`);
  if (!isCommitted(item)) {
    return failed(
      'target',
      `the failover of ${friendlyName} is not committed. Reversing the protection would commit it by itself, and no other recovery point could be chosen afterwards: commit it first`,
    );
  }
  if (!allows(item, 'SwitchProtection')) return failed('target', `${friendlyName} allows ${allowedText(item)}, not SwitchProtection`);
  if (recoveryVmId === undefined || recoveryContainerId === undefined || sourceVmId === undefined)
    return failed('target', `Site Recovery does not name both machines of ${friendlyName}`);
  const vm = await ports.azure.read({ kind: 'vm.get', vmId: recoveryVmId }, signal);
  if (vm.kind !== 'found') return failedRead(`the machine of ${friendlyName} at the other side`, vm);
  if (vm.value.powerState?.toLowerCase() !== 'running')
    return failed('target', `${friendlyName} does not run at the other side: it is ${vm.value.powerState ?? 'in an unknown state'}`);
  const reversed = await ports.azure.read({ kind: 'sr.reversed', itemId: item.id }, signal);
  if (reversed.kind !== 'found') return failedRead(`what reversing the protection of ${friendlyName} needs`, reversed);
  const newId = `${recoveryContainerId}/replicationProtectedItems/${item.name}`;
  return { name: item.name, friendlyName, itemId: item.id, newId, sourceVmId, reversed: reversed.value };
}

function switchOf(machine: Machine): Part<z.infer<typeof inputSchema>> {
  return {
    name: machine.friendlyName,
    look: (ports, context) => lookAt(ports, context, machine),
    operation: () => ({ kind: 'sr.switchProtection', itemId: machine.itemId, ...machine.reversed }),
  };
}

/** The old id tells until the item has moved to the other fabric; then the new one does, and the job says when the switch has ended. */
async function lookAt(ports: ActionPorts, context: Context, machine: Machine): Promise<PartState> {
  const { friendlyName, itemId, newId } = machine;
  const old = await ports.azure.read({ kind: 'sr.item', itemId }, context.signal);
  if (old.kind !== 'found' && old.kind !== 'missing') return unansweredRead(`protected machine ${friendlyName}`, old);
  const moved = old.kind === 'missing' ? await ports.azure.read({ kind: 'sr.item', itemId: newId }, context.signal) : undefined;
  if (moved !== undefined && moved.kind !== 'found') return unansweredRead(`protected machine ${friendlyName} under its new id`, moved);
  const item = old.kind === 'found' ? old.value : moved?.value;
  if (item === undefined) return { kind: 'unanswered', message: `${friendlyName} is between two ids`, retryAfterMs: JOB_POLL_MS };

  const own = await findOwnJob(ports, context, item);
  if (own.kind === 'unanswered') return own;
  if (own.kind === 'found') {
    const handle = { jobId: own.job.id };
    const end = await pollJob(ports, context, handle);
    if (end.kind === 'failed') return { ...end, ours: true };
    const running = end.kind !== 'ended_well' || !sameArmId(item.id, newId);
    if (running) return { kind: 'running', ours: true, handle, message: `${friendlyName} is being switched` };
    return { kind: 'done', observations: end.observations ?? [] };
  }
  if (sameArmId(item.id, newId)) return { kind: 'done' };
  if (item.runningScenario) {
    const { jobId, name } = item.runningScenario;
    return {
      kind: 'running',
      ours: false,
      handle: jobId === undefined ? {} : { jobId },
      message: `${name} of ${friendlyName} is under way`,
    };
  }
  if (allows(item, 'SwitchProtection')) return { kind: 'todo' };
  return { kind: 'unclear', message: `${friendlyName} allows ${allowedText(item)}, not SwitchProtection`, candidates: [] };
}

function machinesOf(known: JsonObject): readonly Machine[] {
  const { machines } = known;
  return Array.isArray(machines) ? (machines as unknown as readonly Machine[]) : [];
}
