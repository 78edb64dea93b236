import type { AzureJob, AzureScenario } from '../azure-calls.ts';
import { armIdUpTo } from '../ids.ts';
import type { JsonObject } from '../json.ts';
import { JOB_CANDIDATES_MAX, JOB_POLL_MS, JOB_WINDOW_MARGIN_MS, RETRY_AFTER_MAX_MS, RETRY_AFTER_MIN_MS } from '../limits.ts';
import type { Observation } from '../ports.ts';
import { timeValue } from '../values.ts';
import type { ActionContext, ActionPorts, Handle, PollOutcome, Unanswered } from './action.ts';
import { unansweredRead } from './azure-answer.ts';
import { isOwnWork } from './own-work.ts';
import { pacedMs } from './pace.ts';

/** What a search for the job of our own request found. */
export type OwnJob = { readonly kind: 'found'; readonly job: AzureJob } | { readonly kind: 'none' } | Unanswered;

/** What a job works on: a protected machine or a recovery plan. Jobs name their target as people see it. */
export interface JobSubject {
  readonly id: string;
  readonly name: string;
  readonly friendlyName?: string;
  readonly runningScenario: AzureScenario | undefined;
}

/** The context of an action, without its input. */
export type JobContext = Pick<ActionContext<unknown>, 'requestIds' | 'earlierRequestIds' | 'createdAtMs' | 'signal' | 'timeScale'>;

/**
 * Looks for a job that a request of this attempt started: in what the subject says is running and in the vault's list since the
 * step became ready. Only the request id proves it: one machine has several jobs of the same scenario, and other people's too.
 */
export async function findOwnJob(ports: Pick<ActionPorts, 'azure'>, context: JobContext, subject: JobSubject): Promise<OwnJob> {
  const running = subject.runningScenario?.jobId;
  if (running !== undefined) {
    const own = await ownJob(ports, context, running);
    if (own.kind !== 'none') return own;
  }
  const vaultId = armIdUpTo(subject.id, 'vaults') ?? subject.id;
  const sinceMs = context.createdAtMs - JOB_WINDOW_MARGIN_MS;
  const listed = await ports.azure.read({ kind: 'sr.jobs', vaultId, sinceMs }, context.signal);
  if (listed.kind !== 'found') return unansweredRead('the job list of the vault', listed);
  const candidates = listed.value
    .filter((job) => mayConcern(job, subject) && job.id !== running)
    // What was sent last decides, not an earlier request of ours that ended.
    .toSorted((left, right) => (right.startedAtMs ?? Infinity) - (left.startedAtMs ?? Infinity) || 0);
  for (const candidate of candidates.slice(0, JOB_CANDIDATES_MAX)) {
    const own = await ownJob(ports, context, candidate.id);
    if (own.kind !== 'none') return own;
  }
  return { kind: 'none' };
}

/** One look at a job. A job that cannot be read says nothing about the work: then the operation URL is asked, then the target. */
export async function pollJob(ports: Pick<ActionPorts, 'azure' | 'clock'>, context: JobContext, handle: Handle): Promise<PollOutcome> {
  const { signal } = context;
  if (handle.jobId === undefined) return pollUrl(ports, context, { handle, job: 'the job is not known' });
  const answer = await ports.azure.read({ kind: 'sr.job', jobId: handle.jobId }, signal);
  switch (answer.kind) {
    case 'found':
      return jobOutcome(answer.value, { retryAfterMs: pacedMs(context, JOB_POLL_MS), nowMs: ports.clock.nowMs() });
    case 'unanswered':
      return unansweredRead('the job', answer);
    case 'missing':
    case 'denied':
    case 'invalid':
      return pollUrl(ports, context, { handle, job: `the job cannot be read (${answer.message})` });
  }
}

/** The part of a job's result that every action of Site Recovery returns. */
export function jobResult(ended: JsonObject | undefined): { readonly changed: true; readonly job: string } {
  const job = ended?.['job'];
  return { changed: true, job: typeof job === 'string' ? job : '' };
}

