import { readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { IaasVMRestoreRequest } from '@azure/arm-recoveryservicesbackup';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { sdkClients } from '../support/azure-sdk.ts';
import { quickFolder } from '../support/quick-folder.ts';
import { startSimulator } from '../support/simulator.ts';
import type { RawAnswer, SdkClients } from '../support/azure-sdk.ts';
import type { RunningSimulator } from '../support/simulator.ts';

const SCALE = 60;
const BACKUP = 'api-version=2023-06-01';
/** One may make disks in the group of the restores, the other machines as well; both may use its network, and no other. */
const DISK_MAKER = { clientId: '7f0e0000-0000-4000-8000-0000000000d1', secret: 'demo-only' };
const MACHINE_MAKER = { clientId: '7f0e0000-0000-4000-8000-0000000000d2', secret: 'demo-only' };
const VAULT = ['rsv-tiny-weu', 'rg-tiny-weu'] as const;
const NAMES = ['IaasVMContainer;iaasvmcontainerv2;rg-tiny-weu;one-01', 'VM;iaasvmcontainerv2;rg-tiny-weu;one-01'] as const;
const ITEM = [...VAULT, 'Azure', ...NAMES] as const;

let folder: string;
let simulator: RunningSimulator;
let owner: SdkClients;
let diskMaker: SdkClients;
let machineMaker: SdkClients;
let groups: string;
beforeAll(async () => {
  folder = await quickFolder('runward-test-restores-');
  const tiny = parse(readFileSync(join(import.meta.dirname, '../../simulator/estates/tiny/estate.yaml'), 'utf8')) as {
    principals: unknown[];
    roles?: unknown[];
    machineDefaults: object;
    resourceGroups: unknown[];
    networks: unknown[];
    vaults: { readonly backup?: unknown }[];
  };
  tiny.vaults = tiny.vaults.filter(({ backup }) => backup !== undefined);
  tiny.machineDefaults = { ...tiny.machineDefaults, bare: false, dataDisksGb: [16] };
  tiny.resourceGroups.push({ name: 'rg-back', location: 'westeurope' });
  tiny.networks.push({ name: 'vnet-island', group: 'rg-back', space: '10.95.0.0/16', reachable: false });
  const actions = ['Microsoft.Compute/disks/write', 'Microsoft.Network/virtualNetworks/subnets/join/action'];
  tiny.roles = [
    { name: 'disks', actions },
    { name: 'machines', actions: [...actions, 'Microsoft.Compute/virtualMachines/write'] },
  ];
  const staging = '/subscriptions/6f1c1b5e-0000-4000-8000-00000000a001/resourceGroups/rg-tiny-weu/providers/Microsoft.Storage';
  const roles = (role: string) => [
    { role: 'Backup Operator', scope: 'rsv-tiny-weu' },
    { role: 'Storage Account Contributor', scope: staging },
    { role, scope: 'rg-back' },
  ];
  tiny.principals.push({ name: 'disk-maker', ...DISK_MAKER, roles: roles('disks') });
  tiny.principals.push({ name: 'machine-maker', ...MACHINE_MAKER, roles: roles('machines') });
  const estate = join(folder, 'estate.yaml');
  await writeFile(estate, JSON.stringify(tiny));
  simulator = await startSimulator(['--scale', String(SCALE), '--clock', 'manual', '--start', '2026-01-05T09:00:00Z', '--estate', estate]);
  owner = sdkClients(simulator.ready);
  const as = ({ clientId, secret }: typeof DISK_MAKER) => sdkClients({ ...simulator.ready, clientId, clientSecret: secret });
  [diskMaker, machineMaker] = [as(DISK_MAKER), as(MACHINE_MAKER)];
  groups = `/subscriptions/${simulator.ready.subscriptionId}/resourceGroups`;
});
afterAll(async () => {
  await simulator.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Lets so many seconds of Azure go by. */
const pass = (seconds: number): Promise<unknown> =>
  simulator.control('clock', { method: 'POST', body: { advanceMs: (seconds * 1000) / SCALE } });
const mark = (name: string): string => `machines/${name}/files/var/lib/mark`;
const network = (group = 'rg-back', name = 'vnet-island'): string =>
  `${groups}/${group}/providers/Microsoft.Network/virtualNetworks/${name}`;
const vmId = (group: string, name: string): string => `${groups}/${group}/providers/Microsoft.Compute/virtualMachines/${name}`;
const vaultPath = (): string => `${groups}/rg-tiny-weu/providers/Microsoft.RecoveryServices/vaults/rsv-tiny-weu`;

const itemPath = (): string => `${vaultPath()}/backupFabrics/Azure/protectionContainers/${NAMES[0]}/protectedItems/${NAMES[1]}`;

interface Read {
  readonly error?: { readonly code: string; readonly message: string };
  readonly properties: Readonly<Record<string, unknown>>;
}

const json = (answer: RawAnswer): Read => JSON.parse(answer.text) as Read;

async function newestPoint(): Promise<string> {
  for await (const { name } of owner.backup.recoveryPoints.list(...ITEM)) return name ?? '';
  throw new Error('one-01 has no recovery point');
}

/** What a restore to another place asks for. */
async function wanted(name: string): Promise<IaasVMRestoreRequest> {
  return {
    objectType: 'IaasVMRestoreRequest',
    recoveryPointId: await newestPoint(),
    recoveryType: 'AlternateLocation',
    sourceResourceId: vmId('rg-tiny-weu', 'one-01'),
    targetVirtualMachineId: vmId('rg-back', name),
    targetResourceGroupId: `${groups}/rg-back`,
    storageAccountId: `${groups}/rg-tiny-weu/providers/Microsoft.Storage/storageAccounts/ststagingwe`,
    virtualNetworkId: network(),
    subnetId: `${network()}/subnets/default`,
    region: 'westeurope',
    createNewCloudService: false,
    originalStorageAccountOption: false,
  };
}

/** Sends a restore as it stands there. */
async function post(properties: object, by = owner): Promise<RawAnswer> {
  return by.raw('POST', `${itemPath()}/recoveryPoints/${await newestPoint()}/restore?${BACKUP}`, { body: { properties } });
}

/** The name of the job of a restore that was accepted. */
const jobName = ({ headers }: RawAnswer): string => /operationsStatus\/([^?]+)/.exec(String(headers['azure-asyncoperation']))?.[1] ?? '';
const jobOf = async (accepted: RawAnswer): Promise<Read['properties']> =>
  json(await owner.raw('GET', `${vaultPath()}/backupJobs/${jobName(accepted)}?${BACKUP}`)).properties;

/** What of a kind the lists show in the group of the restores, with whom it belongs to. */
async function disks(): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const { name, managedBy } of owner.compute.disks.listByResourceGroup('rg-back'))
    found.push(`${name?.replace(/-\d{17}$/, '')} of ${managedBy?.split('/').at(-1)}`);
  return found.toSorted();
}

interface NicRead {
  readonly name: string;
  readonly tags?: object;
  readonly properties: {
    readonly ipConfigurations: readonly [
      { readonly properties: { readonly privateIPAddress: string; readonly subnet: { readonly id: string } } },
    ];
    readonly virtualMachine?: { readonly id: string };
  };
}

async function nics(): Promise<readonly NicRead[]> {
  const list = await owner.raw('GET', `${groups}/rg-back/providers/Microsoft.Network/networkInterfaces?api-version=2024-05-01`);
  return (JSON.parse(list.text) as { readonly value: readonly NicRead[] }).value;
}

const listed = async (): Promise<readonly (string | undefined)[]> => {
  const found: (string | undefined)[] = [];
  for await (const { name } of owner.compute.virtualMachines.list('rg-back')) found.push(name);
  return found;
};
const gone = async (name: string): Promise<void> =>
  expect(owner.compute.virtualMachines.get('rg-back', name)).rejects.toMatchObject({ code: 'ResourceNotFound' });

/** Takes away what a test has made, so that the next finds the group empty. */
async function clear(): Promise<void> {
  for (const name of await listed()) await owner.compute.virtualMachines.delete('rg-back', name ?? '').submitted();
  await pass(120);
  for await (const { name } of owner.compute.disks.listByResourceGroup('rg-back'))
    await owner.compute.disks.delete('rg-back', name ?? '').submitted();
  for (const { name } of await nics())
    await owner.raw('DELETE', `${groups}/rg-back/providers/Microsoft.Network/networkInterfaces/${name}?api-version=2024-05-01`);
  await pass(60);
}

test('a machine comes from the files of its point, in the network that was named, and what belongs to it stays behind', async () => {
  await simulator.control(mark('one-01'), { method: 'PUT', body: 'backed up' });
  await owner.backup.backups.trigger(...ITEM, { properties: { objectType: 'IaasVMBackupRequest' } });
  await pass(60 * 60);
  await simulator.control(mark('one-01'), { method: 'PUT', body: 'written afterwards' });

  await owner.backup.restores.beginTrigger(...ITEM, await newestPoint(), { properties: await wanted('one-back') });
  const entry = (await simulator.ledger()).findLast(({ operation }) => operation === 'Restores_Trigger');
  expect(entry).toMatchObject({ effect: 'started', status: 202, operationId: entry?.jobId });
  const job = () => owner.backup.jobDetails.get(...VAULT, entry?.jobId ?? '');
  await pass(1);
  expect((await job()).properties).toMatchObject({
    operation: 'Restore',
    status: 'InProgress',
    activityId: entry?.clientRequestId,
    extendedInfo: {
      tasksList: [
        { taskId: 'Transfer data from vault', status: 'InProgress' },
        { taskId: 'Create the restored virtual machine', status: 'NotStarted' },
      ],
      propertyBag: {
        'Job Type': 'Recover VM to an alternate location',
        'Target VM Name': 'one-back',
        'Target resource group': 'rg-back',
        'Recovery point time ': expect.stringMatching(/^2026-01-05T09:/),
      },
    },
  });
  await gone('one-back');

  await simulator.control('snapshot', { method: 'POST', body: { name: 'under-way' } });
  await simulator.control('faults', { method: 'POST', body: { match: { resource: '/rg-back/one-back/' }, do: { listLag: 300 } } });
  await pass(50);
  expect(await owner.compute.virtualMachines.get('rg-back', 'one-back')).toMatchObject({ provisioningState: 'Creating' });
  expect((await job()).properties).toMatchObject({
    extendedInfo: { tasksList: [{ status: 'Completed' }, { status: 'InProgress' }], progressPercentage: 75 },
  });
  await pass(110);
  expect(await listed()).toEqual([]);
  expect((await job()).properties).toMatchObject({ status: 'Completed', extendedInfo: { progressPercentage: 100 } });
  // The SDK escapes the semicolons in the name of an item: no signature minds it.
  expect(await owner.backup.protectedItemOperationStatuses.get(...ITEM, entry?.jobId ?? '')).toMatchObject({ status: 'Succeeded' });
  const result = `${itemPath()}/operationResults/${entry?.jobId}?${BACKUP}`;
  expect((await owner.raw('GET', result)).status).toBe(204);
  expect((await owner.raw('GET', result.replaceAll('one-01', 'two-01'))).status).toBe(404);
  const view = await owner.compute.virtualMachines.get('rg-back', 'one-back', { expand: 'instanceView' });
  expect(view.instanceView?.statuses?.map(({ code }) => code)).toContain('PowerState/running');
  expect(view).toMatchObject({ location: 'westeurope', tags: {}, storageProfile: { osDisk: { deleteOption: 'Detach' } } });
  expect(await simulator.control(mark('one-back'))).toBe('backed up');
  expect(await disks()).toEqual(['one-back-datadisk-000 of one-back', 'one-back-osdisk of one-back']);
  const [nic] = await nics();
  expect(nic?.properties.ipConfigurations[0].properties).toMatchObject({ privateIPAddress: expect.stringMatching(/^10\.95\./) });
  expect(nic?.properties.ipConfigurations[0].properties.subnet.id.toLowerCase()).toContain('/vnet-island/subnets/default');
  expect(view.networkProfile?.networkInterfaces?.[0]?.id?.split('/').at(-1)).toBe(nic?.name);
  await pass(300);
  expect(await listed()).toEqual(['one-back']);
  expect(await simulator.control('doubles')).toEqual({ doubles: [] });

  await owner.compute.virtualMachines.delete('rg-back', 'one-back').submitted();
  await pass(120);
  expect(await disks()).toEqual(['one-back-datadisk-000 of undefined', 'one-back-osdisk of undefined']);
  expect((await nics()).map(({ properties }) => properties.virtualMachine)).toEqual([undefined]);

  await simulator.control('restore', { method: 'POST', body: { name: 'under-way' } });
  await gone('one-back');
  expect(await disks()).toEqual([]);
  await pass(400);
  expect((await job()).properties).toMatchObject({ status: 'Completed' });
  expect(await simulator.control(mark('one-back'))).toBe('backed up');
  await clear();
});

test('what cannot be is refused when it is asked for, and makes nothing', async () => {
  const good = await wanted('one-back');
  const { subnetId: _subnet, ...withoutSubnet } = good;
  const { storageAccountId, ...withoutStorage } = good;
  const other = { virtualNetworkId: network('rg-tiny-neu', 'vnet-tiny-neu') };
  const bad: readonly (readonly [object, number, string])[] = [
    [{ ...good, targetVirtualMachineId: vmId('rg-back', 'not_a_name') }, 400, 'its name is not valid'],
    [{ ...good, targetVirtualMachineId: vmId('rg-tiny-weu', 'one-back') }, 400, 'none of the target resource group'],
    [
      { ...good, targetResourceGroupId: `${groups}/rg-tiny-weu`, targetVirtualMachineId: vmId('rg-tiny-weu', 'two-01') },
      400,
      "'two-01' exists",
    ],
    [{ ...good, targetResourceGroupId: `${groups}/rg-nobody` }, 400, 'is invalid'],
    [{ ...good, region: 'northeurope' }, 400, 'not the region of the vault'],
    [{ ...good, subnetId: `${network()}/subnets/nobody` }, 400, 'was not found in the virtual network'],
    [{ ...good, ...other }, 400, 'was not found in the virtual network'],
    [{ ...good, ...other, subnetId: `${other.virtualNetworkId}/subnets/default` }, 400, 'not in the region of the restore'],
    [{ ...good, recoveryPointId: '1' }, 400, 'is invalid'],
    [withoutStorage, 400, 'is invalid'],
    [{ ...good, identityBasedRestoreDetails: { targetStorageAccountId: storageAccountId } }, 400, 'is invalid'],
    [withoutSubnet, 400, 'properties.subnetId'],
    [{ ...good, recoveryType: 'RestoreDisks', restoreWithManagedDisks: true }, 400, 'targetVirtualMachineId'],
    [{ ...good, recoveryType: 'Offline' }, 400, 'properties.recoveryType'],
    [{ ...good, recoveryType: 'OriginalLocation' }, 501, 'is not served'],
    [{ ...good, objectType: 'IaasVMRestoreWithRehydrationRequest', recoveryPointRehydrationInfo: {} }, 501, 'is not served'],
  ];
  const from = (await simulator.ledger()).length;
  for (const [properties, status, says] of bad) {
    const answer = await post(properties);
    expect([answer.status, answer.text]).toEqual([status, expect.stringContaining(says)]);
  }
  await pass(600);
  expect((await simulator.ledger()).slice(from).map(({ effect }) => effect)).toEqual(bad.map(() => 'refused'));
  expect([await disks(), await nics(), await listed()]).toEqual([[], [], []]);
});

test('who may make disks may not make a machine, nor one in a network where he has no right', async () => {
  const good = await wanted('one-back');
  const other = network('rg-tiny-weu', 'vnet-tiny-weu');
  const lacks = async (properties: object, by: SdkClients): Promise<string | undefined> => {
    const { error } = json(await post(properties, by));
    return error?.code === 'LinkedAuthorizationFailed' ? /action\(s\) '([^']+)'/.exec(error.message)?.[1] : error?.code;
  };
  expect(await lacks(good, diskMaker)).toBe('Microsoft.Compute/virtualMachines/write');
  const elsewhere = { ...good, virtualNetworkId: other, subnetId: `${other}/subnets/default` };
  expect(await lacks(elsewhere, machineMaker)).toBe('Microsoft.Network/virtualNetworks/subnets/join/action');
  const { storageAccountId: _own, ...unstaged } = good;
  const foreign = { targetStorageAccountId: `${groups}/rg-back/providers/Microsoft.Storage/storageAccounts/stother` };
  expect(await lacks({ ...unstaged, identityBasedRestoreDetails: foreign }, machineMaker)).toBe('Microsoft.Storage/storageAccounts/read');
});

