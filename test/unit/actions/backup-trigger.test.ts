import { beforeEach, describe, expect, test } from 'vitest';
import { compareMark, expiryMark } from '../../../engine/actions/backup-mark.ts';
import { backupItemGet } from '../../../engine/actions/backup-item-get.ts';
import { backupRecoveryPointLatest } from '../../../engine/actions/backup-recovery-point-latest.ts';
import { backupRestoreVm } from '../../../engine/actions/backup-restore-vm.ts';
import { backupTrigger } from '../../../engine/actions/backup-trigger.ts';
import type { AzureBackupItem, AzureBackupJob } from '../../../engine/azure-backup.ts';
import { timeValue } from '../../../engine/values.ts';
import type { WrittenAzure } from './written-azure.ts';
import { context, effect, NOW_MS, portsWith, reader, REQUEST_ID, target, VAULT, VM, writtenAzure } from './written-azure.ts';

const DAY_MS = 86_400_000;
const ITEM = `${VAULT}/backupFabrics/Azure/protectionContainers/iaasvmcontainer;iaasvmcontainerv2;rg-shop-weu;web-01/protectedItems/vm;iaasvmcontainerv2;rg-shop-weu;web-01`;
const FROM_MS = NOW_MS + 30 * DAY_MS + 60_000;
const BEFORE = { item: ITEM, expires_from: timeValue(FROM_MS) };
const machine = target({ kind: 'azure_vm', id: VM });
const action = effect(backupTrigger);
const given = (changes = {}, input = {}) => context(action, { retain: '30d', ...input }, { target: machine, before: BEFORE, ...changes });

function item(changes: Partial<AzureBackupItem> = {}): AzureBackupItem {
  return {
    id: ITEM,
    vmId: VM,
    protectionState: 'Protected',
    lastBackupStatus: 'Completed',
    lastBackupAtMs: NOW_MS - 80_000_000,
    lastRecoveryPointAtMs: NOW_MS - 80_000_000,
    policyId: `${VAULT}/backupPolicies/daily-30d`,
    ...changes,
  };
}

function job(name: string, changes: Partial<AzureBackupJob> = {}): AzureBackupJob {
  return {
    id: `${VAULT}/backupJobs/${name}`,
    clientRequestId: undefined,
    operation: 'Backup',
    status: 'InProgress',
    entityName: 'web-01',
    containerName: 'iaasvmcontainerv2;rg-shop-weu;web-01',
    startedAtMs: NOW_MS,
    endedAtMs: undefined,
    expiresAtMs: undefined,
    errors: [],
    ...changes,
  };
}

let azure: WrittenAzure;
beforeEach(() => {
  azure = writtenAzure();
  azure.put('backup.status', VM, { itemId: ITEM, policyName: 'daily-30d' });
  azure.put('backup.item', ITEM, item());
  azure.put('backup.points', ITEM, []);
  putJobs();
});

test('AZ-42: a backup that was ended and is kept for a while is told as such, and nothing is added to it', async () => {
  azure.put('backup.item', ITEM, item({ protectionState: 'SoftDeleted' }));
  const read = reader(backupItemGet);
  expect(await read.read(portsWith(azure), context(read, {}, { target: machine }))).toMatchObject({
    kind: 'succeeded',
    result: { protection_state: 'SoftDeleted' },
  });
  expect(await action.precheck(portsWith(azure), given({ before: undefined }))).toMatchObject({
    kind: 'failed',
    failure: { kind: 'not_protected', message: expect.stringContaining('a person must take it back first') },
  });
});

test('a backup that was stopped is not asked for: a person starts the protection again first', async () => {
  azure.put('backup.item', ITEM, item({ protectionState: 'ProtectionStopped' }));
  expect(await action.precheck(portsWith(azure), given({ before: undefined }))).toMatchObject({
    kind: 'failed',
    failure: { kind: 'not_protected', message: expect.stringContaining('was stopped') },
  });
  expect(azure.submits).toEqual([]);
});

test('no point of a deleted backup is offered for a restore', async () => {
  azure.put('backup.item', ITEM, item({ protectionState: 'SoftDeleted' }));
  azure.put('backup.points', ITEM, [{ id: 'p', atMs: NOW_MS - 3_600_000, kind: 'AppConsistent', tiers: ['HardenedRP'] }]);
  const latest = reader(backupRecoveryPointLatest);
  const read = () => latest.read(portsWith(azure), context(latest, { consistency: 'any' }, { target: machine }));
  const deleted = { kind: 'failed', failure: { kind: 'target', message: expect.stringContaining('was deleted') } };
  expect(await read()).toMatchObject(deleted);
  const restore = effect(backupRestoreVm);
  const input = { recovery_point: `${ITEM}/recoveryPoints/p`, name: 'copy', resource_group: 'rg-restore', network: '/networks/n' };
  const asked = context(restore, { ...input, public_ip: 'none', tags: {} }, { target: machine, before: undefined });
  expect(await restore.precheck(portsWith(azure), asked)).toMatchObject(deleted);
  azure.put('backup.item', ITEM, item({ protectionState: 'ProtectionStopped' }));
  expect(await read()).toMatchObject({ kind: 'succeeded', result: { recovery_point_id: 'p' } });
});

