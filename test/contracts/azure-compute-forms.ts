import { expect } from 'vitest';
import type { ReadForm } from './azure-read-form.ts';
import { COLLECTION, COMPUTE, DISK, GROUP, POINT, SUBSCRIPTION, SUBSCRIPTION_ID, VM, found, gets, shouted } from './azure-read-form.ts';

const DISK_READ = {
  id: DISK,
  name: 'web-01-os',
  provisioningState: 'Succeeded',
  sizeGb: 32,
  isOs: true,
  ownerId: VM,
  createdAtMs: Date.UTC(2026, 0, 5, 9, 0, 0, 123),
  tags: { runward_step: 'k1' },
};
const DISK_TOLD = {
  id: DISK,
  name: 'web-01-os',
  managedBy: VM,
  tags: { runward_step: 'k1' },
  properties: { provisioningState: 'Succeeded', diskSizeGB: 32, osType: 'Linux', timeCreated: '2026-01-05T09:00:00.1234567+00:00' },
};
const DISK_BARE = { id: shouted(DISK), managedBy: null, tags: null, properties: { osType: null, diskSizeGB: null, timeCreated: null } };
const DISK_BARE_READ = {
  id: shouted(DISK),
  name: 'WEB-01-OS',
  provisioningState: undefined,
  sizeGb: undefined,
  isOs: false,
  ownerId: undefined,
  createdAtMs: undefined,
  tags: {},
};

export const COMPUTE_FORMS: readonly ReadForm[] = [
  {
    query: { kind: 'disk.get', diskId: DISK },
    requests: [gets(DISK, '2026-03-02')],
    readings: [
      { name: 'a disk', bodies: [DISK_TOLD], answer: found(DISK_READ) },
      { name: 'AZ-17: nulls are absent, and the id keeps its spelling', bodies: [DISK_BARE], answer: found(DISK_BARE_READ) },
    ],
  },
  {
    query: { kind: 'disk.list', groupId: GROUP },
    requests: [gets(`${COMPUTE}/disks`, '2026-03-02')],
    readings: [
      { name: 'a list', bodies: [{ value: [DISK_TOLD] }], answer: found([DISK_READ]) },
      {
        name: 'AZ-39: a further page',
        bodies: [
          { value: [DISK_TOLD], nextLink: 'ORIGIN/next?page=2' },
          { value: [{ ...DISK_BARE, id: `${DISK}-2` }], nextLink: null },
        ],
        answer: found([DISK_READ, { ...DISK_BARE_READ, id: `${DISK}-2`, name: 'web-01-os-2' }]),
      },
      {
        name: 'AZ-39: a disk on two pages counts once, and the list is read once more for the one on none',
        bodies: [
          { value: [DISK_TOLD], nextLink: 'ORIGIN/next?page=2' },
          { value: [{ ...DISK_TOLD, id: shouted(DISK) }] },
          { value: [DISK_TOLD, { ...DISK_BARE, id: `${DISK}-2` }] },
        ],
        answer: found([DISK_READ, { ...DISK_BARE_READ, id: `${DISK}-2`, name: 'web-01-os-2' }]),
      },
      { name: 'an empty list', bodies: [{ value: [] }], answer: found([]) },
    ],
  },
  {
    query: { kind: 'vm.list', subscription: SUBSCRIPTION_ID },
    requests: [
      gets(`${SUBSCRIPTION}/providers/Microsoft.Compute/virtualMachines`, '2026-04-01'),
      gets(`${SUBSCRIPTION}/providers/Microsoft.Compute/virtualMachines`, '2026-04-01', { statusOnly: 'true' }),
    ],
    readings: [
      {
        name: 'AZ-17: states of the second list belong to machines whatever the spelling; what is null is absent',
        bodies: [
          { value: [{ id: VM, name: 'web-01', location: 'westeurope', tags: null, zones: null, properties: { vmId: null } }] },
          { value: [{ id: shouted(VM), properties: { instanceView: { statuses: [{ code: 'powerstate/Hibernating' }] } } }] },
        ],
        answer: {
          value: [expect.objectContaining({ id: VM, name: 'web-01', vmId: undefined, powerState: 'Hibernating', tags: {}, disks: [] })],
        },
      },
    ],
  },
  {
    query: { kind: 'restorePoint.get', pointId: POINT },
    requests: [gets(POINT, '2026-04-01')],
    readings: [
      {
        name: 'a point with those of its disks',
        bodies: [
          {
            id: POINT,
            properties: {
              provisioningState: 'Succeeded',
              consistencyMode: 'CrashConsistent',
              timeCreated: '2026-01-05T09:00:00Z',
              sourceMetadata: {
                storageProfile: {
                  osDisk: { name: 'os', managedDisk: { id: DISK }, diskRestorePoint: { id: `${POINT}/diskRestorePoints/os` } },
                  dataDisks: [
                    { lun: 2, name: 'd', managedDisk: { id: `${DISK}-d` }, diskRestorePoint: { id: `${POINT}/diskRestorePoints/d` } },
                    { lun: 3, name: 'excluded', managedDisk: { id: `${DISK}-x` }, diskRestorePoint: null },
                  ],
                },
              },
            },
          },
        ],
        answer: found({
          id: POINT,
          provisioningState: 'Succeeded',
          createdAtMs: Date.UTC(2026, 0, 5, 9),
          consistency: 'CrashConsistent',
          disks: [
            { diskId: DISK, name: 'os', lun: undefined, sourceId: `${POINT}/diskRestorePoints/os` },
            { diskId: `${DISK}-d`, name: 'd', lun: 2, sourceId: `${POINT}/diskRestorePoints/d` },
          ],
        }),
      },
      {
        name: 'AZ-17: one that has just begun, with a consistency of a word nobody knows',
        bodies: [
          {
            id: shouted(POINT),
            properties: { provisioningState: 'Creating', consistencyMode: 'Quantum', timeCreated: null, sourceMetadata: null },
          },
        ],
        answer: found({
          id: shouted(POINT),
          provisioningState: 'Creating',
          createdAtMs: undefined,
          consistency: 'Quantum',
          disks: [],
        }),
      },
    ],
  },
  {
    query: { kind: 'restorePoints.get', collectionId: COLLECTION },
    requests: [gets(COLLECTION, '2026-04-01')],
    readings: [
      {
        name: 'a collection',
        bodies: [{ id: COLLECTION, name: 'rpc-web-01', location: 'westeurope', tags: { by: 'runward' }, properties: {} }],
        answer: found({ id: COLLECTION, tags: { by: 'runward' } }),
      },
      {
        name: 'AZ-17: without tags',
        bodies: [{ id: shouted(COLLECTION), location: 'westeurope', tags: null, properties: { source: null } }],
        answer: found({ id: shouted(COLLECTION), tags: {} }),
      },
    ],
  },
];
