import { armIdUpTo, sameArmId } from '../ids.ts';
import { JOB_WINDOW_MARGIN_MS } from '../limits.ts';
import type { ActionContext, ActionPorts, AdoptOutcome } from './action.ts';
import { unansweredRead } from './azure-answer.ts';

/** What the job of a step looks like: who it works on, and under which of Azure's names. */
export interface ExpectedJob {
  /** The ARM id of the protected machine or the recovery plan. */
  readonly subjectId: string;
  readonly subjectName: string;
  readonly scenarios: readonly string[];
}

/**
 * Checks that a job which a person names may be the effect of a step: of the same vault and machine, of the right kind, and not older than
 * the step. `operation` is the job's ARM id or its name.
 */
export async function adoptSiteRecoveryJob(
  ports: Pick<ActionPorts, 'azure'>,
  context: Pick<ActionContext<unknown>, 'createdAtMs' | 'signal'>,
  asked: { readonly operation: string; readonly expected: ExpectedJob },
): Promise<AdoptOutcome> {
  const { expected } = asked;
  const vaultId = armIdUpTo(expected.subjectId, 'vaults') ?? expected.subjectId;
  const jobId = asked.operation.startsWith('/') ? asked.operation : `${vaultId}/replicationJobs/${asked.operation}`;
  const foreign = (why: string): AdoptOutcome => ({
    kind: 'foreign',
    message: `${asked.operation} is not the effect of this step: ${why}`,
  });
  if (!sameArmId(armIdUpTo(jobId, 'vaults') ?? '', vaultId)) return foreign('it belongs to another vault');
  const job = await ports.azure.read({ kind: 'sr.job', jobId }, context.signal);
  if (job.kind === 'missing') return foreign('the vault has no such job');
  if (job.kind !== 'found') return unansweredRead('the job', job);
  const { scenario, targetName, startedAtMs } = job.value;
  if (targetName?.toLowerCase() !== expected.subjectName.toLowerCase())
    return foreign(`it works on ${targetName ?? 'nothing that it names'}, not on ${expected.subjectName}`);
  if (!expected.scenarios.some((name) => name.toLowerCase() === scenario?.toLowerCase()))
    return foreign(`it is ${scenario ?? 'of no kind that it names'}, not ${expected.scenarios.join(' or ')}`);
  if (startedAtMs === undefined || startedAtMs < context.createdAtMs - JOB_WINDOW_MARGIN_MS) return foreign('it began before the step did');
  return { kind: 'found', handle: { jobId: job.value.id } };
}
