import { z } from 'zod';
import { rightsOf } from '../azure-rights.ts';
import type { AzureBackupPoint } from '../azure-backup.ts';
import { timeValue } from '../values.ts';
import { readAction } from './action.ts';
import { failed, failedRead } from './azure-answer.ts';
import { backupPlace, refuseDeleted } from './backup-place.ts';

/** Points are looked for from this long ago on. */
const WINDOW_MS = 400 * 86_400_000;
/** Where a point can be restored from at once; from the archive it takes hours. */
const TIERS = ['InstantRP', 'HardenedRP'] as const;
const WORDS = { any: undefined, application: 'appconsistent', file_system: 'filesystemconsistent', crash: 'crashconsistent' } as const;

/** The newest backup of a machine that can be restored now. */
export const backupRecoveryPointLatest = readAction({
  name: 'backup.recovery-point.latest@1',
  summary: 'Find the newest recovery point of a backed up virtual machine',
  effect: 'read',
  severity: 'mild',
  target: 'vm',
  input: z.strictObject({ consistency: z.enum(['any', 'application', 'file_system', 'crash']).default('any') }),
  result: { recovery_point_id: 'string', time: 'timestamp', consistency: 'string', tier: 'string' },
  timeoutMs: 120_000,
  permissions: rightsOf('vm.get', 'backup.status', 'backup.item', 'backup.points'),
  read: async (ports, context) => {
    const place = await backupPlace(ports, context);
    if (place.kind !== 'found') return place;
    const deleted = refuseDeleted(place.item, context.target?.name ?? 'the machine');
    if (deleted !== undefined) return deleted;
    const sinceMs = ports.clock.nowMs() - WINDOW_MS;
    const points = await ports.azure.read({ kind: 'backup.points', itemId: place.item.id, sinceMs }, context.signal);
    if (points.kind !== 'found') return failedRead('the recovery points', points);
    const wanted = WORDS[context.input.consistency];
    const point = points.value.find((each) => tierOf(each) !== undefined && (wanted === undefined || each.kind?.toLowerCase() === wanted));
    if (point === undefined) {
      const kind = wanted === undefined ? '' : ` ${context.input.consistency}-consistent`;
      return failed(
        'target',
        `the vault has no${kind} recovery point of ${context.target?.name ?? 'the machine'} that can be restored now, of ${points.value.length}`,
      );
    }
    const result = {
      recovery_point_id: point.id,
      time: timeValue(point.atMs),
      consistency: point.kind ?? null,
      tier: tierOf(point) ?? null,
    };
    return { kind: 'succeeded', result, observations: [{ at: ports.clock.nowMs(), what: 'Newest recovery point', data: result }] };
  },
});

function tierOf(point: AzureBackupPoint): string | undefined {
  return TIERS.find((tier) => point.tiers.some((each) => each.toLowerCase() === tier.toLowerCase()));
}
