import type { AzureIaaSVMJob, AzureIaaSVMProtectedItem, IaasVMRecoveryPoint, JobResource } from '@azure/arm-recoveryservicesbackup';
import type { AzureBackupItem, AzureBackupJob, AzureBackupPoint, AzureBackupStatus } from '../../engine/azure-backup.ts';
import type { BackupTrigger } from '../../engine/azure-operations.ts';
import type { CallOptions } from './call-options.ts';
import type { ClientSet } from './clients.ts';
import { backupItemPath, backupJobPath, vaultPath } from './resource-paths.ts';
import { textOf } from './site-recovery-shapes.ts';
import { stitched } from './stitch.ts';
import { timeOf } from './times.ts';

/** Lists of jobs end this long after now: the clock of Azure may be ahead of ours. */
const AHEAD_MS = 300_000;
const EXPIRY = 'Recovery Point Expiry Time in UTC';

/** Sends `backup` of an item; the SDK sends one request and follows nothing. */
export async function triggerBackup(clients: ClientSet, operation: BackupTrigger, options: CallOptions): Promise<void> {
  const recoveryPointExpiryTimeInUTC = new Date(operation.expiresAtMs);
  const request = { properties: { objectType: 'IaasVMBackupRequest' as const, recoveryPointExpiryTimeInUTC } };
  await clients.backup.backups.trigger(...backupItemPath(operation.itemId), request, options);
}

/** Asks in which vault a machine is protected. */
export async function getBackupStatus(
  clients: ClientSet,
  query: { readonly vmId: string; readonly location: string },
  abortSignal: AbortSignal,
): Promise<AzureBackupStatus> {
  const status = await clients.backup.backupStatus.get(query.location, { resourceType: 'VM', resourceId: query.vmId }, { abortSignal });
  const { protectionStatus, vaultId, fabricName, containerName, protectedItemName } = status;
  if (protectionStatus === undefined) throw new Error(`the answer is not a backup status: ${query.vmId}`);
  const place = [vaultId, fabricName, containerName, protectedItemName].every((part) => textOf(part) !== undefined);
  const itemId = `${vaultId}/backupFabrics/${fabricName}/protectionContainers/${containerName}/protectedItems/${protectedItemName}`;
  return { itemId: place && protectionStatus !== 'NotProtected' ? itemId : undefined, policyName: textOf(status.policyName) };
}

/** Reads a protected item. */
export async function getBackupItem(clients: ClientSet, itemId: string, abortSignal: AbortSignal): Promise<AzureBackupItem> {
  const { id, properties } = await clients.backup.protectedItems.get(...backupItemPath(itemId), { abortSignal });
  if (!properties) throw new Error(`the answer is not a protected item: ${itemId}`);
  const item = properties as AzureIaaSVMProtectedItem;
  return {
    id: id ?? itemId,
    vmId: textOf(item.virtualMachineId) ?? textOf(item.sourceResourceId),
    protectionState: item.isScheduledForDeferredDelete === true ? 'SoftDeleted' : textOf(item.protectionState),
    lastBackupStatus: textOf(item.lastBackupStatus),
    lastBackupAtMs: timeOf(item.lastBackupTime),
    lastRecoveryPointAtMs: timeOf(item.lastRecoveryPoint),
    policyId: textOf(item.policyId),
  };
}

/** Lists the recovery points of an item since a time, newest first. */
export async function listBackupPoints(
  clients: ClientSet,
  query: { readonly itemId: string; readonly sinceMs: number },
  abortSignal: AbortSignal,
): Promise<readonly AzureBackupPoint[]> {
  const filter = `startDate eq '${filterTime(query.sinceMs)}' and endDate eq '${filterTime(Date.now() + AHEAD_MS)}'`;
  const listed = await stitched(() => clients.backup.recoveryPoints.list(...backupItemPath(query.itemId), { filter, abortSignal }));
  const points: AzureBackupPoint[] = [];
  for (const { id, properties } of listed.values()) {
    const point = properties as IaasVMRecoveryPoint | undefined;
    const atMs = timeOf(point?.recoveryPointTime);
    if (id === undefined || atMs === undefined || atMs < query.sinceMs) continue;
    points.push({ id, atMs, kind: textOf(point?.recoveryPointType), tiers: tiersOf(point) });
  }
  return points.toSorted((left, right) => right.atMs - left.atMs);
}