function putJobs(...jobs: readonly AzureBackupJob[]): void {
  azure.put(
    'backup.jobs',
    VAULT,
    jobs.map((each) => ({ ...each, expiresAtMs: undefined })),
  );
  for (const each of jobs) azure.put('backup.job', each.id, each);
}

describe('the mark', () => {
  test('keeps at least as long as asked, less than two hours more, and differs from send to send', () => {
    const marks = ['11111111', '9fa11111'].map((id) => expiryMark(FROM_MS, id));
    for (const mark of marks) expect(mark - FROM_MS).toBeGreaterThanOrEqual(0);
    for (const mark of marks) expect(mark - FROM_MS).toBeLessThan(7_200_000);
    expect(new Set(marks).size).toBe(2);
  });

  test.each([
    ['to the second', 0, 'ours'],
    ['cut to minutes', -1, 'ours'],
    ['of another minute', 60_000, 'other'],
  ])('read back %s', (_, shift, verdict) => {
    const mark = Date.UTC(2026, 1, 4, 10, 4, 17);
    const read = shift === -1 ? mark - 17_000 : mark + shift;
    expect(compareMark(mark, read)).toBe(verdict);
  });

  test('proves nothing at midnight or when it is absent', () => {
    expect(compareMark(NOW_MS, Date.UTC(2026, 1, 4))).toBe('unreadable');
    expect(compareMark(NOW_MS, undefined)).toBe('unreadable');
  });
});

describe('before and at the send', () => {
  test('a machine in no vault fails as not protected, one with a young recovery point is left alone', async () => {
    azure.put('backup.points', ITEM, [{ id: 'p', atMs: NOW_MS - 3_600_000, kind: undefined, tiers: [] }]);
    const young = await action.precheck(portsWith(azure), given({}, { not_if_within: '6h' }));
    expect(young).toMatchObject({ kind: 'succeeded', result: { changed: false, recovery_point_time: timeValue(NOW_MS - 3_600_000) } });
    azure.put('backup.status', VM, { itemId: undefined, policyName: undefined });
    expect(await action.precheck(portsWith(azure), given())).toMatchObject({ kind: 'failed', failure: { kind: 'not_protected' } });
    expect(azure.submits).toEqual([]);
  });

  test('asks for an expiry that only this send has', async () => {
    expect(await action.precheck(portsWith(azure), given())).toEqual({ kind: 'proceed', before: BEFORE });
    expect((await action.submit(portsWith(azure), given())).kind).toBe('accepted');
    const operation = { kind: 'backup.trigger', itemId: ITEM, expiresAtMs: expiryMark(FROM_MS, REQUEST_ID) };
    expect(azure.submits).toEqual([{ operation, requestId: REQUEST_ID }]);
  });

  test.each([
    ['runs', 'InProgress', 'ours'],
    ['has ended', 'Completed', 'ours'],
    ['was cancelled', 'Cancelled', 'proceed'],
  ])('sent once more by a person: the backup that an earlier request started and that %s', async (_what, status, kind) => {
    putJobs(job('earlier', { clientRequestId: 'earlier-id', status }));
    expect((await action.precheck(portsWith(azure), given({ earlierRequestIds: ['earlier-id'] }))).kind).toBe(kind);
    expect((await action.precheck(portsWith(azure), given({ earlierRequestIds: ['of-no-job'] }))).kind).toBe('proceed');
  });

  test('waits while another backup of the machine runs: nothing was started', async () => {
    azure.submitAnswer = {
      kind: 'refused',
      reason: 'conflict',
      code: 'UserErrorBackupOperationInProgress',
      message: 'Another backup is in progress',
      receipt: { status: 409 },
    };
    expect((await action.submit(portsWith(azure), given())).kind).toBe('throttled');
  });
});

