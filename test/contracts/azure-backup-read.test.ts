import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AzureServer } from './azure-server.ts';
import { startAzureServer } from './azure-server.ts';

const SUBSCRIPTION = '/subscriptions/6f1c1b5e-0000-4000-8000-00000000a001';
const VM = `${SUBSCRIPTION}/resourceGroups/rg-shop-weu/providers/Microsoft.Compute/virtualMachines/web-01`;
const VAULT = `${SUBSCRIPTION}/resourceGroups/rg-shop-weu/providers/Microsoft.RecoveryServices/vaults/rsv-backup-weu`;
const REST = 'iaasvmcontainerv2;rg-shop-weu;web-01';
const ITEM = `${VAULT}/backupFabrics/Azure/protectionContainers/IaasVMContainer;${REST}/protectedItems/VM;${REST}`;
const signal = new AbortController().signal;

let server: AzureServer;
beforeAll(async () => {
  server = await startAzureServer();
});
afterAll(() => server.close());

function once(body: unknown): ReturnType<AzureServer['connect']> {
  server.answer(() => ({ status: 200, body }));
  return server.connect();
}

function job(properties: Readonly<Record<string, unknown>>): unknown {
  return { id: `${VAULT}/backupJobs/j1`, name: 'j1', properties: { jobType: 'AzureIaaSVMJob', operation: 'Backup', ...properties } };
}

test('whether a machine is protected is asked by POST, which only this read may use', async () => {
  const protectedBy = {
    protectionStatus: 'Protected',
    vaultId: VAULT,
    fabricName: 'Azure',
    containerName: `IaasVMContainer;${REST}`,
    protectedItemName: `VM;${REST}`,
    policyName: 'daily-30d',
  };
  const answer = await once(protectedBy).read({ kind: 'backup.status', vmId: VM, location: 'westeurope' }, signal);
  expect(answer).toMatchObject({ kind: 'found', value: { itemId: ITEM, policyName: 'daily-30d' } });
  expect(server.seen.map(({ method }) => method)).toEqual(['POST']);
  expect(JSON.parse(server.seen[0]?.body ?? '')).toEqual({ resourceType: 'VM', resourceId: VM });
  const none = await once({ protectionStatus: 'NotProtected' }).read({ kind: 'backup.status', vmId: VM, location: 'westeurope' }, signal);
  expect(none).toMatchObject({ kind: 'found', value: { itemId: undefined } });
});

test.each([
  ['6/12/2022 10:07:00 AM', Date.UTC(2022, 5, 12, 10, 7)],
  ['12/1/2022 12:30:05 PM', Date.UTC(2022, 11, 1, 12, 30, 5)],
  ['6/12/2022 12:00:00 AM', Date.UTC(2022, 5, 12)],
  ['soon', undefined],
])('AZ-38: the expiry %s of a job is read as UTC on a clock of twelve hours', async (text, atMs) => {
  // Some names in this bag end with a blank.
  const extendedInfo = { propertyBag: { 'Recovery Point Expiry Time in UTC ': text } };
  const azure = once(job({ status: 'InProgress', startTime: '2022-05-13T10:09:27.2801342Z', activityId: 'C48BC0A8', extendedInfo }));
  const read = await azure.read({ kind: 'backup.job', jobId: `${VAULT}/backupJobs/j1` }, signal);
  expect(read).toMatchObject({ kind: 'found', value: { clientRequestId: 'c48bc0a8', status: 'InProgress', expiresAtMs: atMs } });
});

test('jobs are listed from a time on, in the words of the filter', async () => {
  const azure = once({ value: [job({ status: 'Completed', containerName: REST, startTime: '2026-01-05T10:09:27Z' })] });
  const read = await azure.read({ kind: 'backup.jobs', vaultId: VAULT, sinceMs: Date.UTC(2026, 0, 5, 22, 5, 9) }, signal);
  expect(read).toMatchObject({ kind: 'found', value: [{ id: `${VAULT}/backupJobs/j1`, containerName: REST }] });
  const filter = server.seen[0]?.query.get('$filter');
  expect(filter).toMatch(
    /^startTime eq '2026-01-05 10:05:09 PM' and endTime eq '\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [AP]M' and operation eq 'Backup' /,
  );
});

test('recovery points are those since the time, newest first, with the places that they can be restored from', async () => {
  const point = (name: string, recoveryPointTime: string) => ({
    id: `${ITEM}/recoveryPoints/${name}`,
    properties: {
      objectType: 'IaasVMRecoveryPoint',
      recoveryPointType: 'AppConsistent',
      recoveryPointTime,
      recoveryPointTierDetails: [
        { type: 'InstantRP', status: 'Valid' },
        { type: 'HardenedRP', status: 'Deleted' },
      ],
    },
  });
  const value = [point('old', '2026-01-04T09:00:00Z'), point('first', '2026-01-05T09:00:00Z'), point('last', '2026-01-05T10:00:00Z')];
  const read = await once({ value }).read({ kind: 'backup.points', itemId: ITEM, sinceMs: Date.UTC(2026, 0, 5) }, signal);
  const points = read.kind === 'found' ? read.value : [];
  expect(points.map(({ id, tiers }) => [id.split('/').at(-1), tiers])).toEqual([
    ['last', ['InstantRP']],
    ['first', ['InstantRP']],
  ]);
});

test('AZ-42: an item that is kept after its deletion says so', async () => {
  const properties = { protectedItemType: 'Microsoft.Compute/virtualMachines', protectionState: 'ProtectionStopped' };
  const read = (more: object) =>
    once({ id: ITEM, properties: { ...properties, ...more } }).read({ kind: 'backup.item', itemId: ITEM }, signal);
  expect(await read({ isScheduledForDeferredDelete: true })).toMatchObject({ kind: 'found', value: { protectionState: 'SoftDeleted' } });
  expect(await read({})).toMatchObject({ kind: 'found', value: { protectionState: 'ProtectionStopped' } });
});

test('AZ-23: an operation of Backup that has succeeded names its job, and nothing else does', async () => {
  const handle = { opUrl: `${server.origin}/operations/1` };
  const properties = { objectType: 'OperationStatusJobExtendedInfo', jobId: 'j1' };
  expect(await once({ status: 'Succeeded', properties }).poll(handle, signal)).toEqual({ kind: 'succeeded', jobName: 'j1' });
  expect(await once({ status: 'Succeeded', properties: null }).poll(handle, signal)).toEqual({ kind: 'succeeded' });
});

test('the operation URL of a backup is not taken for a job of Site Recovery', async () => {
  const location = `${server.origin}${ITEM}/operationResults/0f0f?api-version=2023-06-01`;
  server.answer(() => ({ status: 202, headers: { location } }));
  const operation = { kind: 'backup.trigger', itemId: ITEM, expiresAtMs: Date.UTC(2026, 1, 4) } as const;
  const answer = await server.connect().submit(operation, '11111111-2222-5333-8444-555555555555', signal);
  expect(answer).toMatchObject({ kind: 'accepted', handle: { opUrl: location } });
  expect(answer.kind === 'accepted' && 'jobId' in answer.handle).toBe(false);
});