test('a machine that finds no room leaves its disks and its interface, a failure of Backup itself leaves nothing', async () => {
  const match = { operation: 'Restores_Trigger' };
  const arm = (deed: object) => simulator.control('faults', { method: 'POST', body: { match, when: 'duringJob', do: deed, times: 1 } });
  await arm({ failJob: { code: 'AllocationFailed' } });
  const full = await post(await wanted('one-back'), machineMaker);
  await pass(120);
  expect(await jobOf(full)).toMatchObject({
    status: 'Failed',
    errorDetails: [{ errorTitle: 'AllocationFailed' }],
    extendedInfo: { tasksList: [{ status: 'Completed' }, { status: 'Failed' }] },
  });
  await gone('one-back');
  expect(await disks()).toEqual(['one-back-datadisk-000 of undefined', 'one-back-osdisk of undefined']);
  expect((await nics()).map(({ properties }) => properties.virtualMachine)).toEqual([undefined]);
  await clear();

  await arm({ failJob: { code: 'UserErrorRestoreDisabled' } });
  const failed = await post(await wanted('one-back'));
  await pass(120);
  expect(await jobOf(failed)).toMatchObject({ status: 'Failed', errorDetails: [{ errorTitle: 'UserErrorRestoreDisabled' }] });
  const lock = `${groups}/rg-back/providers/Microsoft.Authorization/locks/keep?api-version=2020-05-01`;
  await owner.raw('PUT', lock, { body: { properties: { level: 'ReadOnly' } } });
  const locked = await post(await wanted('one-back'));
  await pass(120);
  expect(await jobOf(locked)).toMatchObject({ status: 'Failed', errorDetails: [{ errorTitle: 'ScopeLocked' }] });
  await owner.raw('DELETE', lock);
  await arm({ succeedWrong: true });
  const lies = await post(await wanted('one-back'));
  await pass(200);
  expect(await jobOf(lies)).toMatchObject({ status: 'Completed', extendedInfo: { tasksList: [{}, { status: 'Completed' }] } });
  await gone('one-back');
  expect([await disks(), await nics()]).toEqual([[], []]);
});