describe('after a lost answer', () => {
  const find = () => action.find(portsWith(azure), given());

  test('the request id in the list is enough', async () => {
    putJobs(job('other'), job('own', { clientRequestId: REQUEST_ID }));
    expect(await find()).toEqual({ kind: 'found', handle: { jobId: `${VAULT}/backupJobs/own` } });
    expect(azure.asked.filter((asked) => asked.startsWith('backup.job '))).toEqual([]);
  });

  test('the expiry tells when ids are hidden, also when it is cut to minutes', async () => {
    const minute = Math.floor(expiryMark(FROM_MS, REQUEST_ID) / 60_000) * 60_000;
    putJobs(job('other', { expiresAtMs: minute + 3_600_000 }), job('own', { expiresAtMs: minute }));
    expect(await find()).toEqual({ kind: 'found', handle: { jobId: `${VAULT}/backupJobs/own` } });
  });

  test('a job that shows neither may be ours, jobs of others and of other machines are not', async () => {
    const elsewhere = job('elsewhere', { containerName: 'iaasvmcontainerv2;rg-other;web-01' });
    putJobs(elsewhere, job('theirs', { expiresAtMs: expiryMark(FROM_MS, REQUEST_ID) + 3_600_000 }));
    expect(await find()).toEqual({ kind: 'absent' });
    putJobs(elsewhere, job('silent'));
    expect(await find()).toMatchObject({ kind: 'unclear', candidates: [`${VAULT}/backupJobs/silent`] });
  });

  test('nothing is concluded from a list that was not read', async () => {
    azure.refuse('backup.jobs', VAULT, { kind: 'unanswered', message: 'busy', retryAfterMs: 5000 });
    expect((await find()).kind).toBe('unanswered');
  });
});

describe('accepted work', () => {
  const poll = () => action.poll(portsWith(azure), given(), { opUrl: 'https://op' });

  test('is not done when its operation is: the job that it names is followed', async () => {
    putJobs(job('named'));
    azure.pollAnswer = { kind: 'succeeded', jobName: 'named' };
    expect((await poll()).kind).toBe('running');
    putJobs(job('named', { status: 'Completed', endedAtMs: NOW_MS }));
    expect(await poll()).toMatchObject({ kind: 'ended_well', result: { job: `${VAULT}/backupJobs/named`, started_at: timeValue(NOW_MS) } });
    putJobs(job('named', { status: 'Failed', errors: [{ code: 'UserErrorVmNotFound', message: 'gone' }] }));
    expect(await poll()).toMatchObject({ kind: 'failed', failure: { message: expect.stringContaining('gone (UserErrorVmNotFound)') } });
  });

  test('is found again when its operation is forgotten, else a person decides', async () => {
    putJobs(job('own', { clientRequestId: REQUEST_ID }));
    expect((await poll()).kind).toBe('running');
    putJobs();
    expect((await poll()).kind).toBe('unclear');
  });

  test('waits for a list that is late before anybody is asked', async () => {
    azure.pollAnswer = { kind: 'gone' };
    azure.put('backup.jobs', VAULT, []);
    const since = (submittedAtMs: number) => action.poll(portsWith(azure), given({ submittedAtMs }), { opUrl: 'https://op' });
    expect(await since(NOW_MS - 4)).toMatchObject({ kind: 'unanswered', message: expect.stringContaining('does not show ours yet') });
    expect((await since(NOW_MS - 120_000)).kind).toBe('unclear');
  });

  test('has succeeded when a recovery point from after its start exists', async () => {
    const ended = { job: 'j', started_at: timeValue(NOW_MS) };
    expect((await action.verify(portsWith(azure), given(), ended)).kind).toBe('not_yet');
    azure.put('backup.points', ITEM, [{ id: 'p', atMs: NOW_MS + 300_000, kind: 'AppConsistent', tiers: ['InstantRP'] }]);
    expect(await action.verify(portsWith(azure), given(), ended)).toMatchObject({
      kind: 'succeeded',
      result: { recovery_point_time: timeValue(NOW_MS + 300_000), changed: true, job: 'j' },
    });
  });
});

describe('backup.item.get', () => {
  const read = () => reader(backupItemGet).read(portsWith(azure), context(backupItemGet, {}, { target: machine }));

  test('tells vault, policy and the last backup', async () => {
    expect(await read()).toMatchObject({
      kind: 'succeeded',
      result: {
        protection_state: 'Protected',
        last_backup_time: timeValue(NOW_MS - 80_000_000),
        last_backup_status: 'Completed',
        vault_id: VAULT,
        policy: 'daily-30d',
      },
    });
  });

  test('fails with not_protected for a machine in no vault', async () => {
    azure.put('backup.status', VM, { itemId: undefined, policyName: undefined });
    expect(await read()).toMatchObject({ kind: 'failed', failure: { kind: 'not_protected' } });
  });
});
