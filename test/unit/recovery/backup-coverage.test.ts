import { describe, expect, it } from 'vitest';
import { coverageExit } from '../../../cli/backup-coverage.ts';
import type { AzureBackupItem } from '../../../engine/azure-backup.ts';
import { type BackupFacts, byNeed, judgeBackup } from '../../../engine/recovery/backup-coverage.ts';

const HOUR_MS = 3_600_000;
const NOW = Date.UTC(2026, 10, 24);

function item(pointAgeHours: number | undefined, more: Partial<AzureBackupItem> = {}): AzureBackupItem {
  return {
    id: '/vaults/v/protectedItems/web-01',
    vmId: undefined,
    protectionState: 'Protected',
    lastBackupStatus: 'Completed',
    lastBackupAtMs: NOW,
    lastRecoveryPointAtMs: pointAgeHours === undefined ? undefined : NOW - pointAgeHours * HOUR_MS,
    policyId: '/vaults/v/backupPolicies/daily',
    ...more,
  };
}

function judge(protectedBy: AzureBackupItem, more: Partial<BackupFacts> = {}) {
  return judgeBackup({ read: { kind: 'protected', item: protectedBy }, rpoMs: 24 * HOUR_MS, testedAtMs: undefined, nowMs: NOW, ...more });
}

describe('the backup of a machine', () => {
  it.each([
    [24, 'protected', 'met'],
    [25, 'late', 'exceeded'],
    [48, 'late', 'exceeded'],
    [49, 'late', 'severe'],
    [96, 'late', 'severe'],
    [97, 'late', 'critical'],
  ])('whose newest point is %i hours old, of 24 promised, is %s: %s', (hours, state, rpo) => {
    expect(judge(item(hours))).toMatchObject({ state, rpo, ageMs: hours * HOUR_MS, policy: 'daily' });
  });

  it.each([
    ['no vault has it', { read: { kind: 'in_no_vault' } }, 'unprotected'],
    [
      'its first backup was not made yet',
      { read: { kind: 'protected', item: item(undefined, { protectionState: 'IRPending' }) } },
      'unprotected',
    ],
    ['its protection was stopped', { read: { kind: 'protected', item: item(1, { protectionState: 'ProtectionStopped' }) } }, 'unprotected'],
    [
      'it was deleted and is only kept for a while',
      { read: { kind: 'protected', item: item(1, { protectionState: 'SoftDeleted' }) } },
      'unprotected',
    ],
    ['its vault gives no state', { read: { kind: 'protected', item: item(1, { protectionState: undefined }) } }, 'unprotected'],
    ['it could not be read', { read: { kind: 'unread', message: '429' } }, 'unknown'],
  ] as const)('is never green when %s', (_, facts, state) => {
    const judged = judge(item(1), facts);
    expect([judged.state, judged.message === undefined]).toEqual([state, false]);
  });

  it('has no verdict about its age where nobody promised one, and no age where there is no point', () => {
    expect(judge(item(500), { rpoMs: undefined })).toMatchObject({ state: 'protected', rpo: 'not_measured' });
    const none = judge(item(undefined));
    expect([none.rpo, none.ageMs]).toEqual(['not_measured', undefined]);
  });

  it('takes a point from the future as fresh as can be', () => {
    expect(judge(item(-1)).ageMs).toBe(0);
  });

  it('stands before others when it needs somebody: unprotected, unknown, late, then by age', () => {
    const machines = [
      judge(item(1)),
      judge(item(2)),
      judge(item(30)),
      judge(item(1), { read: { kind: 'unread', message: 'x' } }),
      judge(item(undefined)),
    ];
    expect(machines.toSorted(byNeed).map(({ state, ageMs }) => [state, ageMs])).toEqual([
      ['unprotected', undefined],
      ['unknown', undefined],
      ['late', 30 * HOUR_MS],
      ['protected', 2 * HOUR_MS],
      ['protected', HOUR_MS],
    ]);
  });
});

it.each([
  [[{ state: 'protected', restoreTestAt: 'x' }], [], 0],
  [[{ state: 'protected' }], [], 3],
  [[{ state: 'unprotected', restoreTestAt: 'x' }], [], 3],
  [[{ state: 'late', rpo: 'exceeded', restoreTestAt: 'x' }], [], 3],
  [[{ state: 'protected', rpo: 'not_measured', restoreTestAt: 'x' }], [], 3],
  [[{ state: 'unprotected' }, { state: 'unknown' }], [], 1],
  [[{ state: 'protected', restoreTestAt: 'x' }], [{ subscription: 's', message: 'm' }], 1],
] as const)('%j with unread %j exits with %i', (items, unread, exit) => {
  expect(coverageExit({ items: items.map((one) => ({ machine: 'm', rpo: 'met', ...one })), unread })).toBe(exit);
});
