import type { AzureBackupItem, AzureBackupJob } from '../azure-backup.ts';
import { armIdPart, armIdUpTo, sameArmId } from '../ids.ts';
import type { JsonObject } from '../json.ts';
import { BACKUP_JOB_POLL_MS, JOB_CANDIDATES_MAX, JOB_WINDOW_MARGIN_MS, QUIET_MS, VERIFY_POLL_MS } from '../limits.ts';
import type { Observation } from '../ports.ts';
import { storedTimeMs, timeValue } from '../values.ts';
import type { ActionContext, ActionPorts, AdoptOutcome, Handle, PollOutcome, Unanswered } from './action.ts';
import { unansweredRead } from './azure-answer.ts';
import { compareMark, expiryMark } from './backup-mark.ts';
import { isOwnWork } from './own-work.ts';
import { pacedMs } from './pace.ts';

type Context = Pick<
  ActionContext<unknown>,
  'requestIds' | 'earlierRequestIds' | 'createdAtMs' | 'submittedAtMs' | 'before' | 'signal' | 'timeScale'
>;

/** What a search for the job of our own request found. `unclear`: jobs that may be ours and do not tell. */
export type OwnBackup =
  | { readonly kind: 'found'; readonly job: AzureBackupJob }
  | { readonly kind: 'none' }
  | { readonly kind: 'unclear'; readonly candidates: readonly string[] }
  | Unanswered;

/**
 * Looks for a backup job that a request of this attempt started, by its client request id, then by the expiry that only our request
 * asked for. A job of the machine that shows neither may be ours: nothing is concluded from it.
 */
export async function findOwnBackup(
  ports: Pick<ActionPorts, 'azure'>,
  context: Context,
  item: Pick<AzureBackupItem, 'id'>,
): Promise<OwnBackup> {
  const vaultId = armIdUpTo(item.id, 'vaults') ?? item.id;
  const sinceMs = context.createdAtMs - JOB_WINDOW_MARGIN_MS;
  const listed = await ports.azure.read({ kind: 'backup.jobs', vaultId, sinceMs }, context.signal);
  if (listed.kind !== 'found') return unansweredRead('the list of backup jobs', listed);
  const candidates = listed.value.filter((job) => mayConcern(job, item)).slice(0, JOB_CANDIDATES_MAX);
  const known = candidates.find((job) => isOurs(context, job));
  if (known) return { kind: 'found', job: known };
  const unclear: string[] = [];
  for (const { id } of candidates) {
    const read = await ports.azure.read({ kind: 'backup.job', jobId: id }, context.signal);
    if (read.kind === 'unanswered') return unansweredRead('a backup job', read);
    if (read.kind !== 'found') {
      unclear.push(id);
      continue;
    }
    const marks = expiryMarks(context).map((mark) => compareMark(mark, read.value.expiresAtMs));
    if (isOurs(context, read.value) || marks.includes('ours')) return { kind: 'found', job: read.value };
    if (!marks.includes('other')) unclear.push(id);
  }
  return unclear.length === 0 ? { kind: 'none' } : { kind: 'unclear', candidates: unclear };
}

/**
 * One look at an accepted backup. The operation ends as soon as the job exists and names it; the job tells the rest. When neither can be
 * read any more, the job is looked for; when it cannot be told, a person decides.
 */
export async function pollBackup(
  ports: Pick<ActionPorts, 'azure' | 'clock'>,
  context: Context,
  at: { readonly handle: Handle; readonly item: Pick<AzureBackupItem, 'id'> },
): Promise<PollOutcome> {
  const { handle, item } = at;
  const vaultId = armIdUpTo(item.id, 'vaults') ?? item.id;
  if (handle.jobId !== undefined) return lookAt(ports, context, { jobId: handle.jobId, handle });
  const operation = await ports.azure.poll(handle, context.signal);
  switch (operation.kind) {
    case 'running':
      return { kind: 'running', detail: 'the backup is being accepted', retryAfterMs: pacedMs(context, operation.retryAfterMs) };
    case 'failed':
      return {
        kind: 'failed',
        failure: { kind: 'target', message: `the backup was not started: ${operation.message} (${operation.code})` },
      };
    case 'unanswered':
      return operation;
    case 'succeeded':
      if (operation.jobName !== undefined) return lookAt(ports, context, { jobId: `${vaultId}/backupJobs/${operation.jobName}`, handle });
      break;
    case 'gone':
    case 'denied':
    case 'no_information':
      break;
  }
  const own = await findOwnBackup(ports, context, item);
  if (own.kind === 'unanswered') return own;
  if (own.kind === 'found') return lookAt(ports, context, { jobId: own.job.id, handle });
  // Lists are late: a job that was accepted a moment ago may not stand in them, or not tell yet whose it is.
  const quietEndMs = (context.submittedAtMs ?? 0) + pacedMs(context, QUIET_MS);
  if (ports.clock.nowMs() < quietEndMs) {
    const message = 'the operation of the backup names no job, and the list of jobs does not show ours yet';
    return { kind: 'unanswered', message, retryAfterMs: pacedMs(context, VERIFY_POLL_MS) };
  }
  const candidates = own.kind === 'unclear' ? own.candidates : [];
  return { kind: 'unclear', message: 'the operation of the backup names no job and none carries our mark', candidates };
}

