import { z } from 'zod';
import { rightsOf } from '../azure-rights.ts';
import type { AzureReplicationItem } from '../azure-calls.ts';
import { sameArmId } from '../ids.ts';
import type { JsonObject } from '../json.ts';
import { QUIET_MS, VERIFY_POLL_MS } from '../limits.ts';
import { storedTimeMs, timeValue } from '../values.ts';
import type { ActionContext, ActionPorts, AdoptOutcome, FindOutcome, PrecheckOutcome, SubmitOutcome, VerifyOutcome } from './action.ts';
import { effectAction } from './action.ts';
import { adoptItemJob, findItemJob } from './asr-item-job.ts';
import { itemBefore, readItemNow } from './asr-item-now.ts';
import { allowedText, allows } from './asr-item-state.ts';
import { findOwnJob, jobResult, pollJob } from './asr-job.ts';
import { RECOVERY_POINTS, choosePoint } from './asr-recovery-point.ts';
import { networkOf, readTestMachine, testMachineId, testMachineTarget } from './asr-test-machine.ts';
import { failed, failedRead, guardedSubmit, unansweredRead } from './azure-answer.ts';
import { pacedMs } from './pace.ts';

const inputSchema = z.strictObject({
  network: z.string().min(1).describe('ARM id of the isolated network in the recovery region'),
  recovery_point: z.enum(RECOVERY_POINTS).default('latest-processed').describe('Which recovery point the machine starts from'),
});

type Context = ActionContext<z.infer<typeof inputSchema>>;

/** Starts a copy of a protected machine in an isolated network; the machine itself and its replication are not touched. */
export const asrItemTestFailover = effectAction({
  name: 'asr.item.test-failover@1',
  summary: 'Test failover of one protected machine into an isolated network',
  effect: 'guarded',
  severity: 'moderate',
  target: 'item',
  input: inputSchema,
  result: { recovery_point_time: 'timestamp', changed: 'bool', adopted: 'bool', job: 'string' },
  timeoutMs: 3_600_000,
  permissions: rightsOf('sr.item', 'sr.points', 'sr.jobs', 'sr.testFailover', 'vm.get', 'nic.get'),
  produces: true,
  undo: { action: 'asr.item.test-failover-cleanup@1' },
  quietMs: QUIET_MS,
  precheck,
  submit,
  find,
  poll: pollJob,
  verify,
  adopt,
});

async function precheck(ports: ActionPorts, context: Context): Promise<PrecheckOutcome> {
  const { target, signal, input } = context;
  if (!target) return failed('target_missing', 'a test failover needs a protected machine as its target');
  const item = await readItemNow(ports, target, signal);
  if (item.kind !== 'found') return failedRead(`protected machine ${target.name}`, item);

  const own = await findOwnJob(ports, context, item.value);
  if (own.kind === 'unanswered') return own;
  if (own.kind === 'found') return { kind: 'ours', handle: { jobId: own.job.id } };
  const refusal = refusalOf(item.value);
  if (refusal) return refusal;

  const points = await ports.azure.read({ kind: 'sr.points', itemId: item.value.id }, signal);
  if (points.kind !== 'found') return failedRead(`the recovery points of ${target.name}`, points);
  const chosen = choosePoint(input.recovery_point, points.value);
  switch (chosen.kind) {
    case 'none':
      return failed('target', `${target.name} cannot be tested: ${chosen.message}`);
    case 'latest':
      return { kind: 'proceed', before: { item: item.value.id } };
    case 'point':
      return {
        kind: 'proceed',
        before: { item: item.value.id, recovery_point: chosen.point.id, recovery_point_time: timeValue(chosen.point.atMs) },
      };
  }
}

async function submit(ports: ActionPorts, context: Context): Promise<SubmitOutcome> {
  const { target, input, before, requestId, signal } = context;
  if (!target) return { kind: 'refused', failure: { kind: 'target_missing', message: 'no target' } };
  const point = before?.['recovery_point'];
  const operation = {
    kind: 'sr.testFailover',
    itemId: itemBefore(target, before),
    networkId: input.network,
    ...(typeof point === 'string' ? { recoveryPointId: point } : {}),
  } as const;
  const answer = await ports.azure.submit(operation, requestId, signal);
  return guardedSubmit(ports.clock.nowMs(), { verb: 'test failover', target: target.name }, answer);
}

