import { z } from 'zod';
import { rightsOf } from '../azure-rights.ts';
import type { AzureReplicationItem } from '../azure-calls.ts';
import type { JsonObject } from '../json.ts';
import { OTHER_WORK_POLL_MS, QUIET_MS, VERIFY_POLL_MS } from '../limits.ts';
import type {
  ActionContext,
  ActionPorts,
  AdoptOutcome,
  FindOutcome,
  PrecheckOutcome,
  SubmitOutcome,
  Unanswered,
  VerifyOutcome,
} from './action.ts';
import { effectAction } from './action.ts';
import { adoptItemJob, findItemJob } from './asr-item-job.ts';
import { itemBefore, readItemNow } from './asr-item-now.ts';
import { allowedText, allows } from './asr-item-state.ts';
import { findOwnJob, jobResult, pollJob } from './asr-job.ts';
import { type Leftover, leftovers, leftoversOf, stillThere } from './asr-leftovers.ts';
import { failed, failedRead, guardedSubmit, unansweredRead } from './azure-answer.ts';
import { pacedMs } from './pace.ts';

const inputSchema = z.strictObject({
  notes: z.string().max(1024).default('').describe('Comment that Site Recovery keeps with the cleanup'),
});

type Context = ActionContext<z.infer<typeof inputSchema>>;

/** Deletes what a test failover made: machine, network interface and disks. Nothing to delete is a success without a change. */
export const asrItemTestFailoverCleanup = effectAction({
  name: 'asr.item.test-failover-cleanup@1',
  summary: 'Delete the test machine of one protected machine',
  effect: 'guarded',
  severity: 'moderate',
  target: 'item',
  input: inputSchema,
  result: { changed: 'bool', adopted: 'bool', job: 'string' },
  timeoutMs: 3_600_000,
  permissions: rightsOf('sr.item', 'sr.jobs', 'sr.testFailoverCleanup', 'vm.get', 'nic.get', 'disk.get'),
  quietMs: QUIET_MS,
  precheck,
  submit,
  find,
  poll: pollJob,
  verify,
  adopt,
});

async function precheck(ports: ActionPorts, context: Context): Promise<PrecheckOutcome> {
  const { target, signal } = context;
  if (!target) return failed('target_missing', 'a cleanup needs a protected machine as its target');
  const item = await readItemNow(ports, target, signal);
  if (item.kind !== 'found') return failedRead(`protected machine ${target.name}`, item);

  const own = await findOwnJob(ports, context, item.value);
  if (own.kind === 'unanswered') return own;
  if (own.kind === 'found') return { kind: 'ours', handle: { jobId: own.job.id } };
  const other = otherWork(context, item.value);
  if (other) return other;
  if (allows(item.value, 'TestFailoverCleanup'))
    return { kind: 'proceed', before: { item: item.value.id, ...(await leftovers(ports, [item.value], signal)) } };

  const { testVmId } = item.value;
  const left = testVmId === undefined ? [] : await stillThere(ports, [{ kind: 'vm', id: testVmId }], signal);
  if (!Array.isArray(left)) return left;
  if (left.length === 0) return { kind: 'succeeded', result: { changed: false, job: '' } };
  const message = `${left.join(', ')} still exists, but Site Recovery offers ${allowedText(item.value)} and no cleanup for ${target.name}`;
  return failed('target', message);
}

async function submit(ports: ActionPorts, context: Context): Promise<SubmitOutcome> {
  const { target, input, before, requestId, signal } = context;
  if (!target) return { kind: 'refused', failure: { kind: 'target_missing', message: 'no target' } };
  const operation = { kind: 'sr.testFailoverCleanup', itemId: itemBefore(target, before), comments: input.notes } as const;
  const answer = await ports.azure.submit(operation, requestId, signal);
  return guardedSubmit(ports.clock.nowMs(), { verb: 'cleanup of the test failover', target: target.name }, answer);
}

async function find(ports: ActionPorts, context: Context): Promise<FindOutcome> {
  return findItemJob(ports, context, (item) => {
    const other = otherWork(context, item);
    if (other) return other;
    return allows(item, 'TestFailoverCleanup') ? { kind: 'absent' } : { kind: 'reached' };
  });
}

async function adopt(ports: ActionPorts, context: Context, operation: string): Promise<AdoptOutcome> {
  return adoptItemJob(ports, context, { operation, scenario: 'TestFailoverCleanup' });
}

async function verify(ports: ActionPorts, context: Context, ended: JsonObject | undefined): Promise<VerifyOutcome> {
  const { target, signal } = context;
  const notYet = (message: string): VerifyOutcome => ({ kind: 'not_yet', message, retryAfterMs: pacedMs(context, VERIFY_POLL_MS) });
  if (!target) return notYet('no target');
  const item = await readItemNow(ports, target, signal);
  if (item.kind !== 'found') return unansweredRead(`protected machine ${target.name}`, item);
  const { testFailoverState, testVmId } = item.value;
  if (allows(item.value, 'TestFailoverCleanup')) return notYet(`Site Recovery still offers the cleanup of ${target.name}`);
  if (testFailoverState !== undefined && testFailoverState.toLowerCase() !== 'markedfordeletion') {
    return notYet(`the test failover of ${target.name} is ${testFailoverState}`);
  }

  const known = leftoversOf(context.before);
  const pieces: readonly Leftover[] = testVmId === undefined ? known : [...known, { kind: 'vm', id: testVmId }];
  const left = await stillThere(ports, pieces, signal);
  if (!Array.isArray(left)) return left;
  if (left.length > 0) return notYet(`${left.join(', ')} still exists`);
  return {
    kind: 'succeeded',
    result: jobResult(ended),
    observations: [{ at: ports.clock.nowMs(), what: 'Test machine is gone', data: { deleted: pieces.map((piece) => piece.id) } }],
  };
}

/** Other work on the same machine, also our own test failover that is not finished: the cleanup waits until it has ended. */
function otherWork(context: Context, item: AzureReplicationItem): Unanswered | undefined {
  if (!item.runningScenario) return undefined;
  const message = `waiting for ${item.runningScenario.name} of ${item.friendlyName} to end`;
  return { kind: 'unanswered', message, retryAfterMs: pacedMs(context, OTHER_WORK_POLL_MS) };
}
