import { describe, expect, test } from 'vitest';
import type { EffectAction } from '../../../engine/actions/action.ts';
import { azureRestorePointCreate } from '../../../engine/actions/azure-restore-point-create.ts';
import { azureVmDelete } from '../../../engine/actions/azure-vm-delete.ts';
import { azureVmRevertToRestorePoint } from '../../../engine/actions/azure-vm-revert-to-restore-point.ts';
import { backupRestoreVm } from '../../../engine/actions/backup-restore-vm.ts';
import type { AzureDisk } from '../../../engine/azure-compute.ts';
import type { StepKey } from '../../../engine/ids.ts';
import type { JsonObject } from '../../../engine/json.ts';
import { NOW_MS, REQUEST_ID, VAULT, VM, type WrittenAzure, context, effect, portsWith, target, vm, writtenAzure } from './written-azure.ts';

const machine = target({ kind: 'azure_vm', id: VM });
const PROVIDERS = VM.slice(0, VM.indexOf('/Microsoft.Compute'));
const DISK = `${PROVIDERS}/Microsoft.Compute/disks/web-01-os`;
const NIC = `${PROVIDERS}/Microsoft.Network/networkInterfaces/web-01-nic`;
const STEP = '018f0000-0000-5000-8000-000000000002';
const OURS = { runward_step: STEP };

function disk(changes: Partial<AzureDisk> = {}): AzureDisk {
  return {
    id: DISK,
    name: 'web-01-os',
    provisioningState: 'Succeeded',
    sizeGb: 32,
    isOs: true,
    ownerId: undefined,
    createdAtMs: NOW_MS,
    tags: {},
    ...changes,
  };
}

const nic = { id: NIC, privateAddress: '10.0.0.4', subnetId: undefined, hasPublicAddress: false };
const azureWith = (write: (azure: WrittenAzure) => void): WrittenAzure => {
  const azure = writtenAzure();
  write(azure);
  return azure;
};

/** What a search after a lost answer says about one part, and what the end says. */
async function kindsOf(action: EffectAction, azure: WrittenAzure, at: { readonly input: JsonObject; readonly before: JsonObject }) {
  const given = context(action, at.input, { target: machine, before: at.before });
  const ports = portsWith(azure);
  return [(await action.find(ports, given)).kind, (await action.verify(ports, given, undefined)).kind];
}

describe('azure.vm.delete', () => {
  const action = effect(azureVmDelete);
  const input = { disks: true, nics: true };
  const known = { vm: [VM], disks: [DISK], nics: [NIC] };

  test.each([
    ['the machine is there', VM, azureWith((azure) => azure.put('vm.get', VM, vm())), ['absent', 'not_yet']],
    [
      'the machine is being deleted',
      VM,
      azureWith((azure) => azure.put('vm.get', VM, vm({ provisioningState: 'Deleting' }))),
      ['found', 'unanswered'],
    ],
    ['the machine is gone, the disk is left', VM, azureWith((azure) => azure.put('disk.get', DISK, disk())), ['reached', 'next']],
    [
      'the disk was put into another machine',
      DISK,
      azureWith((azure) => azure.put('disk.get', DISK, disk({ ownerId: `${VM}-2` }))),
      ['unclear', 'not_yet'],
    ],
    ['the interface is left', DISK, azureWith((azure) => azure.put('nic.get', NIC, nic)), ['reached', 'next']],
    ['nothing is left', NIC, writtenAzure(), ['reached', 'succeeded']],
    [
      'the disk cannot be read',
      DISK,
      azureWith((azure) => azure.refuse('disk.get', DISK, { kind: 'denied', message: 'no' })),
      ['unanswered', 'unanswered'],
    ],
  ] as const)('%s', async (_what, part, azure, kinds) => {
    expect(await kindsOf(action, azure, { input, before: { ...known, part } })).toEqual(kinds);
  });
});

