import { readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { judgeBackup } from '../../engine/recovery/backup-coverage.ts';
import { sdkClients } from '../support/azure-sdk.ts';
import { quickFolder } from '../support/quick-folder.ts';
import { startSimulator } from '../support/simulator.ts';
import { azureOf } from './azure-drive.ts';
import type { RawAnswer, SdkClients } from '../support/azure-sdk.ts';
import type { RunningSimulator } from '../support/simulator.ts';

const SCALE = 60;
/** Ten minutes before policies run. */
const START = '2026-01-05T21:50:00Z';
const BACKUP = 'api-version=2023-06-01';
const DAY_S = 86_400;
const OPERATOR = { clientId: '7f0e0000-0000-4000-8000-0000000000d1', secret: 'demo-only' };

let folder: string;
let simulator: RunningSimulator;
let owner: SdkClients;
let operator: SdkClients;
beforeAll(async () => {
  folder = await quickFolder('runward-test-protection-');
  const tiny = parse(readFileSync(join(import.meta.dirname, '../../simulator/estates/tiny/estate.yaml'), 'utf8')) as {
    principals: unknown[];
    vaults: { readonly backup?: unknown }[];
  };
  // Nothing is replicated here: weeks go by at once.
  tiny.vaults = tiny.vaults.filter(({ backup }) => backup !== undefined);
  tiny.principals.push({ name: 'operator', ...OPERATOR, roles: [{ role: 'Backup Operator', scope: 'rsv-tiny-weu' }] });
  const estate = join(folder, 'estate.yaml');
  await writeFile(estate, JSON.stringify(tiny));
  simulator = await startSimulator(['--scale', String(SCALE), '--clock', 'manual', '--start', START, '--estate', estate]);
  owner = sdkClients(simulator.ready);
  operator = sdkClients({ ...simulator.ready, clientId: OPERATOR.clientId, clientSecret: OPERATOR.secret });
});
afterAll(async () => {
  await simulator.stop();
  await rm(folder, { recursive: true, force: true });
});

const VAULT = ['rsv-tiny-weu', 'rg-tiny-weu'] as const;
const MACHINES = { filter: "backupManagementType eq 'AzureIaasVM'" };
const itemOf = (name: string) =>
  [...VAULT, 'Azure', `IaasVMContainer;iaasvmcontainerv2;rg-tiny-weu;${name}`, `VM;iaasvmcontainerv2;rg-tiny-weu;${name}`] as const;
const group = (): string => `/subscriptions/${simulator.ready.subscriptionId}/resourceGroups/rg-tiny-weu/providers`;
const vmId = (name: string): string => `${group()}/Microsoft.Compute/virtualMachines/${name}`;
const vaultPath = (): string => `${group()}/Microsoft.RecoveryServices/vaults/rsv-tiny-weu`;
const itemPath = (name: string): string => {
  const [, , , container, item] = itemOf(name);
  return `${vaultPath()}/backupFabrics/Azure/protectionContainers/${container}/protectedItems/${item}`;
};
/** Lets so many seconds of Azure go by. */
const pass = (seconds: number): Promise<unknown> =>
  simulator.control('clock', { method: 'POST', body: { advanceMs: (seconds * 1000) / SCALE } });

interface Read {
  readonly error?: { readonly code: string };
  readonly status?: string;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly value: readonly { readonly name: string; readonly properties: Readonly<Record<string, unknown>> }[];
}

const json = (answer: RawAnswer): Read => JSON.parse(answer.text) as Read;
const get = async (path: string): Promise<Read> => json(await owner.raw('GET', path));
const put = (name: string, properties: object, by = owner): Promise<RawAnswer> =>
  by.raw('PUT', `${itemPath(name)}?${BACKUP}`, {
    body: { properties: { protectedItemType: 'Microsoft.Compute/virtualMachines', sourceResourceId: vmId(name), ...properties } },
  });
const configured = (policy = 'DefaultPolicy') => ({ policyId: `${vaultPath()}/backupPolicies/${policy}` });
const STOP = { policyId: '', protectionState: 'ProtectionStopped' };
const stateOf = async (name: string): Promise<unknown> => (await get(`${itemPath(name)}?${BACKUP}`)).properties['protectionState'];
const jobOf = async (accepted: RawAnswer): Promise<Read> => {
  const { properties } = await get(String(accepted.headers['azure-asyncoperation']));
  return get(`${vaultPath()}/backupJobs/${String(properties['jobId'])}?${BACKUP}`);
};
const names = async (list: AsyncIterable<{ readonly name?: string }>): Promise<readonly (string | undefined)[]> => {
  const found: (string | undefined)[] = [];
  for await (const { name } of list) found.push(name?.split(';').at(-1));
  return found;
};

/** Asks for the disks of the newest point of a machine. */
async function restore(name: string): Promise<RawAnswer> {
  const [point] = (await get(`${itemPath(name)}/recoveryPoints?${BACKUP}`)).value;
  const properties = {
    objectType: 'IaasVMRestoreRequest',
    recoveryPointId: point?.name,
    recoveryType: 'RestoreDisks',
    sourceResourceId: vmId(name),
    targetResourceGroupId: group().replace('/providers', ''),
    storageAccountId: `${group()}/Microsoft.Storage/storageAccounts/ststagingwe`,
    region: 'westeurope',
    createNewCloudService: false,
    originalStorageAccountOption: false,
    restoreWithManagedDisks: true,
  };
  return owner.raw('POST', `${itemPath(name)}/recoveryPoints/${point?.name}/restore?${BACKUP}`, { body: { properties } });
}

/** What the console and `runward backup coverage` say of a machine. */
async function coverage(name: string) {
  const azure = azureOf(simulator);
  const { signal } = new AbortController();
  const status = await azure.read({ kind: 'backup.status', vmId: vmId(name), location: 'westeurope' }, signal);
  if (status.kind !== 'found' || status.value.itemId === undefined) return { state: 'in no vault' };
  const item = await azure.read({ kind: 'backup.item', itemId: status.value.itemId }, signal);
  if (item.kind !== 'found') throw new Error(item.message);
  const nowMs = item.dateMs ?? 0;
  return judgeBackup({ read: { kind: 'protected', item: item.value }, rpoMs: undefined, testedAtMs: undefined, nowMs });
}

test('a machine is protected by a job, and waits for its first backup', async () => {
  const { backupProtectableItems: free, backupProtectionContainers: registered } = owner.backup;
  expect(await names(free.list(...VAULT, MACHINES))).toEqual(['two-01']);
  const accepted = await put('two-01', configured());
  expect([accepted.status, accepted.text]).toEqual([202, '']);
  expect(accepted.headers['azure-asyncoperation']).toContain('/protectedItems/VM;iaasvmcontainerv2;rg-tiny-weu;two-01/operationsStatus/');
  expect((await put('two-01', configured())).status).toBe(409);

  await pass(1);
  expect((await get(String(accepted.headers['azure-asyncoperation']))).status).toBe('Succeeded');
  expect((await jobOf(accepted)).properties).toMatchObject({ operation: 'ConfigureBackup', status: 'InProgress' });
  expect((await get(`${itemPath('two-01')}?${BACKUP}`)).error?.code).toBe('BMSUserErrorObjectNotFound');
  expect(await coverage('two-01')).toEqual({ state: 'in no vault' });

  await simulator.control('faults', { method: 'POST', body: { match: { resource: '/two-01/' }, do: { listLag: 60 } } });
  await pass(92);
  expect((await jobOf(accepted)).properties).toMatchObject({ status: 'Completed' });
  expect(await stateOf('two-01')).toBe('IRPending');
  expect(await coverage('two-01')).toMatchObject({ state: 'unprotected', message: 'it has no recovery point (IRPending)' });
  expect(await names(free.list(...VAULT, MACHINES))).toEqual(['two-01']);
  expect(await names(owner.backup.backupProtectedItems.list(...VAULT, MACHINES))).toEqual(['one-01']);
  await pass(70);
  expect(await names(free.list(...VAULT, MACHINES))).toEqual([]);
  expect(await names(owner.backup.backupProtectedItems.list(...VAULT, MACHINES))).toEqual(['one-01', 'two-01']);
  expect(await names(registered.list(...VAULT, MACHINES))).toEqual(['one-01', 'two-01']);
  expect((await get(`${vaultPath()}/backupPolicies/DefaultPolicy?${BACKUP}`)).properties['protectedItemsCount']).toBe(1);
  await simulator.control('faults', { method: 'DELETE' });

  const ledger = (await simulator.ledger()).filter(({ operation }) => operation === 'ProtectedItems_CreateOrUpdate');
  expect(ledger.map(({ effect }) => effect)).toEqual(['started', 'refused']);
});

test('a job that fails changes nothing, and may be asked for once more', async () => {
  const match = { operation: 'ProtectedItems_CreateOrUpdate', resource: 'one-01' };
  const fails = { failJob: { code: 'UserErrorGuestAgentStatusUnavailable' } };
  await simulator.control('faults', { method: 'POST', body: { match, when: 'duringJob', do: fails } });
  const accepted = await put('one-01', configured());
  await pass(120);
  expect((await jobOf(accepted)).properties).toMatchObject({ operation: 'ConfigureBackup', status: 'Failed' });
  expect(await coverage('one-01')).toMatchObject({ state: 'protected', policy: 'daily-7d' });
  expect((await put('one-01', configured())).status).toBe(202);
  await pass(120);
  expect(await coverage('one-01')).toMatchObject({ state: 'protected', policy: 'DefaultPolicy' });
});

test('its policy makes the first backup in its own time, and nobody has asked for it', async () => {
  await pass(6 * 60);
  const jobs = await get(`${vaultPath()}/backupJobs?${BACKUP}&$filter=operation%20eq%20'Backup'`);
  expect(jobs.value.map(({ properties }) => [properties['entityFriendlyName'], properties['isUserTriggered']])).toEqual([
    ['two-01', false],
  ]);
  await pass(50 * 60);
  expect(await stateOf('two-01')).toBe('Protected');
  expect(await coverage('two-01')).toMatchObject({ state: 'protected', policy: 'DefaultPolicy' });
});

test('a point is in the vault for its GET before the list of points says so', async () => {
  await simulator.control('faults', { method: 'POST', body: { match: { resource: '/one-01/' }, do: { listLag: 3600 } } });
  const body = { properties: { objectType: 'IaasVMBackupRequest' } };
  const accepted = await owner.raw('POST', `${itemPath('one-01')}/backup?${BACKUP}`, { body });
  await pass(1);
  while ((await jobOf(accepted)).properties['status'] === 'InProgress') await pass(120);
  await pass(3600 - 600);
  const listed = (await get(`${itemPath('one-01')}/recoveryPoints?${BACKUP}`)).value[0];
  const now = await get(`${itemPath('one-01')}/recoveryPoints/${listed?.name}?${BACKUP}`);
  const tiers = (point: Pick<Read, 'properties'> | undefined): unknown =>
    (point?.properties['recoveryPointTierDetails'] as readonly { readonly type: string }[] | undefined)?.map(({ type }) => type);
  expect([tiers(listed), tiers(now)]).toEqual([['InstantRP'], ['InstantRP', 'HardenedRP']]);
  await pass(700);
  expect(tiers((await get(`${itemPath('one-01')}/recoveryPoints?${BACKUP}`)).value[0])).toEqual(['InstantRP', 'HardenedRP']);
  await simulator.control('faults', { method: 'DELETE' });
});

test('a backup is cancelled while its snapshot is taken, and too late when it has been', async () => {
  const trigger = () =>
    owner.raw('POST', `${itemPath('one-01')}/backup?${BACKUP}`, { body: { properties: { objectType: 'IaasVMBackupRequest' } } });
  const points = async (): Promise<number> => (await get(`${itemPath('one-01')}/recoveryPoints?${BACKUP}`)).value.length;
  const cancel = (id: string) => owner.raw('POST', `${id}/cancel?${BACKUP}`);
  const idOf = (job: Read): string => (job as unknown as { readonly id: string }).id;
  const before = await points();

  const first = await trigger();
  await pass(60);
  const inTime = await cancel(idOf(await jobOf(first)));
  expect([inTime.status, inTime.headers['azure-asyncoperation']]).toEqual([202, undefined]);
  expect(inTime.headers.location).toMatch(/\/backupJobs\/[^/]+\/operationResults\//);
  expect((await jobOf(first)).properties['status']).toBe('InProgress');
  await pass(1);
  expect((await jobOf(first)).properties['status']).toBe('Cancelling');
  expect((await owner.raw('GET', String(inTime.headers.location))).status).toBe(202);
  expect((await trigger()).status).toBe(409);
  await pass(20);
  expect((await jobOf(first)).properties['status']).toBe('Cancelled');
  expect((await owner.raw('GET', String(inTime.headers.location))).status).toBe(204);

  const second = await trigger();
  await pass(8 * 60);
  const tooLate = await cancel(idOf(await jobOf(second)));
  expect(tooLate.status).toBe(202);
  await pass(1);
  expect((await owner.raw('GET', String(tooLate.headers.location))).status).toBe(400);
  await pass(45 * 60);
  expect((await jobOf(second)).properties['status']).toBe('Completed');
  expect(await points()).toBe(before + 1);
  const cancels = (await simulator.ledger()).filter(({ operation }) => operation === 'JobCancellations_Trigger');
  expect(cancels.map(({ effect }) => effect)).toEqual(['started', 'none']);
});

test('a restore that is cancelled makes no disk', async () => {
  const disks = () => names(owner.compute.disks.listByResourceGroup('rg-tiny-weu'));
  const before = await disks();
  const accepted = await restore('one-01');
  await pass(60);
  const { properties } = await get(String(accepted.headers['azure-asyncoperation']));
  const job = `${vaultPath()}/backupJobs/${String(properties['jobId'])}`;
  expect((await operator.raw('POST', `${job}/cancel?${BACKUP}`)).status).toBe(202);
  await pass(30 * 60);
  expect((await get(`${job}?${BACKUP}`)).properties).toMatchObject({ operation: 'Restore', status: 'Cancelled' });
  expect(await disks()).toEqual(before);
});

test('faults reach the end of a protection, a restore and a cancel', async () => {
  await simulator.control('snapshot', { method: 'POST', body: { name: 'unharmed' } });
  const arm = (operation: string, deed: object): Promise<unknown> =>
    simulator.control('faults', { method: 'POST', body: { match: { operation }, when: 'duringJob', do: deed } });
  const statusOf = async (accepted: RawAnswer): Promise<unknown> => (await jobOf(accepted)).properties['status'];
  const remove = () => owner.raw('DELETE', `${itemPath('one-01')}?${BACKUP}`);

  await arm('ProtectedItems_Delete', { succeedWrong: true });
  const said = await remove();
  await pass(60);
  expect([await statusOf(said), (await coverage('one-01')).state]).toEqual(['Completed', 'protected']);
  await arm('ProtectedItems_Delete', { failJob: { code: 'UserErrorVaultIsBusy' } });
  const failed = await remove();
  await pass(60);
  expect([await statusOf(failed), (await coverage('one-01')).state]).toEqual(['Failed', 'protected']);

  const disks = () => names(owner.compute.disks.listByResourceGroup('rg-tiny-weu'));
  const before = await disks();
  await arm('Restores_Trigger', { succeedWrong: true });
  const restored = await restore('one-01');
  await pass(30 * 60);
  expect([await statusOf(restored), await disks()]).toEqual(['Completed', before]);

  const body = { properties: { objectType: 'IaasVMBackupRequest' } };
  const backup = await owner.raw('POST', `${itemPath('one-01')}/backup?${BACKUP}`, { body });
  await pass(1);
  const { id } = (await jobOf(backup)) as unknown as { readonly id: string };
  const cancelled = async (deed: object, seconds: number): Promise<readonly unknown[]> => {
    await arm('JobCancellations_Trigger', deed);
    const accepted = await owner.raw('POST', `${id}/cancel?${BACKUP}`);
    await pass(seconds);
    return [(await owner.raw('GET', String(accepted.headers.location))).status, await statusOf(backup)];
  };
  expect(await cancelled({ failJob: { code: 'UserErrorVaultIsBusy' } }, 1)).toEqual([400, 'InProgress']);
  expect(await cancelled({ stuck: true }, 3600)).toEqual([202, 'Cancelling']);
  expect(await simulator.control('doubles')).toEqual({ doubles: [] });
  await simulator.control('restore', { method: 'POST', body: { name: 'unharmed' } });
});

test('protection is stopped and its points stay, and a policy starts it again', async () => {
  const before = (await get(`${itemPath('one-01')}/recoveryPoints?${BACKUP}`)).value.length;
  const stopped = await put('one-01', STOP);
  await pass(30);
  expect((await jobOf(stopped)).properties).toMatchObject({ operation: 'DisableBackup', status: 'Completed' });
  expect(await coverage('one-01')).toMatchObject({ state: 'unprotected', message: 'no backup is made any more (ProtectionStopped)' });
  expect((await get(`${itemPath('one-01')}/recoveryPoints?${BACKUP}`)).value).toHaveLength(before);
  const body = { properties: { objectType: 'IaasVMBackupRequest' } };
  expect((await owner.raw('POST', `${itemPath('one-01')}/backup?${BACKUP}`, { body })).status).toBe(400);
  expect((await put('one-01', STOP)).status).toBe(400);
  await put('one-01', configured('daily-7d'));
  await pass(100);
  expect(await coverage('one-01')).toMatchObject({ state: 'protected', policy: 'daily-7d' });
});

test('a deletion keeps the points of a vault with soft delete for its days, and covers nothing', async () => {
  const remove = (by: SdkClients) => by.raw('DELETE', `${itemPath('one-01')}?${BACKUP}`);
  expect((await remove(operator)).status).toBe(403);
  const accepted = await remove(owner);
  expect(accepted.status).toBe(202);
  expect(accepted.headers['azure-asyncoperation']).toMatch(/\/vaults\/rsv-tiny-weu\/backupOperations\//);
  expect(accepted.headers.location).toMatch(/\/vaults\/rsv-tiny-weu\/backupOperationResults\//);
  expect((await operator.raw('GET', String(accepted.headers['azure-asyncoperation']))).status).toBe(200);
  expect(await stateOf('one-01')).toBe('Protected');
  await pass(60);
  expect((await jobOf(accepted)).properties).toMatchObject({ operation: 'DeleteBackupData', status: 'Completed' });
  expect((await get(`${itemPath('one-01')}?${BACKUP}`)).properties).toMatchObject({
    protectionState: 'ProtectionStopped',
    isScheduledForDeferredDelete: true,
  });
  expect(await coverage('one-01')).toMatchObject({ state: 'unprotected', message: 'no backup is made any more (SoftDeleted)' });
  expect((await remove(owner)).status).toBe(400);
  expect((await put('one-01', configured())).status).toBe(400);
  expect((await restore('one-01')).status).toBe(400);

  await simulator.control('snapshot', { method: 'POST', body: { name: 'deleted' } });
  await pass(14 * DAY_S);
  // Tokens do not live that long.
  const later = sdkClients(simulator.ready);
  expect(json(await later.raw('GET', `${itemPath('one-01')}?${BACKUP}`)).error?.code).toBe('BMSUserErrorObjectNotFound');
  expect(await names(later.backup.backupProtectableItems.list(...VAULT, MACHINES))).toEqual(['one-01']);

  await simulator.control('restore', { method: 'POST', body: { name: 'deleted' } });
  await put('one-01', { policyId: '', isRehydrate: true, protectionState: 'ProtectionStopped' });
  await pass(60);
  expect(await coverage('one-01')).toMatchObject({ state: 'unprotected', message: 'no backup is made any more (ProtectionStopped)' });
});

test('a deletion in a vault without soft delete leaves nothing', async () => {
  const patched = await owner.raw('PATCH', `${vaultPath()}/backupconfig/vaultconfig?${BACKUP}`, {
    body: { properties: { softDeleteFeatureState: 'Disabled' } },
  });
  expect(json(patched).properties).toMatchObject({ softDeleteFeatureState: 'Disabled', isSoftDeleteFeatureStateEditable: true });
  await owner.backup.protectedItems.delete(...itemOf('two-01'));
  await pass(60);
  expect((await get(`${itemPath('two-01')}?${BACKUP}`)).error?.code).toBe('BMSUserErrorObjectNotFound');
  expect(await coverage('two-01')).toEqual({ state: 'in no vault' });
  expect((await owner.raw('DELETE', `${itemPath('two-01')}?${BACKUP}`)).status).toBe(204);
  const usages = await get(`${vaultPath()}/usages?api-version=2026-07-01`);
  const counted = usages.value as unknown as readonly { readonly name: { readonly value: string }; readonly currentValue: number }[];
  expect(counted.find(({ name }) => name.value === 'ProtectedItemCount')?.currentValue).toBe(1);
});

test('a machine that is new is found when Backup has looked again', async () => {
  const free = () => names(owner.backup.backupProtectableItems.list(...VAULT, MACHINES));
  await owner.compute.virtualMachines.delete('rg-tiny-weu', 'two-01').submitted();
  await pass(120);
  expect(await free()).toEqual(['two-01']);
  const accepted = await operator.raw('POST', `${vaultPath()}/backupFabrics/Azure/refreshContainers?${BACKUP}`);
  expect([accepted.status, accepted.headers['azure-asyncoperation']]).toEqual([202, undefined]);
  expect((await owner.raw('GET', String(accepted.headers.location))).status).toBe(202);
  await pass(40);
  expect((await owner.raw('GET', String(accepted.headers.location))).status).toBe(204);
  expect(await free()).toEqual([]);
  expect(await simulator.control('doubles')).toEqual({ doubles: [] });
});
