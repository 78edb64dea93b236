import { z } from 'zod';
import { rightsOf } from '../azure-rights.ts';
import type { AzureSubmitAnswer } from '../azure-calls.ts';
import type { AzureBackupPoint } from '../azure-backup.ts';
import type { JsonObject } from '../json.ts';
import { BACKUP_EXPIRY_MARGIN_MS, OTHER_WORK_POLL_MS, QUIET_MS, VERIFY_POLL_MS } from '../limits.ts';
import { storedTimeMs, timeValue } from '../values.ts';
import type {
  ActionContext,
  ActionPorts,
  AdoptOutcome,
  FindOutcome,
  Handle,
  PollOutcome,
  PrecheckOutcome,
  SubmitOutcome,
  VerifyOutcome,
} from './action.ts';
import { effectAction } from './action.ts';
import { guardedSubmit, unansweredRead } from './azure-answer.ts';
import { adoptBackup, findOwnBackup, pollBackup } from './backup-job.ts';
import { expiryMark } from './backup-mark.ts';
import { backupPlace, refuseEnded } from './backup-place.ts';
import { durationInput } from './duration-input.ts';
import { pacedMs } from './pace.ts';

const inputSchema = z.strictObject({
  retain: durationInput.describe('How long the recovery point is kept'),
  not_if_within: durationInput.optional().describe('A machine with a recovery point younger than this is left alone'),
});

type Context = ActionContext<z.infer<typeof inputSchema>>;

/** Backs up a machine now, beside its policy. Sent at most once: a lost answer is found again by its mark, or a person is asked. */
export const backupTrigger = effectAction({
  name: 'backup.trigger@1',
  summary: 'Back up a virtual machine now',
  effect: 'blind',
  severity: 'moderate',
  target: 'vm',
  input: inputSchema,
  result: { recovery_point_time: 'timestamp', changed: 'bool', adopted: 'bool', job: 'string' },
  timeoutMs: 21_600_000,
  permissions: rightsOf('vm.get', 'backup.status', 'backup.item', 'backup.points', 'backup.trigger', 'backup.jobs', 'backup.job'),
  quietMs: QUIET_MS,
  precheck,
  submit,
  find,
  poll,
  verify,
  adopt,
});

async function precheck(ports: ActionPorts, context: Context): Promise<PrecheckOutcome> {
  const place = await backupPlace(ports, context);
  if (place.kind !== 'found') return place;
  if ((context.earlierRequestIds ?? []).length > 0) {
    const earlier = await findOwnBackup(ports, context, place.item);
    if (earlier.kind === 'unanswered') return earlier;
    if (earlier.kind === 'found') return { kind: 'ours', handle: { jobId: earlier.job.id } };
  }
  const ended = refuseEnded(place.item, context.target?.name ?? 'the machine');
  if (ended !== undefined) return ended;
  const nowMs = ports.clock.nowMs();
  const { retain, not_if_within: recentMs } = context.input;
  if (recentMs !== undefined) {
    const points = await ports.azure.read({ kind: 'backup.points', itemId: place.item.id, sinceMs: nowMs - recentMs }, context.signal);
    if (points.kind !== 'found') return unansweredRead('the recovery points', points);
    const recent = points.value[0];
    if (recent)
      return { kind: 'succeeded', result: { recovery_point_time: timeValue(recent.atMs), changed: false, adopted: false, job: '' } };
  }
  return { kind: 'proceed', before: { item: place.item.id, expires_from: timeValue(nowMs + retain + BACKUP_EXPIRY_MARGIN_MS) } };
}