describe('AZ-37: azure.vm.delete of a machine that is gone already', () => {
  const action = effect(azureVmDelete);
  const group = VM.slice(0, VM.indexOf('/providers'));
  const left = disk({ name: 'web-01_OsDisk_1' });
  const precheck = (listed: AzureDisk, now: AzureDisk | undefined, input = { disks: true }) => {
    const azure = azureWith((written) => {
      written.put('disk.list', group, [listed]);
      if (now !== undefined) written.put('disk.get', DISK, now);
    });
    return action.precheck(portsWith(azure), context(action, input, { target: machine }));
  };

  test('does not succeed while a disk of its name is in no machine', async () => {
    expect(await precheck(left, left)).toMatchObject({
      kind: 'failed',
      failure: { kind: 'target', message: expect.stringMatching(/disks of its name are in no machine: web-01_OsDisk_1\. .* are billed/) },
    });
  });

  test.each([
    ['the list is late and the disk is gone', left, undefined],
    ['the disk is in another machine by now', left, disk({ ownerId: `${VM}-2` })],
    ['the disk is of a machine with a longer name', disk({ name: 'web-012_OsDisk_1' }), disk()],
    ['the disk is of a restore that cleans up after itself', disk({ name: 'web-01-osdisk-1', tags: { runward_run: 'r' } }), disk()],
  ])('succeeds where %s', async (_what, listed, now) => {
    expect(await precheck(listed, now)).toMatchObject({ kind: 'succeeded', result: { deleted: [], changed: false } });
  });

  test('is not asked about disks that it was not to delete', async () => {
    expect(await precheck(left, left, { disks: false })).toMatchObject({ kind: 'succeeded' });
  });
});

test('AZ-37: what a deletion was not to take with it is named in the evidence', async () => {
  const action = effect(azureVmDelete);
  const azure = azureWith((written) => written.put('disk.get', DISK, disk()));
  const before = { vm: [VM], disks: [DISK], nics: [NIC], part: VM };
  const done = await action.verify(portsWith(azure), context(action, {}, { target: machine, before }), undefined);
  expect(done).toMatchObject({ kind: 'succeeded', observations: [{ what: 'Deleted' }, { data: { left: [DISK] } }] });
});

test('azure.vm.delete deletes what a run has made that this one goes on from, and of other runs nothing', async () => {
  const action = effect(azureVmDelete);
  const azure = azureWith((written) => written.put('vm.get', VM, vm({ tags: { runward_run: 'an earlier run', ...OURS } })));
  const asked = (makers: readonly string[]) =>
    action.precheck(portsWith(azure), {
      ...context(action, { only_created_by_run: true }, { target: machine }),
      makers: makers as readonly StepKey[],
    });
  expect(await asked([STEP])).toMatchObject({ kind: 'proceed' });
  expect(await asked(['another step'])).toMatchObject({
    kind: 'failed',
    failure: { message: expect.stringContaining('not made by this run') },
  });
});

