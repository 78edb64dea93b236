import { randomUUID } from 'node:crypto';
import type { AzureBackupJob } from '../../engine/azure-backup.ts';
import type { AzureDisk } from '../../engine/azure-compute.ts';
import { armIdUpTo } from '../../engine/ids.ts';
import { JOB_WINDOW_MARGIN_MS } from '../../engine/limits.ts';
import { machineOf, mustBeRead, mustBeTaken, removed, seenWithin, send, verdict } from './sandbox.ts';
import type { Sandbox, Verdict } from './sandbox.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const POINTS_SINCE_MS = 30 * 24 * HOUR_MS;
const ENDED = /^(completed|completedwithwarnings|failed|cancelled|canceled)$/i;

/** Restores the disks of the machine's newest recovery point into its group, looks at them and deletes them. */
export async function restoreScenario(sandbox: Sandbox): Promise<readonly Verdict[]> {
  const { azure, groupId, signal } = sandbox;
  const { id, name, location, disks } = machineOf(sandbox);
  const status = mustBeRead('the backup of the machine', await azure.read({ kind: 'backup.status', vmId: id, location }, signal));
  const { itemId } = status;
  if (itemId === undefined) throw new Error('the machine is in no backup vault: protect it first');
  const pointId = await newestPoint(sandbox, itemId);
  const source = mustBeRead('the recovery point', await azure.read({ kind: 'backup.source', pointId, region: location }, signal));
  const disksNow = async () => mustBeRead('the disks of the group', await azure.read({ kind: 'disk.list', groupId }, signal));
  const before = new Set((await disksNow()).map((disk) => disk.id.toLowerCase()));
  const requestId = randomUUID();
  const sentMs = Date.now();
  const made = async () => (await disksNow()).filter((disk) => isOfRestore(disk, { before, machine: name, sentMs }));
  const operation = { kind: 'backup.restoreDisks', itemId, pointId, sourceVmId: id, targetGroupId: groupId, region: location } as const;
  let job: AzureBackupJob | undefined;
  try {
    mustBeTaken('restore', await send(sandbox, { ...operation, stagingAccountId: source.stagingAccountId }, requestId));
    const look = async () => (job = (await ownJob(sandbox, { itemId, requestId, sentMs })) ?? job);
    const ended = await seenWithin(sandbox, 3 * HOUR_MS, async () => (ENDED.test((await look())?.status ?? '') ? job : undefined));
    const carries = verdict(
      'U4',
      job !== undefined,
      job === undefined ? 'no restore job carries the request id' : 'the job carries the request id',
    );
    if (ended === undefined || !/^completed/i.test(ended.status))
      return [
        carries,
        { id: 'U11', verdict: 'not_run', seen: `the restore ${ended === undefined ? 'did not end in 3 hours' : `ended ${ended.status}`}` },
      ];
    const found =
      (await seenWithin(sandbox, 5 * MINUTE_MS, async () => ((await made()).length >= disks.length ? made() : undefined))) ?? [];
    return [carries, seenDisks(found, { wanted: disks.length, machine: name })];
  } finally {
    await tidy(sandbox, { made, job });
  }
}

async function newestPoint({ azure, signal }: Sandbox, itemId: string): Promise<string> {
  const points = await azure.read({ kind: 'backup.points', itemId, sinceMs: Date.now() - POINTS_SINCE_MS }, signal);
  const [newest] = mustBeRead('the recovery points', points).filter(({ tiers }) =>
    tiers.some((tier) => /^(instant|hardened)rp$/i.test(tier)),
  );
  if (newest === undefined) throw new Error('there is no recovery point of the last 30 days that can be restored at once');
  return newest.id;
}

async function ownJob(
  { azure, signal }: Sandbox,
  wanted: { readonly itemId: string; readonly requestId: string; readonly sentMs: number },
): Promise<AzureBackupJob | undefined> {
  const vaultId = armIdUpTo(wanted.itemId, 'vaults') ?? '';
  const listed = await azure.read({ kind: 'backup.restores', vaultId, sinceMs: wanted.sentMs - JOB_WINDOW_MARGIN_MS }, signal);
  for (const { id } of listed.kind === 'found' ? listed.value.slice(0, 20) : []) {
    const job = await azure.read({ kind: 'backup.job', jobId: id }, signal);
    if (job.kind === 'found' && job.value.clientRequestId === wanted.requestId) return job.value;
  }
  return undefined;
}

/** A disk that came after the request, that nothing uses, and that bears the name of the machine: no other is touched. */
function isOfRestore(
  disk: AzureDisk,
  at: { readonly before: ReadonlySet<string>; readonly machine: string; readonly sentMs: number },
): boolean {
  return (
    !at.before.has(disk.id.toLowerCase()) &&
    disk.ownerId === undefined &&
    (disk.createdAtMs ?? 0) >= at.sentMs - JOB_WINDOW_MARGIN_MS &&
    disk.name.toLowerCase().startsWith(at.machine.toLowerCase())
  );
}

function seenDisks(found: readonly AzureDisk[], at: { readonly wanted: number; readonly machine: string }): Verdict {
  const shape = ({ name }: AzureDisk): string => `VM${name.slice(at.machine.length)}`.replaceAll(/\d{6,}/g, 'TIME');
  const tags = found.flatMap((disk) => Object.keys(disk.tags));
  const seen = `${found.length} of ${at.wanted} disks: ${found.map(shape).join(', ') || 'none'}; tags: ${tags.join(', ') || 'none'}`;
  return verdict('U11', found.length === at.wanted && tags.length === 0, seen);
}

async function tidy(
  sandbox: Sandbox,
  { made, job }: { readonly made: () => Promise<readonly AzureDisk[]>; readonly job: AzureBackupJob | undefined },
): Promise<void> {
  const { azure, signal, left } = sandbox;
  if (job !== undefined && !ENDED.test(job.status))
    left.push(`restore job ${job.id} is ${job.status}: delete the disks that it makes in the group`);
  const disks = await made().catch((error: unknown) => {
    left.push(`disks of the restore: ${error instanceof Error ? error.message : String(error)}`);
    return [];
  });
  for (const { id: diskId, name } of disks)
    await removed(sandbox, `disk ${name}`, {
      operation: { kind: 'disk.delete', diskId },
      isGone: async () => (await azure.read({ kind: 'disk.get', diskId }, signal)).kind === 'missing',
    });
}
