import type { AzureNeed, AzureQuery, AzureReadAnswer, AzureReadKind, AzureReads } from '../../engine/azure-calls.ts';
import { armIdUpTo } from '../../engine/ids.ts';
import { FOLLOWED_ALONE_MAX, FOLLOWED_FOR_MS, FOLLOWED_LISTS_MAX, JOB_WINDOW_MARGIN_MS } from '../../engine/limits.ts';

/** One read of Azure. */
export type Read = <Kind extends AzureReadKind>(
  query: AzureQuery<Kind>,
  signal: AbortSignal,
  need: AzureNeed,
) => Promise<AzureReadAnswer<AzureReads[Kind]['value']>>;

type JobKind = 'sr.job' | 'backup.job';
type Job = AzureReads[JobKind]['value'];

/** A job as it was read last, and when. */
interface Followed {
  readonly job: Job;
  askedAtMs: number;
  /** How often in a row a list stood for it. */
  lists: number;
}

/** Jobs that one list of a vault tells about. */
interface Group {
  readonly jobs: Map<string, Followed>;
  list: { readonly atMs: number; readonly states: Promise<ReadonlyMap<string, string> | undefined> } | undefined;
}

/** What an asker says about one look: the query, what it is needed for, and when. */
interface Look {
  readonly jobId: string;
  readonly signal: AbortSignal;
  readonly need: AzureNeed;
  readonly atMs: number;
}

/**
 * Reads in which jobs that are followed in one vault share lists: while more than three are, a list tells which of them have another state than
 * before, and only those are read. Lists are poor and late, so every tenth look reads the job itself. Everything else is read as it is.
 */
export function withFollowedJobs(read: Read, nowMs: () => number = Date.now): Read {
  const groups = new Map<string, Group>();

  const readJob = async <Kind extends JobKind>(kind: Kind, look: Look): Promise<AzureReadAnswer<Job>> => {
    const { jobId, atMs } = look;
    const key = jobId.toLowerCase();
    const group = [...groups.values()].find(({ jobs }) => jobs.has(key));
    const followed = group?.jobs.get(key);
    if (group !== undefined && followed !== undefined) {
      forget(group, atMs);
      if (
        group.jobs.size > FOLLOWED_ALONE_MAX &&
        followed.lists < FOLLOWED_LISTS_MAX &&
        (await isUnchanged(kind, group, { followed, look }))
      ) {
        followed.lists += 1;
        followed.askedAtMs = atMs;
        return { kind: 'found', value: followed.job };
      }
    }
    const answer: AzureReadAnswer<Job> = await read({ kind, jobId } as AzureQuery<JobKind>, look.signal, look.need);
    if (answer.kind === 'found') groupOf(groups, answer.value, jobId).jobs.set(key, { job: answer.value, askedAtMs: atMs, lists: 0 });
    return answer;
  };

  /** One list for all of a group: that of another asker serves as well, when it is not older than half of the time since the last look. */
  const isUnchanged = async (kind: JobKind, group: Group, at: { readonly followed: Followed; readonly look: Look }): Promise<boolean> => {
    const { followed, look } = at;
    const oldestMs = followed.askedAtMs + (look.atMs - followed.askedAtMs) / 2;
    if (group.list === undefined || group.list.atMs <= oldestMs) group.list = { atMs: look.atMs, states: listOf(kind, group, look) };
    const states = await group.list.states;
    return states?.get(look.jobId.toLowerCase()) === stateOf(followed.job);
  };

  const listOf = async (
    kind: JobKind,
    group: Group,
    { jobId, signal, need, atMs }: Look,
  ): Promise<ReadonlyMap<string, string> | undefined> => {
    const vaultId = armIdUpTo(jobId, 'vaults') ?? '';
    const startsMs = [...group.jobs.values()].map(({ job }) => job.startedAtMs ?? atMs);
    const sinceMs = Math.min(...startsMs) - JOB_WINDOW_MARGIN_MS;
    const isRestore = [...group.jobs.values()].some(({ job }) => 'operation' in job && job.operation === 'Restore');
    const list = kind === 'sr.job' ? 'sr.jobs' : isRestore ? 'backup.restores' : 'backup.jobs';
    const answer: AzureReadAnswer<readonly Job[]> = await read({ kind: list, vaultId, sinceMs }, signal, need);
    return answer.kind === 'found' ? new Map(answer.value.map((job) => [job.id.toLowerCase(), stateOf(job)])) : undefined;
  };

  return async (query, signal, need) => {
    if ((query.kind !== 'sr.job' && query.kind !== 'backup.job') || (need !== 'poll' && need !== 'severe'))
      return read(query, signal, need);
    const { jobId } = query as AzureQuery<JobKind>;
    const look = { jobId, signal, need, atMs: nowMs() };
    return (await readJob(query.kind, look)) as Awaited<ReturnType<typeof read<typeof query.kind>>>;
  };
}

/** Backups and restores stand in lists of their own. */
function groupOf(groups: Map<string, Group>, job: Job, jobId: string): Group {
  const operation = 'operation' in job ? (job.operation ?? '') : 'replication';
  const key = `${operation} ${armIdUpTo(jobId, 'vaults') ?? ''}`.toLowerCase();
  const known = groups.get(key);
  if (known !== undefined) return known;
  const made: Group = { jobs: new Map(), list: undefined };
  groups.set(key, made);
  return made;
}

/** Whoever has not been asked about for some minutes is followed no more. */
function forget({ jobs }: Group, atMs: number): void {
  for (const [key, { askedAtMs }] of jobs) if (atMs - askedAtMs > FOLLOWED_FOR_MS) jobs.delete(key);
}

function stateOf(job: Job): string {
  return ('status' in job ? job.status : job.state).toLowerCase();
}