describe('azure.restore-point.create', () => {
  const action = effect(azureRestorePointCreate);
  const collection = `${PROVIDERS}/Microsoft.Compute/restorePointCollections/runward-web-01`;
  const point = `${collection}/restorePoints/p`;
  const known = { vm: VM, location: 'westeurope', collection, point };
  const made = (state: string) => (azure: WrittenAzure) => {
    azure.put('restorePoints.get', collection, { id: collection, tags: {} });
    azure.put('restorePoint.get', point, { id: point, provisioningState: state, createdAtMs: NOW_MS, consistency: 'X', disks: [] });
  };

  test.each([
    ['no collection', 'collection of restore points', writtenAzure(), ['absent', 'not_yet']],
    [
      'a collection without the point',
      'collection of restore points',
      azureWith((azure) => azure.put('restorePoints.get', collection, { id: collection, tags: {} })),
      ['reached', 'next'],
    ],
    ['a point that is being made', 'restore point', azureWith(made('Creating')), ['found', 'unanswered']],
    ['a point', 'restore point', azureWith(made('Succeeded')), ['reached', 'succeeded']],
    ['a point that failed', 'restore point', azureWith(made('Failed')), ['unclear', 'not_yet']],
  ] as const)('%s', async (_what, part, azure, kinds) => {
    expect(await kindsOf(action, azure, { input: { name: 'p' }, before: { ...known, part } })).toEqual(kinds);
  });

  describe('with expire_after', () => {
    const OVER = '2026-01-05T08:59:59Z';
    const input = { name: 'p', expire_after: '7d' };
    const tagged = (tags: Readonly<Record<string, string>>, points: readonly string[] = []): WrittenAzure =>
      azureWith((azure) => {
        azure.put('vm.get', VM, vm());
        azure.put('restorePoints.get', collection, { id: collection, tags });
        for (const name of points) {
          const id = `${collection}/restorePoints/${name}`;
          azure.put('restorePoint.get', id, { id, provisioningState: 'Succeeded', createdAtMs: 0, consistency: 'X', disks: [] });
        }
      });
    const begun = async (azure: WrittenAzure) => action.precheck(portsWith(azure), context(action, input, { target: machine }));
    /** The operation that a part sends, once the precheck has found that it is its turn. */
    const sent = async (azure: WrittenAzure, before: JsonObject) => {
      await action.submit(portsWith(azure), context(action, input, { target: machine, before }));
      return azure.submits.at(-1)?.operation;
    };

    test('only points whose own recorded time is over are deleted, each by a request of its own', async () => {
      const tags = { runward_expires_old: OVER, runward_expires_fresh: '2026-01-05T09:00:01Z', runward_expires_odd: 'soon', owner: 'shop' };
      const azure = tagged(tags, ['old', 'fresh', 'odd', 'by-hand']);
      const before = await begun(azure);
      expect(before).toMatchObject({ kind: 'proceed', before: { part: 'expired restore point old', expired: ['old'] } });
      if (before.kind !== 'proceed' || before.before === undefined) throw new Error(before.kind);
      expect(await sent(azure, before.before)).toEqual({ kind: 'restorePoint.delete', pointId: `${collection}/restorePoints/old` });
    });

    test('the expiry is recorded before the point is made; other tags stay, records of deleted points go', async () => {
      const azure = tagged({ runward_expires_old: OVER, owner: 'shop' });
      const before = await begun(azure);
      if (before.kind !== 'proceed' || before.before === undefined) throw new Error(before.kind);
      expect(before.before['part']).toBe('record of the expiry');
      expect(await sent(azure, before.before)).toMatchObject({
        kind: 'restorePoints.create',
        tags: { owner: 'shop', runward_expires_p: '2026-01-12T09:00:00Z' },
      });
    });

    test('a collection that is not there yet is made with its record', async () => {
      const azure = azureWith((written) => written.put('vm.get', VM, vm()));
      const before = await begun(azure);
      if (before.kind !== 'proceed' || before.before === undefined) throw new Error(before.kind);
      expect(await sent(azure, before.before)).toMatchObject({ tags: { runward_expires_p: '2026-01-12T09:00:00Z' } });
    });

    test('where Azure has no room for a further tag nothing is sent', async () => {
      const tags = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`tag-${index}`, 'x']));
      expect(await begun(tagged(tags))).toMatchObject({
        kind: 'failed',
        failure: { message: expect.stringContaining('remove 1 of its tags') },
      });
    });

    test('without it nothing is deleted and nothing recorded', async () => {
      const azure = tagged({ runward_expires_old: OVER }, ['old']);
      const before = await action.precheck(portsWith(azure), context(action, { name: 'p' }, { target: machine }));
      expect(before).toMatchObject({ kind: 'proceed', before: { part: 'restore point' } });
    });
  });

  test('a name that is taken is refused before anything is sent', async () => {
    const azure = azureWith(made('Succeeded'));
    azure.put('vm.get', VM, vm());
    expect(await action.precheck(portsWith(azure), context(action, { name: 'p' }, { target: machine }))).toMatchObject({
      kind: 'failed',
      failure: { message: expect.stringContaining('exists already') },
    });
  });
});

describe('azure.vm.revert-to-restore-point', () => {
  const action = effect(azureVmRevertToRestorePoint);
  const NEW = `${DISK}-rw`;
  const known = { point: 'p', location: 'westeurope', disks: [{ oldId: DISK, newId: NEW, sourceId: '/p/os', lun: null }] };
  const old = { disks: [{ id: DISK, name: 'os', lun: undefined }] };
  const swapped = { disks: [{ id: NEW, name: 'os', lun: undefined }] };
  const stands = (machineNow: Parameters<typeof vm>[0], made?: Partial<AzureDisk>) =>
    azureWith((azure) => {
      azure.put('vm.get', VM, vm(machineNow));
      if (made !== undefined) azure.put('disk.get', NEW, disk({ id: NEW, name: 'new', tags: OURS, ...made }));
    });

  test.each([
    ['it runs', 'stop the machine', stands(old), ['absent', 'not_yet']],
    ['it is stopping', 'stop the machine', stands({ ...old, powerState: 'deallocating' }), ['found', 'unanswered']],
    ['somebody starts it', 'stop the machine', stands({ ...old, powerState: 'starting' }), ['unclear', 'unanswered']],
    ['it is stopped', 'stop the machine', stands({ ...old, powerState: 'deallocated' }), ['reached', 'next']],
    [
      'the disk is being made',
      NEW,
      stands({ ...old, powerState: 'deallocated' }, { provisioningState: 'Creating' }),
      ['found', 'unanswered'],
    ],
    ['the disk is there', NEW, stands({ ...old, powerState: 'deallocated' }, {}), ['reached', 'next']],
    ['a disk of somebody has the name', NEW, stands({ ...old, powerState: 'deallocated' }, { tags: {} }), ['unclear', 'not_yet']],
    [
      'the disks are being swapped',
      'swap the disks',
      stands({ ...old, powerState: 'deallocated', provisioningState: 'Updating' }, {}),
      ['found', 'unanswered'],
    ],
    ['the disks are swapped', 'swap the disks', stands({ ...swapped, powerState: 'deallocated' }, {}), ['reached', 'next']],
    ['it runs again', 'start the machine', stands(swapped, {}), ['reached', 'succeeded']],
  ] as const)('%s', async (_what, part, azure, kinds) => {
    expect(await kindsOf(action, azure, { input: { restore_point: 'p' }, before: { ...known, part } })).toEqual(kinds);
  });
});