/** Checks that a backup job which a person names is one of this machine and not older than the step; `operation` is its ARM id or its name. */
export async function adoptBackup(
  ports: Pick<ActionPorts, 'azure'>,
  context: Context,
  asked: { readonly operation: string; readonly item: AzureBackupItem },
): Promise<AdoptOutcome> {
  const vaultId = armIdUpTo(asked.item.id, 'vaults') ?? asked.item.id;
  const jobId = asked.operation.startsWith('/') ? asked.operation : `${vaultId}/backupJobs/${asked.operation}`;
  const foreign = (why: string): AdoptOutcome => ({
    kind: 'foreign',
    message: `${asked.operation} is not the effect of this step: ${why}`,
  });
  if (!sameArmId(armIdUpTo(jobId, 'vaults') ?? '', vaultId)) return foreign('it belongs to another vault');
  const job = await ports.azure.read({ kind: 'backup.job', jobId }, context.signal);
  if (job.kind === 'missing') return foreign('the vault has no such job');
  if (job.kind !== 'found') return unansweredRead('the backup job', job);
  const { containerName, entityName, operation, startedAtMs } = job.value;
  if ((containerName === undefined && entityName === undefined) || !mayConcern(job.value, asked.item))
    return foreign(`it works on ${entityName ?? containerName ?? 'nothing that it names'}`);
  if (operation !== 'Backup') return foreign(`it is ${operation ?? 'of no kind that it names'}, not Backup`);
  if (startedAtMs === undefined || startedAtMs < context.createdAtMs - JOB_WINDOW_MARGIN_MS) return foreign('it began before the step did');
  return { kind: 'found', handle: { jobId: job.value.id } };
}

/** The job that is followed from now on: the operation that named it has nothing more to tell. */
async function lookAt(
  ports: Pick<ActionPorts, 'azure' | 'clock'>,
  context: Context,
  { jobId, handle }: { readonly jobId: string; readonly handle: Handle },
): Promise<PollOutcome> {
  const job = await ports.azure.read({ kind: 'backup.job', jobId }, context.signal);
  if (job.kind !== 'found') return unansweredRead('the backup job', job);
  const outcome = jobOutcome(job.value, { retryAfterMs: pacedMs(context, BACKUP_JOB_POLL_MS), nowMs: ports.clock.nowMs() });
  return outcome.kind === 'running' ? { ...outcome, handle: { ...handle, jobId } } : outcome;
}

function jobOutcome(job: AzureBackupJob, at: { readonly retryAfterMs: number; readonly nowMs: number }): PollOutcome {
  switch (job.status.toLowerCase()) {
    case 'completed':
    case 'completedwithwarnings':
      return { kind: 'ended_well', result: endOf(job), observations: [ended(job, at.nowMs)] };
    case 'failed':
    case 'cancelled':
    case 'canceled': {
      const faults = job.errors.map((fault) => `${fault.message} (${fault.code})`);
      const why = faults.length === 0 ? 'without giving a reason' : faults.join('; ');
      const failure = { kind: 'target', message: `the backup job ended ${job.status}: ${why}` } as const;
      return { kind: 'failed', failure, observations: [ended(job, at.nowMs)] };
    }
    default:
      return { kind: 'running', detail: `the backup is ${job.status}`, retryAfterMs: at.retryAfterMs };
  }
}

function endOf(job: AzureBackupJob): JsonObject {
  return { job: job.id, ...(job.startedAtMs === undefined ? {} : { started_at: timeValue(job.startedAtMs) }) };
}

function ended(job: AzureBackupJob, nowMs: number): Observation {
  const data: JsonObject = {
    ...endOf(job),
    state: job.status,
    ...(job.endedAtMs === undefined ? {} : { ended_at: timeValue(job.endedAtMs) }),
    errors: job.errors.map(({ code, message }) => ({ code, message })),
  };
  return { at: nowMs, what: 'Backup job ended', data };
}

function isOurs(context: Context, job: AzureBackupJob): boolean {
  return isOwnWork(context, { clientRequestId: job.clientRequestId, state: job.status });
}

function expiryMarks({ before, requestIds }: Context): readonly number[] {
  const fromMs = storedTimeMs(before?.['expires_from']);
  return fromMs === undefined ? [] : requestIds.map((id) => expiryMark(fromMs, id));
}

/** Machines of one name may be in several groups: the container has both. */
function mayConcern(job: AzureBackupJob, item: Pick<AzureBackupItem, 'id'>): boolean {
  const container = armIdPart(item.id, 'protectionContainers')?.toLowerCase();
  if (job.containerName !== undefined && container !== undefined) return container.endsWith(job.containerName.toLowerCase());
  const machine = container?.split(';').at(-1);
  return job.entityName === undefined || machine === undefined || job.entityName.toLowerCase() === machine;
}
