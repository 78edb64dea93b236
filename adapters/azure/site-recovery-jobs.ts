import type { FailoverJobDetails, Job, JobErrorDetails } from '@azure/arm-recoveryservices-siterecovery';
import type { AzureFault, AzureJob } from '../../engine/azure-calls.ts';
import type { ClientSet } from './clients.ts';
import { jobPath, vaultPath } from './resource-paths.ts';
import { textOf } from './site-recovery-shapes.ts';
import { timeOf } from './times.ts';

/** Reads one job with everything that lists leave out. */
export async function getJob(clients: ClientSet, jobId: string, abortSignal: AbortSignal): Promise<AzureJob> {
  return jobOf(await clients.siteRecovery.replicationJobs.get(...jobPath(jobId), { abortSignal }), jobId);
}

/** Lists jobs of a vault that started at or after the given time, newest first; jobs without a start time yet come first. */
export async function listJobs(
  clients: ClientSet,
  query: { readonly vaultId: string; readonly sinceMs: number },
  abortSignal: AbortSignal,
): Promise<readonly AzureJob[]> {
  // In this filter `eq` on the start time means "from this time on".
  const filter = `startTime eq '${new Date(query.sinceMs).toISOString()}'`;
  const jobs = new Map<string, AzureJob>();
  for await (const job of clients.siteRecovery.replicationJobs.list(...vaultPath(query.vaultId), { filter, abortSignal })) {
    const found = jobOf(job, job.id ?? '');
    if (found.startedAtMs === undefined || found.startedAtMs >= query.sinceMs) jobs.set(found.id.toLowerCase(), found);
  }
  return [...jobs.values()].toSorted((left, right) => (right.startedAtMs ?? Infinity) - (left.startedAtMs ?? Infinity));
}

function jobOf(job: Job, asked: string): AzureJob {
  const { properties } = job;
  if (!properties) throw new Error(`the answer is not a job: ${asked}`);
  const details = properties.customDetails as FailoverJobDetails | null | undefined;
  return {
    id: job.id ?? asked,
    clientRequestId: requestIdOf(properties.activityId),
    scenario: textOf(properties.scenarioName),
    state: properties.state ?? 'Unknown',
    targetName: textOf(properties.targetObjectName),
    startedAtMs: timeOf(properties.startTime),
    endedAtMs: timeOf(properties.endTime),
    recoveryPoints: (details?.protectedItemDetails ?? []).flatMap(({ friendlyName, recoveryPointTime }) => {
      const atMs = timeOf(recoveryPointTime);
      return atMs === undefined ? [] : [{ machine: textOf(friendlyName) ?? '', atMs }];
    }),
    errors: (properties.errors ?? []).map(jobFault),
  };
}

/** `<client request id> ActivityId: <correlation id>`: the first half is the id that the sender chose. */
function requestIdOf(activityId: string | null | undefined): string | undefined {
  return textOf(activityId)?.split(' ')[0]?.toLowerCase();
}

/** The provider's error says what happened; the service's is often generic. */
function jobFault(error: JobErrorDetails): AzureFault {
  const provider = error.providerErrorDetails;
  const service = error.serviceErrorDetails;
  const code = provider?.errorCode ?? textOf(provider?.errorId) ?? textOf(service?.code) ?? 'Unknown';
  const texts = [
    textOf(provider?.errorMessage) ?? textOf(service?.message),
    textOf(provider?.possibleCauses) ?? textOf(service?.possibleCauses),
    textOf(provider?.recommendedAction) ?? textOf(service?.recommendedAction),
  ];
  return { code: String(code), message: texts.filter((text) => text !== undefined).join(' ') || 'no message' };
}
