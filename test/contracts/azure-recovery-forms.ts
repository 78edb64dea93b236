import { expect } from 'vitest';
import type { ReadForm } from './azure-read-form.ts';
import { BACKUP_ITEM, DISK, GROUP, HERE, ITEM, STAGING, THERE, VAULTS, VM, found, gets, shouted } from './azure-read-form.ts';

const A2A = {
  instanceType: 'A2A',
  fabricObjectId: VM,
  recoveryFabricLocation: 'northeurope',
  protectedManagedDisks: [
    { recoveryTargetDiskId: DISK, recoveryReplicaDiskAccountType: null, recoveryTargetDiskAccountType: 'Premium_LRS' },
  ],
};
const item = (details: object): object => ({
  id: ITEM,
  properties: { allowedOperations: [], recoveryContainerId: shouted(THERE), providerSpecificDetails: { ...A2A, ...details } },
});
const mapping = (from: string, to: string | null, policyId: string): object => ({
  id: `${from}/replicationProtectionContainerMappings/${policyId.split('/').at(-1) ?? ''}`,
  properties: { targetProtectionContainerId: to, policyId },
});
const POLICY = `${VAULTS}/rsv-dr/replicationPolicies/p1`;
export const RECOVERY_FORMS: readonly ReadForm[] = [
  {
    query: { kind: 'sr.reversed', itemId: ITEM },
    requests: [gets(ITEM, '2023-06-01'), gets(`${VAULTS}/rsv-dr/replicationProtectionContainerMappings`, '2023-06-01')],
    readings: [
      {
        name: 'AZ-17 AZ-39: the mapping back, on whichever page and in whatever spelling',
        bodies: [
          item({}),
          { value: [mapping(HERE, THERE, 'forth'), mapping(THERE, null, 'half')], nextLink: 'ORIGIN/next?page=2' },
          { value: [mapping(THERE, shouted(HERE), POLICY)] },
        ],
        answer: found({
          containerId: HERE,
          policyId: POLICY,
          resourceGroupId: GROUP,
          disks: [{ diskId: DISK, stagingAccountId: STAGING, replicaType: undefined, targetType: 'Premium_LRS' }],
        }),
      },
      {
        name: 'no mapping leads back',
        bodies: [item({}), { value: [mapping(HERE, THERE, 'forth')] }],
        answer: { kind: 'invalid', message: expect.stringContaining('no container mapping') },
      },
      {
        name: 'the settings know no cache there',
        bodies: [item({ recoveryFabricLocation: 'uksouth' }), { value: [mapping(THERE, HERE, POLICY)] }],
        answer: { kind: 'invalid', message: expect.stringContaining('uksouth') },
      },
      {
        name: 'the disks are not told',
        bodies: [item({ protectedManagedDisks: null }), { value: [mapping(THERE, HERE, POLICY)] }],
        answer: { kind: 'invalid', message: expect.stringContaining('disks') },
      },
    ],
  },
  {
    query: { kind: 'backup.item', itemId: BACKUP_ITEM },
    requests: [gets(BACKUP_ITEM, '2023-06-01')],
    readings: [
      {
        name: 'an item',
        bodies: [
          {
            id: BACKUP_ITEM,
            properties: {
              protectedItemType: 'Microsoft.Compute/virtualMachines',
              virtualMachineId: VM,
              protectionState: 'Protected',
              lastBackupStatus: 'Completed',
              lastBackupTime: '2026-01-05T09:00:00Z',
              lastRecoveryPoint: '2026-01-05T09:01:00Z',
              policyId: POLICY,
            },
          },
        ],
        answer: found({
          id: BACKUP_ITEM,
          vmId: VM,
          protectionState: 'Protected',
          lastBackupStatus: 'Completed',
          lastBackupAtMs: Date.UTC(2026, 0, 5, 9),
          lastRecoveryPointAtMs: Date.UTC(2026, 0, 5, 9, 1),
          policyId: POLICY,
        }),
      },
      {
        name: 'AZ-16 AZ-17: never backed up, of another type, in a state nobody knows',
        bodies: [
          {
            id: shouted(BACKUP_ITEM),
            properties: {
              protectedItemType: 'AzureIaaSVMProtectedItem2',
              virtualMachineId: null,
              sourceResourceId: VM,
              protectionState: 'Hovering',
              lastBackupStatus: '',
              lastBackupTime: '0001-01-01T00:00:00',
              lastRecoveryPoint: null,
            },
          },
        ],
        answer: found({
          id: shouted(BACKUP_ITEM),
          vmId: VM,
          protectionState: 'Hovering',
          lastBackupStatus: undefined,
          lastBackupAtMs: undefined,
          lastRecoveryPointAtMs: undefined,
          policyId: undefined,
        }),
      },
    ],
  },
  {
    query: { kind: 'backup.source', pointId: `${BACKUP_ITEM}/recoveryPoints/p1`, region: 'WestEurope' },
    requests: [gets(`${BACKUP_ITEM}/recoveryPoints/p1`, '2023-06-01')],
    readings: [
      {
        name: 'where it can be restored from, and over which account',
        bodies: [
          {
            id: `${BACKUP_ITEM}/recoveryPoints/p1`,
            properties: {
              objectType: 'IaasVMRecoveryPoint',
              recoveryPointTime: '2026-01-05T09:00:00Z',
              recoveryPointTierDetails: [
                { type: 'InstantRP', status: 'VALID' },
                { type: 'HardenedRP', status: 'Deleted' },
                { type: 'MoonRP', status: 'Valid' },
                { type: null, status: 'Valid' },
              ],
            },
          },
        ],
        answer: found({ tiers: ['InstantRP', 'MoonRP'], atMs: Date.UTC(2026, 0, 5, 9), stagingAccountId: STAGING }),
      },
      {
        name: 'without a tier it can be restored from nowhere',
        bodies: [
          {
            properties: { objectType: 'IaasVMRecoveryPoint', recoveryPointTime: '2026-01-05T09:00:00Z', recoveryPointTierDetails: null },
          },
        ],
        answer: { value: { tiers: [] } },
      },
      {
        name: 'without its time it is no point',
        bodies: [{ properties: { objectType: 'IaasVMRecoveryPoint', recoveryPointTime: null } }],
        answer: { kind: 'unanswered' },
      },
    ],
  },
  {
    query: { kind: 'backup.restores', vaultId: `${VAULTS}/rsv-backup`, sinceMs: Date.UTC(2026, 0, 5, 22, 5, 9) },
    requests: [
      gets(`${VAULTS}/rsv-backup/backupJobs`, '2023-06-01', {
        $filter:
          /^startTime eq '2026-01-05 10:05:09 PM' and endTime eq '\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [AP]M' and operation eq 'Restore' and backupManagementType eq 'AzureIaasVM'$/,
      }),
    ],
    readings: [
      {
        name: 'AZ-39: newest first, over two pages and without doubles',
        bodies: [
          { value: [job('j1', { startTime: '2026-01-05T23:00:00Z', status: 'Completed' })], nextLink: 'ORIGIN/next?page=2' },
          {
            value: [
              job('J1', { startTime: '2026-01-05T23:00:00Z', status: 'Completed' }),
              job('j2', { startTime: '2026-01-05T23:30:00Z', status: 'Pondering' }),
            ],
          },
          { value: [job('j3', { startTime: null, status: null })], nextLink: null },
        ],
        answer: {
          value: [
            expect.objectContaining({ id: `${VAULTS}/rsv-backup/backupJobs/j3`, status: 'Unknown', startedAtMs: undefined }),
            expect.objectContaining({ id: `${VAULTS}/rsv-backup/backupJobs/j2`, operation: 'Restore', status: 'Pondering' }),
            expect.objectContaining({ startedAtMs: Date.UTC(2026, 0, 5, 23), status: 'Completed' }),
          ],
        },
      },
      { name: 'none', bodies: [{ value: [] }], answer: found([]) },
    ],
  },
];

function job(name: string, properties: object): object {
  return {
    id: `${VAULTS}/rsv-backup/backupJobs/${name}`,
    properties: { jobType: 'AzureIaaSVMJob', operation: 'Restore', ...properties },
  };
}