describe('backup.restore-vm', () => {
  const action = effect(backupRestoreVm);
  const GROUP = `${PROVIDERS.slice(0, PROVIDERS.indexOf('/resourceGroups'))}/resourceGroups/rg-restore`;
  const COPY = `${GROUP}/providers/Microsoft.Compute/virtualMachines/copy`;
  const item = `${VAULT}/backupFabrics/Azure/protectionContainers/c/protectedItems/i`;
  const input = { recovery_point: `${item}/recoveryPoints/1`, name: 'copy', resource_group: 'rg-restore', network: '/networks/n' };
  const known = {
    item,
    source_vm: VM,
    location: 'westeurope',
    group: GROUP,
    vm: COPY,
    nic: NIC,
    disks_wanted: 1,
    disks_before: [`${DISK}-other`.toLowerCase()],
  };
  const job =
    (status: string, clientRequestId: string = REQUEST_ID) =>
    (azure: WrittenAzure) => {
      const restore = {
        id: `${VAULT}/backupJobs/j`,
        operation: 'Restore',
        status,
        entityName: 'web-01',
        containerName: undefined,
        startedAtMs: NOW_MS,
        endedAtMs: undefined,
        expiresAtMs: undefined,
      };
      const errors = status === 'Failed' ? [{ code: 'X', message: 'no room' }] : [];
      azure.put('nic.get', NIC, nic);
      azure.put('backup.restores', VAULT, [{ ...restore, clientRequestId: undefined, errors }]);
      azure.put('backup.job', restore.id, { ...restore, clientRequestId, errors });
    };
  const restored = (...disks: readonly AzureDisk[]) =>
    azureWith((azure) => {
      job('Completed')(azure);
      azure.put('disk.list', GROUP, [disk({ id: `${DISK}-other`, name: 'other' }), ...disks]);
      for (const each of disks) azure.put('disk.get', each.id, each);
    });
  const DISKS = 'disks from the recovery point';

  test.each([
    ['our restore runs', azureWith(job('InProgress')), ['found', 'unanswered']],
    ['a restore of somebody runs', azureWith(job('InProgress', 'somebody')), ['absent', 'not_yet']],
    ['our restore failed', azureWith(job('Failed')), ['failed', 'not_yet']],
    ['our restore made its one disk, which needs its tag', restored(disk()), ['reached', 'next']],
    ['our restore ended and another disk came meanwhile', restored(disk(), disk({ id: `${DISK}-2` })), ['unclear', 'not_yet']],
    ['our restore ended and no disk is there', restored(), ['unclear', 'not_yet']],
    ['our restore ended and only an older disk is there', restored(disk({ createdAtMs: NOW_MS - 86_400_000 })), ['unclear', 'not_yet']],
  ] as const)('%s', async (_what, azure, kinds) => {
    expect(await kindsOf(action, azure, { input, before: { ...known, part: DISKS } })).toEqual(kinds);
  });

  const tagged = { ...known, disks: [{ id: DISK, lun: null }] };
  const copy = (changes: Parameters<typeof vm>[0], hasPublicAddress = false) =>
    azureWith((azure) => {
      azure.put('nic.get', NIC, { ...nic, hasPublicAddress });
      azure.put('disk.get', DISK, disk({ tags: OURS }));
      azure.put('vm.get', COPY, vm({ id: COPY, name: 'copy', tags: OURS, nicIds: [NIC], ...changes }));
    });

  test.each([
    ['runs', copy({}), ['reached', 'succeeded']],
    ['is starting', copy({ powerState: 'starting' }), ['found', 'unanswered']],
    ['is of somebody else', copy({ tags: {} }), ['unclear', 'not_yet']],
    ['has a public address', copy({}, true), ['reached', 'not_yet']],
  ] as const)('a copy that %s', async (_what, azure, kinds) => {
    expect(await kindsOf(action, azure, { input, before: { ...tagged, part: 'machine' } })).toEqual(kinds);
  });
});