function jobOutcome(job: AzureJob, at: { readonly retryAfterMs: number; readonly nowMs: number }): PollOutcome {
  const { retryAfterMs } = at;
  switch (job.state.toLowerCase()) {
    case 'succeeded': {
      const result = {
        job: job.id,
        recovery_point_times: job.recoveryPoints.map(({ atMs }) => timeValue(atMs)),
        recovery_points: pointsOf(job),
      };
      return { kind: 'ended_well', result, observations: [ended(job, at.nowMs)] };
    }
    case 'failed':
    case 'cancelled':
    case 'canceled': {
      const faults = job.errors.map((fault) => `${fault.message} (${fault.code})`);
      const why = faults.length === 0 ? 'without giving a reason' : faults.join('; ');
      const message = `the job of Site Recovery ended ${job.state}: ${why}`;
      return { kind: 'failed', failure: { kind: 'target', message }, observations: [ended(job, at.nowMs)] };
    }
    case 'suspended':
      return { kind: 'running', detail: 'the job waits for a manual action in Azure', retryAfterMs };
    default:
      return { kind: 'running', detail: `${job.scenario ?? 'the job'} is ${job.state}`, retryAfterMs };
  }
}

function pointsOf(job: AzureJob): JsonObject {
  return Object.fromEntries(job.recoveryPoints.map(({ machine, atMs }) => [machine, timeValue(atMs)]));
}

function ended(job: AzureJob, nowMs: number): Observation {
  const data: JsonObject = {
    job: job.id,
    scenario: job.scenario,
    state: job.state,
    ...(job.startedAtMs === undefined ? {} : { started_at: timeValue(job.startedAtMs) }),
    ...(job.endedAtMs === undefined ? {} : { ended_at: timeValue(job.endedAtMs) }),
    recovery_points: pointsOf(job),
    errors: job.errors.map(({ code, message }) => ({ code, message })),
  };
  return { at: nowMs, what: 'Job of Site Recovery ended', data };
}

async function pollUrl(
  ports: Pick<ActionPorts, 'azure'>,
  context: JobContext,
  at: { readonly handle: Handle; readonly job: string },
): Promise<PollOutcome> {
  const { handle } = at;
  const answer = await ports.azure.poll(handle, context.signal);
  switch (answer.kind) {
    case 'running': {
      const least = pacedMs(context, RETRY_AFTER_MIN_MS);
      return { ...answer, retryAfterMs: Math.min(Math.max(answer.retryAfterMs, least), RETRY_AFTER_MAX_MS) };
    }
    case 'succeeded':
      return { kind: 'ended_well', ...(handle.jobId === undefined ? {} : { result: { job: handle.jobId } }) };
    case 'failed':
      return { kind: 'failed', failure: { kind: 'target', message: `${answer.message} (${answer.code})` } };
    case 'gone':
    case 'denied':
    case 'no_information': {
      // It may go on all the same: Azure only does not tell us.
      const message = `${at.job}, and its operation ${URL_WORDS[answer.kind]}`;
      return { kind: 'unreadable', message, retryAfterMs: pacedMs(context, JOB_POLL_MS) };
    }
    case 'unanswered':
      return answer;
  }
}

const URL_WORDS = { gone: 'is not known any more', denied: 'may not be read', no_information: 'tells nothing' } as const;

async function ownJob(ports: Pick<ActionPorts, 'azure'>, context: JobContext, jobId: string): Promise<OwnJob> {
  const answer = await ports.azure.read({ kind: 'sr.job', jobId }, context.signal);
  if (answer.kind === 'missing') return { kind: 'none' };
  if (answer.kind !== 'found') return unansweredRead('a job of the vault', answer);
  return isOwnWork(context, answer.value) ? { kind: 'found', job: answer.value } : { kind: 'none' };
}

/** A fresh job has no target yet; a job of another machine is not read. */
function mayConcern(job: AzureJob, subject: JobSubject): boolean {
  return job.targetName === undefined || job.targetName.toLowerCase() === (subject.friendlyName ?? subject.name).toLowerCase();
}