test('the same restore twice makes one machine, and a second set of disks; one that is cancelled in time makes nothing', async () => {
  const first = await post(await wanted('one-back'));
  const second = await post(await wanted('one-back'));
  await pass(200);
  expect([await jobOf(first), await jobOf(second)]).toMatchObject([
    { status: 'Completed' },
    { status: 'Failed', errorDetails: [{ errorTitle: 'UserErrorVirtualMachineExists' }] },
  ]);
  expect(await disks()).toEqual([
    'one-back-datadisk-000 of one-back',
    'one-back-datadisk-000 of undefined',
    'one-back-osdisk of one-back',
    'one-back-osdisk of undefined',
  ]);
  const { doubles } = (await simulator.control('doubles')) as { readonly doubles: readonly unknown[] };
  expect(doubles).toHaveLength(1);
  await clear();

  const cancel = (job: RawAnswer) => owner.raw('POST', `${vaultPath()}/backupJobs/${jobName(job)}/cancel?${BACKUP}`);
  const early = await post(await wanted('one-back'));
  await cancel(early);
  await pass(300);
  expect(await jobOf(early)).toMatchObject({ status: 'Cancelled' });
  expect([await disks(), await nics()]).toEqual([[], []]);
  const late = await post(await wanted('one-back'));
  await pass(55);
  await cancel(late);
  await owner.compute.virtualMachines.delete('rg-back', 'one-back').submitted();
  await pass(300);
  expect(await jobOf(late)).toMatchObject({ status: 'Failed', errorDetails: [{ errorTitle: 'OperationPreempted' }] });
  await clear();
});

test('a machine that was lost comes back under its name, and its backup goes on', async () => {
  await owner.compute.virtualMachines.delete('rg-tiny-weu', 'one-01').submitted();
  await pass(120);
  const backup = () => owner.backup.backups.trigger(...ITEM, { properties: { objectType: 'IaasVMBackupRequest' } });
  const place = { targetVirtualMachineId: vmId('rg-tiny-weu', 'one-01'), targetResourceGroupId: `${groups}/rg-tiny-weu` };
  const restored = await post({ ...(await wanted('one-01')), ...place });
  await pass(200);
  expect(await jobOf(restored)).toMatchObject({ status: 'Completed' });
  expect(await simulator.control(mark('one-01'))).toBe('backed up');
  const before = await newestPoint();
  await backup();
  await pass(60 * 60);
  expect(await newestPoint()).not.toBe(before);
});