async function find(ports: ActionPorts, context: Context): Promise<FindOutcome> {
  return findItemJob(ports, context, (item) => {
    const { runningScenario } = item;
    const name = context.target?.name ?? '';
    if (runningScenario) {
      const candidates = runningScenario.jobId === undefined ? [] : [runningScenario.jobId];
      return { kind: 'unclear', message: `${runningScenario.name} of ${name} is under way and does not carry our request id`, candidates };
    }
    if (allows(item, 'TestFailoverCleanup')) return { kind: 'reached' };
    if (allows(item, 'TestFailover')) return { kind: 'absent' };
    return { kind: 'unclear', message: `${name} allows only ${allowedText(item)}`, candidates: [] };
  });
}

async function adopt(ports: ActionPorts, context: Context, operation: string): Promise<AdoptOutcome> {
  return adoptItemJob(ports, context, { operation, scenario: 'TestFailover' });
}

async function verify(ports: ActionPorts, context: Context, ended: JsonObject | undefined): Promise<VerifyOutcome> {
  const { target, signal, input } = context;
  const notYet = (message: string): VerifyOutcome => ({ kind: 'not_yet', message, retryAfterMs: pacedMs(context, VERIFY_POLL_MS) });
  if (!target) return notYet('no target');
  const item = await readItemNow(ports, target, signal);
  if (item.kind !== 'found') return unansweredRead(`protected machine ${target.name}`, item);
  if (!allows(item.value, 'TestFailoverCleanup')) return notYet(`Site Recovery does not show a test failover of ${target.name}`);
  const vmId = testMachineId(item.value);
  if (vmId === undefined) return notYet(`Site Recovery does not name the test machine of ${target.name}`);

  const machine = await readTestMachine(ports, vmId, signal);
  if (machine.kind === 'unanswered') return machine;
  if (machine.kind === 'missing') return notYet(`the test machine of ${target.name} does not exist`);
  const { vm, nic } = machine;
  if (vm.powerState?.toLowerCase() !== 'running') return notYet(`${vm.name} is ${vm.powerState ?? 'in an unknown power state'}`);
  const network = networkOf(nic);
  if (network !== undefined && !sameArmId(network, input.network))
    return notYet(`${vm.name} is in ${network}, not in the network asked for`);

  const pointAtMs = usedPointMs(context, ended);
  return {
    kind: 'succeeded',
    result: { recovery_point_time: pointAtMs === undefined ? null : timeValue(pointAtMs), ...jobResult(ended) },
    produced: [testMachineTarget(target, vm, nic)],
    observations: [
      {
        at: ports.clock.nowMs(),
        what: 'Test machine runs',
        data: {
          id: vm.id,
          vm_id: vm.vmId,
          power_state: vm.powerState,
          provisioning_state: vm.provisioningState,
          address: nic?.privateAddress,
          network,
          test_failover_state: item.value.testFailoverState,
        },
      },
    ],
  };
}

/** Why a test failover must not be sent now; undefined when nothing speaks against it. */
function refusalOf(item: AzureReplicationItem): ReturnType<typeof failed> | undefined {
  const name = item.friendlyName;
  if (item.runningScenario) {
    const job = item.runningScenario.jobId ?? 'an unnamed job';
    return failed('target', `${item.runningScenario.name} of ${name} is under way and was not started by this step: ${job}`);
  }
  if (allows(item, 'TestFailoverCleanup')) {
    return failed('target', `an earlier test failover of ${name} has not been cleaned up; clean it up before the next one`);
  }
  if (allows(item, 'TestFailover')) return undefined;
  const kind = item.protectionState === 'Protected' ? 'target' : 'not_protected';
  const state = item.protectionState ?? 'in an unknown state';
  return failed(kind, `${name} is ${state} and allows ${allowedText(item)}, not TestFailover`);
}

/** The point that the machine was really started from: what the job says, else the one that was asked for. */
function usedPointMs(context: Context, ended: JsonObject | undefined): number | undefined {
  const times = ended?.['recovery_point_times'];
  const first: unknown = Array.isArray(times) ? times[0] : undefined;
  return storedTimeMs(first as JsonObject | undefined) ?? storedTimeMs(context.before?.['recovery_point_time']);
}
