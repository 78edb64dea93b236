import type { AzureReplicationItem } from '../azure-calls.ts';
import type { ActionContext, ActionPorts, AdoptOutcome, FindOutcome } from './action.ts';
import { adoptSiteRecoveryJob } from './asr-adopt.ts';
import { readItemNow } from './asr-item-now.ts';
import { findOwnJob } from './asr-job.ts';
import { unansweredRead } from './azure-answer.ts';

/** The job of Site Recovery that our request on a protected machine started; without one the state of the machine decides. */
export async function findItemJob(
  ports: ActionPorts,
  context: ActionContext<unknown>,
  withoutJob: (item: AzureReplicationItem) => FindOutcome,
): Promise<FindOutcome> {
  const { target, signal } = context;
  if (!target) return { kind: 'unclear', message: 'no target', candidates: [] };
  const item = await readItemNow(ports, target, signal);
  if (item.kind !== 'found') return unansweredRead(`protected machine ${target.name}`, item);
  const own = await findOwnJob(ports, context, item.value);
  if (own.kind === 'unanswered') return own;
  return own.kind === 'found' ? { kind: 'found', handle: { jobId: own.job.id } } : withoutJob(item.value);
}

/** Takes over a job that a person named, when it is of this scenario and machine. */
export async function adoptItemJob(
  ports: ActionPorts,
  context: ActionContext<unknown>,
  named: { readonly operation: string; readonly scenario: string },
): Promise<AdoptOutcome> {
  const { target, signal } = context;
  if (!target) return { kind: 'foreign', message: 'the step has no target' };
  const item = await readItemNow(ports, target, signal);
  if (item.kind !== 'found') return unansweredRead(`protected machine ${target.name}`, item);
  const expected = { subjectId: item.value.id, subjectName: item.value.friendlyName, scenarios: [named.scenario] };
  return adoptSiteRecoveryJob(ports, context, { operation: named.operation, expected });
}
