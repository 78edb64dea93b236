import { z } from 'zod';
import { rightsOf } from '../azure-rights.ts';
import type { AzureReplicationItem } from '../azure-calls.ts';
import type { JsonObject } from '../json.ts';
import { VERIFY_POLL_MS } from '../limits.ts';
import type { ActionContext, ActionPorts, VerifyOutcome } from './action.ts';
import { effectAction } from './action.ts';
import { allows } from './asr-item-state.ts';
import { jobResult } from './asr-job.ts';
import { leftovers, leftoversOf, stillThere } from './asr-leftovers.ts';
import { planQuestions } from './asr-plan-change.ts';
import { readPlan } from './asr-plan-state.ts';
import { unansweredRead } from './azure-answer.ts';
import { pacedMs } from './pace.ts';

const inputSchema = z.strictObject({
  plan: z.string().min(1).describe('ARM id of the recovery plan'),
  notes: z.string().max(1024).default('').describe('Comment that Site Recovery keeps with the cleanup'),
});

type Context = ActionContext<z.infer<typeof inputSchema>>;

/** Deletes what a test failover of a plan made. Nothing to delete is a success without a change; other work on the plan is waited for. */
export const asrPlanTestFailoverCleanup = effectAction({
  name: 'asr.plan.test-failover-cleanup@1',
  summary: 'Delete the test machines of a recovery plan',
  effect: 'guarded',
  severity: 'moderate',
  target: 'none',
  input: inputSchema,
  result: { changed: 'bool', adopted: 'bool', job: 'string' },
  timeoutMs: 3_600_000,
  permissions: rightsOf('sr.plan', 'sr.item', 'sr.jobs', 'sr.plan.testFailoverCleanup', 'vm.get', 'nic.get'),
  ...planQuestions<z.infer<typeof inputSchema>>({
    verb: 'cleanup of the test failover',
    word: 'TestFailoverCleanup',
    shows: isClean,
    needs: 'the plan',
    whenReached: 'succeed',
    whenBusy: 'wait',
    before: (ports, { signal }, { machines }) =>
      leftovers(
        ports,
        machines.map(({ item }) => item),
        signal,
      ),
    operation: (input) => ({ kind: 'sr.plan.testFailoverCleanup', planId: input.plan, comments: input.notes }),
  }),
  verify,
});

async function verify(ports: ActionPorts, context: Context, ended: JsonObject | undefined): Promise<VerifyOutcome> {
  const { input, signal } = context;
  const notYet = (message: string): VerifyOutcome => ({ kind: 'not_yet', message, retryAfterMs: pacedMs(context, VERIFY_POLL_MS) });
  const read = await readPlan(ports, input.plan, signal);
  if (read.kind === 'problem') return unansweredRead(read.what, read.problem);
  const dirty = read.machines.filter(({ item }) => !isClean(item));
  if (dirty.length > 0)
    return notYet(`Site Recovery still shows a test failover of ${dirty.map(({ item }) => item.friendlyName).join(', ')}`);

  const pieces = leftoversOf(context.before);
  const left = await stillThere(ports, pieces, signal);
  if (!Array.isArray(left)) return left;
  if (left.length > 0) return notYet(`${left.join(', ')} still exists`);
  const data = { deleted: pieces.map(({ id }) => id) };
  return {
    kind: 'succeeded',
    result: jobResult(ended),
    observations: [{ at: ports.clock.nowMs(), what: 'Test machines are gone', data }],
  };
}

function isClean(item: AzureReplicationItem): boolean {
  const { testFailoverState } = item;
  return (
    !allows(item, 'TestFailoverCleanup') && (testFailoverState === undefined || testFailoverState.toLowerCase() === 'markedfordeletion')
  );
}