/** The places that a recovery point can be restored from now. */
export function tiersOf(point: IaasVMRecoveryPoint | undefined): readonly string[] {
  const valid = (point?.recoveryPointTierDetails ?? []).filter(({ status }) => status?.toLowerCase() === 'valid');
  return valid.flatMap(({ type }) => type ?? []);
}

/** Reads one job with everything that lists leave out. */
export async function getBackupJob(clients: ClientSet, jobId: string, abortSignal: AbortSignal): Promise<AzureBackupJob> {
  return jobOf(await clients.backup.jobDetails.get(...backupJobPath(jobId), { abortSignal }), jobId);
}

/** Lists the backups or the restores of a vault that started at or after the given time, newest first. */
export async function listBackupJobs(
  clients: ClientSet,
  query: { readonly vaultId: string; readonly sinceMs: number; readonly operation: 'Backup' | 'Restore' },
  abortSignal: AbortSignal,
): Promise<readonly AzureBackupJob[]> {
  // In this filter `eq` on a time is a bound, and both bounds come together.
  const window = `startTime eq '${filterTime(query.sinceMs)}' and endTime eq '${filterTime(Date.now() + AHEAD_MS)}'`;
  const filter = `${window} and operation eq '${query.operation}' and backupManagementType eq 'AzureIaasVM'`;
  const listed = await stitched(() => clients.backup.backupJobs.list(...vaultPath(query.vaultId), { filter, abortSignal }));
  const jobs = [...listed.values()].map((job) => jobOf(job, job.id ?? ''));
  return jobs.toSorted((left, right) => (right.startedAtMs ?? Infinity) - (left.startedAtMs ?? Infinity));
}

function jobOf({ id, properties }: JobResource, asked: string): AzureBackupJob {
  if (!properties) throw new Error(`the answer is not a job: ${asked}`);
  const job = properties as AzureIaaSVMJob;
  return {
    id: id ?? asked,
    clientRequestId: textOf(job.activityId)?.toLowerCase(),
    operation: textOf(job.operation),
    status: job.status ?? 'Unknown',
    entityName: textOf(job.entityFriendlyName),
    containerName: textOf(job.containerName),
    startedAtMs: timeOf(job.startTime),
    endedAtMs: timeOf(job.endTime),
    expiresAtMs: usTimeMs(Object.entries(job.extendedInfo?.propertyBag ?? {}).find(([name]) => name.trim() === EXPIRY)?.[1]),
    errors: (job.errorDetails ?? []).map(({ errorTitle, errorCode, errorString }) => ({
      code: textOf(errorTitle) ?? String(errorCode ?? 'Unknown'),
      message: textOf(errorString) ?? 'no message',
    })),
  };
}

/** A time as the filters of Backup want it: UTC on a clock of twelve hours. */
function filterTime(ms: number): string {
  const at = new Date(ms);
  const hour = at.getUTCHours();
  const text = at.toISOString();
  return `${text.slice(0, 10)} ${String(hour % 12 === 0 ? 12 : hour % 12).padStart(2, '0')}${text.slice(13, 19)} ${hour < 12 ? 'AM' : 'PM'}`;
}

/** Milliseconds of an American time of a job's properties, which is UTC; undefined when it is something else. */
function usTimeMs(text: string | undefined): number | undefined {
  const parsed = /^(\d{1,2})\/(\d{1,2})\/(\d{4}) (\d{1,2}):(\d{2}):(\d{2}) (AM|PM)$/.exec(text ?? '');
  if (!parsed) return undefined;
  const [month = 0, day = 0, year = 0, hour = 0, minute = 0, second = 0] = parsed.slice(1, 7).map(Number);
  return Date.UTC(year, month - 1, day, (hour % 12) + (parsed[7] === 'PM' ? 12 : 0), minute, second);
}