async function submit(ports: ActionPorts, context: Context): Promise<SubmitOutcome> {
  const { target, before, requestId, signal } = context;
  const itemId = before?.['item'];
  const fromMs = storedTimeMs(before?.['expires_from']);
  if (!target || typeof itemId !== 'string' || fromMs === undefined)
    return { kind: 'refused', failure: { kind: 'target_missing', message: 'no protected item' } };
  const answer = await ports.azure.submit(
    { kind: 'backup.trigger', itemId, expiresAtMs: expiryMark(fromMs, requestId) },
    requestId,
    signal,
  );
  return isBusy(answer)
    ? { kind: 'throttled', message: `waiting: ${answer.message}`, retryAfterMs: pacedMs(context, OTHER_WORK_POLL_MS) }
    : guardedSubmit(ports.clock.nowMs(), { verb: 'backup', target: target.name }, answer);
}

/** Backup refuses a second backup of a machine while one runs: nothing was started, and it is asked for again later. */
function isBusy(answer: AzureSubmitAnswer): answer is Extract<AzureSubmitAnswer, { kind: 'refused' }> {
  return answer.kind === 'refused' && answer.reason === 'conflict';
}

async function find(ports: ActionPorts, context: Context): Promise<FindOutcome> {
  const place = await backupPlace(ports, context);
  if (place.kind === 'unanswered') return place;
  if (place.kind === 'failed') return { kind: 'unclear', message: place.failure.message, candidates: [] };
  const own = await findOwnBackup(ports, context, place.item);
  switch (own.kind) {
    case 'found':
      return { kind: 'found', handle: { jobId: own.job.id } };
    case 'none':
      return { kind: 'absent' };
    case 'unclear':
      return {
        kind: 'unclear',
        message: 'a backup of the machine was started at this time and does not tell by whom',
        candidates: own.candidates,
      };
    case 'unanswered':
      return own;
  }
}

async function poll(ports: ActionPorts, context: Context, handle: Handle): Promise<PollOutcome> {
  const known = context.before?.['item'];
  if (typeof known === 'string') return pollBackup(ports, context, { handle, item: { id: known } });
  const place = await backupPlace(ports, context);
  if (place.kind === 'unanswered') return place;
  if (place.kind === 'failed') return { kind: 'unclear', message: place.failure.message, candidates: [] };
  return pollBackup(ports, context, { handle, item: place.item });
}

async function adopt(ports: ActionPorts, context: Context, operation: string): Promise<AdoptOutcome> {
  const place = await backupPlace(ports, context);
  if (place.kind === 'unanswered') return place;
  if (place.kind === 'failed') return { kind: 'foreign', message: place.failure.message };
  return adoptBackup(ports, context, { operation, item: place.item });
}

async function verify(ports: ActionPorts, context: Context, ended: JsonObject | undefined): Promise<VerifyOutcome> {
  const place = await backupPlace(ports, context);
  const retryAfterMs = pacedMs(context, VERIFY_POLL_MS);
  if (place.kind === 'unanswered') return place;
  if (place.kind === 'failed') return { kind: 'not_yet', message: place.failure.message, retryAfterMs };
  const sinceMs = storedTimeMs(ended?.['started_at'] as JsonObject | undefined) ?? context.createdAtMs;
  const points = await ports.azure.read({ kind: 'backup.points', itemId: place.item.id, sinceMs }, context.signal);
  if (points.kind !== 'found') return unansweredRead('the recovery points', points);
  const point = oldest(points.value);
  if (!point) return { kind: 'not_yet', message: 'the vault shows no recovery point of this backup', retryAfterMs };
  const job = ended?.['job'];
  return {
    kind: 'succeeded',
    result: { recovery_point_time: timeValue(point.atMs), changed: true, job: typeof job === 'string' ? job : '' },
    observations: [
      {
        at: ports.clock.nowMs(),
        what: 'Recovery point exists',
        data: { id: point.id, at: timeValue(point.atMs), kind: point.kind, tiers: point.tiers },
      },
    ],
  };
}

/** The first point after the start of a job is the one that the job made. */
function oldest(points: readonly AzureBackupPoint[]): AzureBackupPoint | undefined {
  return points.toSorted((left, right) => left.atMs - right.atMs)[0];
}
