import { z } from 'zod';
import { rightsOf } from '../azure-rights.ts';
import type { JsonObject } from '../json.ts';
import { VERIFY_POLL_MS } from '../limits.ts';
import type { ActionContext, ActionPorts, VerifyOutcome } from './action.ts';
import { effectAction } from './action.ts';
import { isCommitted } from './asr-item-state.ts';
import { jobResult } from './asr-job.ts';
import { planQuestions } from './asr-plan-change.ts';
import { readPlan } from './asr-plan-state.ts';
import { unansweredRead } from './azure-answer.ts';
import { pacedMs } from './pace.ts';

const inputSchema = z.strictObject({ plan: z.string().min(1).describe('ARM id of the recovery plan') });

type Input = z.infer<typeof inputSchema>;

/** Makes a failover final: afterwards no other recovery point can be chosen any more. */
export const asrPlanCommit = effectAction({
  name: 'asr.plan.commit@1',
  summary: 'Commit the failover of a recovery plan: no other recovery point can be chosen afterwards',
  effect: 'guarded',
  severity: 'severe',
  target: 'none',
  input: inputSchema,
  result: { changed: 'bool', adopted: 'bool', job: 'string' },
  timeoutMs: 14_400_000,
  permissions: rightsOf('sr.plan', 'sr.item', 'sr.jobs', 'sr.plan.commit'),
  ...planQuestions<Input>({
    verb: 'commit',
    word: 'Commit',
    shows: isCommitted,
    needs: 'the plan',
    whenReached: 'succeed',
    whenBusy: 'refuse',
    operation: (input) => ({ kind: 'sr.plan.commit', planId: input.plan }),
  }),
  verify,
});

async function verify(ports: ActionPorts, context: ActionContext<Input>, ended: JsonObject | undefined): Promise<VerifyOutcome> {
  const read = await readPlan(ports, context.input.plan, context.signal);
  if (read.kind === 'problem') return unansweredRead(read.what, read.problem);
  const open = read.machines.filter(({ item }) => !isCommitted(item)).map(({ item }) => item.friendlyName);
  if (open.length > 0) {
    const message = `Site Recovery does not show that ${open.join(', ')} is committed`;
    return { kind: 'not_yet', message, retryAfterMs: pacedMs(context, VERIFY_POLL_MS) };
  }
  const data = { machines: read.machines.map(({ item }) => item.friendlyName) };
  return {
    kind: 'succeeded',
    result: jobResult(ended),
    observations: [{ at: ports.clock.nowMs(), what: 'Failover is committed', data }],
  };
}
