import { z } from 'zod';
import { rightsOf } from '../azure-rights.ts';
import type { AzurePatchRun } from '../azure-compute.ts';
import { JOB_WINDOW_MARGIN_MS, OTHER_WORK_POLL_MS, QUIET_MS, VERIFY_POLL_MS } from '../limits.ts';
import type {
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
import { durationInput } from './duration-input.ts';
import { pacedMs } from './pace.ts';

const PATCH_POLL_MS = 60_000;

const inputSchema = z.strictObject({
  classifications: z
    .array(z.enum(['Critical', 'Security', 'Other', 'UpdateRollUp', 'FeaturePack', 'ServicePack', 'Definition', 'Tools', 'Updates']))
    .min(1)
    .describe('Kinds of patches, in the words of Azure; Linux knows Critical, Security and Other'),
  reboot: z.enum(['IfRequired', 'Never', 'Always']).default('IfRequired'),
  maximum_duration: durationInput.default(7_200_000).describe('Azure begins no further patch after this time'),
  exclude: z.array(z.string().min(1)).default([]).describe('Package names with wildcards, or KB numbers on Windows'),
});

type Context = ActionContext<z.infer<typeof inputSchema>>;

/** Installs patches through Azure. One installation runs on a machine at a time, and its activity tells whether it began after our request. */
export const azureVmInstallPatches = effectAction({
  name: 'azure.vm.install-patches@1',
  summary: 'Install patches on a virtual machine',
  effect: 'guarded',
  severity: 'moderate',
  target: 'vm',
  input: inputSchema,
  result: { installed: 'int', failed: 'int', pending: 'int', reboot_status: 'string', changed: 'bool', adopted: 'bool', job: 'string' },
  timeoutMs: 10_800_000,
  permissions: rightsOf('vm.get', 'vm.installPatches'),
  quietMs: QUIET_MS,
  precheck,
  submit,
  find,
  poll,
  verify,
});

async function precheck(ports: ActionPorts, { target, signal }: Context): Promise<PrecheckOutcome> {
  if (!target) return failed('target_missing', 'this action needs a virtual machine as its target');
  const vm = await ports.azure.read({ kind: 'vm.get', vmId: target.id }, signal);
  if (vm.kind !== 'found') return failedRead(`virtual machine ${target.name}`, vm);
  const { powerState, patches } = vm.value;
  if (powerState?.toLowerCase() !== 'running')
    return failed('target', `${target.name} is ${powerState ?? 'not telling its power state'}: patches need a running machine`);
  if (isRunning(patches))
    return failed('target', `an installation of patches is in progress on ${target.name}: ${patches?.activityId ?? 'unnamed'}`);
  return { kind: 'proceed', before: { activity: patches?.activityId ?? '' } };
}

async function submit(ports: ActionPorts, { target, input, requestId, signal }: Context): Promise<SubmitOutcome> {
  if (!target) return { kind: 'refused', failure: { kind: 'target_missing', message: 'no target' } };
  const { classifications, exclude, reboot, maximum_duration: maximumDurationMs } = input;
  const os = target.os ?? 'linux';
  const operation = { kind: 'vm.installPatches', vmId: target.id, os, classifications, exclude, reboot, maximumDurationMs } as const;
  const answer = await ports.azure.submit(operation, requestId, signal);
  return guardedSubmit(ports.clock.nowMs(), { verb: 'installation of patches', target: target.name }, answer);
}

/** An activity that was not there before, and began after the step became ready, is ours: no second one can begin meanwhile. */
async function find(ports: ActionPorts, context: Context): Promise<FindOutcome> {
  const seen = await readRun(ports, context);
  if (seen.kind === 'unanswered') return seen;
  if (!isOurs(context, seen.run)) {
    return isRunning(seen.run)
      ? { kind: 'unclear', message: 'an older installation of patches is in progress', candidates: [] }
      : { kind: 'absent' };
  }
  return { kind: 'found', handle: { name: seen.run?.activityId ?? '' } };
}

async function poll(ports: ActionPorts, context: Context, handle: Handle): Promise<PollOutcome> {
  const seen = await readRun(ports, context);
  if (seen.kind === 'unanswered') return seen;
  const { run } = seen;
  const retryAfterMs = pacedMs(context, PATCH_POLL_MS);
  if (isOurs(context, run) && !isRunning(run)) {
    if (run?.status.toLowerCase() === 'failed')
      return failed(
        'target',
        `the installation of patches failed: ${run.installed} installed, ${run.failed} failed, ${run.pending} pending`,
      );
    return { kind: 'ended_well', result: { activity: run?.activityId ?? '' } };
  }
  if (isOurs(context, run)) return { kind: 'running', detail: `patches are being installed`, retryAfterMs };
  const operation = await ports.azure.poll(handle, context.signal);
  if (operation.kind === 'failed') return failed('target', `the installation of patches failed: ${operation.message} (${operation.code})`);
  return { kind: 'running', detail: 'the installation of patches has not begun', retryAfterMs: pacedMs(context, OTHER_WORK_POLL_MS) };
}

async function verify(ports: ActionPorts, context: Context): Promise<VerifyOutcome> {
  const seen = await readRun(ports, context);
  if (seen.kind === 'unanswered') return seen;
  const { run, powerState } = seen;
  const notYet = (message: string): VerifyOutcome => ({ kind: 'not_yet', message, retryAfterMs: pacedMs(context, VERIFY_POLL_MS) });
  if (run === undefined || !isOurs(context, run)) return notYet('the machine does not show this installation of patches');
  if (isRunning(run)) return notYet('patches are being installed');
  if (run.failed > 0) return notYet(`${run.failed} patches could not be installed`);
  if (powerState?.toLowerCase() !== 'running') return notYet(`the machine is ${powerState ?? 'not telling its power state'}`);
  const { installed, pending } = run;
  return {
    kind: 'succeeded',
    result: {
      installed,
      failed: run.failed,
      pending,
      reboot_status: pending > 0 ? 'Required' : 'NotNeeded',
      changed: installed > 0,
      job: run.activityId ?? '',
    },
    observations: [{ at: ports.clock.nowMs(), what: 'Patches installed', data: { ...run } }],
  };
}

async function readRun(ports: ActionPorts, { target, signal }: Context) {
  const vm = await ports.azure.read({ kind: 'vm.get', vmId: target?.id ?? '' }, signal);
  if (vm.kind !== 'found') return unansweredRead(`virtual machine ${target?.name ?? ''}`, vm);
  return { kind: 'read', run: vm.value.patches, powerState: vm.value.powerState } as const;
}

function isRunning(run: AzurePatchRun | undefined): boolean {
  return run?.status.toLowerCase() === 'inprogress';
}

function isOurs({ before, createdAtMs }: Context, run: AzurePatchRun | undefined): boolean {
  if (run === undefined || run.activityId === before?.['activity']) return false;
  return (run.startedAtMs ?? 0) >= createdAtMs - JOB_WINDOW_MARGIN_MS;
}
