import type { AzureOperation } from '../../engine/azure-operations.ts';

const SUBSCRIPTION = '/subscriptions/6f1c1b5e-0000-4000-8000-00000000a001';
export const VM = `${SUBSCRIPTION}/resourceGroups/rg-shop-weu/providers/Microsoft.Compute/virtualMachines/web-01`;
export const VAULT = `${SUBSCRIPTION}/resourceGroups/rg-dr-weu/providers/Microsoft.RecoveryServices/vaults/rsv-dr-weu`;
export const ITEM = `${VAULT}/replicationFabrics/fabric-a/replicationProtectionContainers/container-a/replicationProtectedItems/item1`;
export const NETWORK = `${SUBSCRIPTION}/resourceGroups/rg-dr-test/providers/Microsoft.Network/virtualNetworks/vnet-drill`;
const POINT = `${ITEM}/recoveryPoints/0f0f0f0f-0000-4000-8000-000000000001`;
const BACKUP_NAMES = ['IaasVMContainer;iaasvmcontainerv2;rg-shop-weu;web-01', 'VM;iaasvmcontainerv2;rg-shop-weu;web-01'] as const;
const BACKUP_PATH = (names: readonly string[]) =>
  `${VAULT}/backupFabrics/Azure/protectionContainers/${names[0]}/protectedItems/${names[1]}`;
const PLAN = `${VAULT}/replicationRecoveryPlans/rp-shop`;
const GROUP = `${SUBSCRIPTION}/resourceGroups/rg-shop-weu/providers`;
const DISK = `${GROUP}/Microsoft.Compute/disks/os`;
const NIC = `${GROUP}/Microsoft.Network/networkInterfaces/web-01-nic`;
const SECURITY_GROUP = `${GROUP}/Microsoft.Network/networkSecurityGroups/nsg`;
const ENDPOINT = `${GROUP}/Microsoft.Network/trafficManagerProfiles/tm/externalEndpoints/recovery`;
const COLLECTION = `${GROUP}/Microsoft.Compute/restorePointCollections/runward-web-01`;
const POINT_WORDS = { pointType: 'LatestProcessed', multiVmSync: true } as const;

/** What leaves for one operation; `version` is that of the API. */
export interface RequestRow {
  readonly operation: AzureOperation;
  readonly method: string;
  readonly path: string;
  readonly version: string;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The request of each operation, as the published API descriptions have it. */
export const REQUEST_ROWS: readonly RequestRow[] = [
  { operation: { kind: 'vm.start', vmId: VM }, method: 'POST', path: `${VM}/start`, version: '2026-04-01', body: undefined },
  { operation: { kind: 'vm.deallocate', vmId: VM }, method: 'POST', path: `${VM}/deallocate`, version: '2026-04-01', body: undefined },
  {
    operation: {
      kind: 'runCommand.put',
      vmId: VM,
      name: 'rw-key-1',
      location: 'westeurope',
      script: 'echo hi',
      parameters: { DB_HOST: 'db-01' },
      protectedParameters: { PASSWORD: 'secret-value' },
      timeoutMs: 90_500,
    },
    method: 'PUT',
    path: `${VM}/runCommands/rw-key-1`,
    version: '2026-04-01',
    body: {
      location: 'westeurope',
      properties: {
        source: { script: 'echo hi' },
        parameters: [{ name: 'DB_HOST', value: 'db-01' }],
        protectedParameters: [{ name: 'PASSWORD', value: 'secret-value' }],
        timeoutInSeconds: 91,
        asyncExecution: true,
        treatFailureAsDeploymentFailure: false,
      },
    },
  },
  {
    operation: { kind: 'runCommand.delete', vmId: VM, name: 'rw-key-1' },
    method: 'DELETE',
    path: `${VM}/runCommands/rw-key-1`,
    version: '2026-04-01',
    body: undefined,
  },
  {
    operation: { kind: 'backup.trigger', itemId: BACKUP_PATH(BACKUP_NAMES), expiresAtMs: Date.UTC(2026, 1, 4, 10, 4, 17) },
    method: 'POST',
    path: `${BACKUP_PATH(BACKUP_NAMES.map(encodeURIComponent))}/backup`,
    version: '2023-06-01',
    body: { properties: { objectType: 'IaasVMBackupRequest', recoveryPointExpiryTimeInUTC: '2026-02-04T10:04:17.000Z' } },
  },
  {
    operation: { kind: 'sr.testFailover', itemId: ITEM, networkId: NETWORK, recoveryPointId: POINT },
    method: 'POST',
    path: `${ITEM}/testFailover`,
    version: '2023-06-01',
    body: {
      properties: {
        failoverDirection: 'PrimaryToRecovery',
        networkType: 'VmNetworkAsInput',
        networkId: NETWORK,
        providerSpecificDetails: { instanceType: 'A2A', recoveryPointId: POINT },
      },
    },
  },
  {
    operation: { kind: 'sr.testFailover', itemId: ITEM, networkId: NETWORK },
    method: 'POST',
    path: `${ITEM}/testFailover`,
    version: '2023-06-01',
    body: {
      properties: {
        failoverDirection: 'PrimaryToRecovery',
        networkType: 'VmNetworkAsInput',
        networkId: NETWORK,
        providerSpecificDetails: { instanceType: 'A2A' },
      },
    },
  },
  {
    operation: { kind: 'sr.testFailoverCleanup', itemId: ITEM, comments: 'drill over' },
    method: 'POST',
    path: `${ITEM}/testFailoverCleanup`,
    version: '2023-06-01',
    body: { properties: { comments: 'drill over' } },
  },
  {
    operation: { kind: 'sr.plan.testFailover', planId: PLAN, direction: 'PrimaryToRecovery', networkId: NETWORK, ...POINT_WORDS },
    method: 'POST',
    path: `${PLAN}/testFailover`,
    version: '2023-06-01',
    body: {
      properties: {
        failoverDirection: 'PrimaryToRecovery',
        networkType: 'VmNetworkAsInput',
        networkId: NETWORK,
        providerSpecificDetails: [
          { instanceType: 'A2A', recoveryPointType: 'LatestProcessed', multiVmSyncPointOption: 'UseMultiVmSyncRecoveryPoint' },
        ],
      },
    },
  },
  {
    operation: { kind: 'sr.plan.testFailoverCleanup', planId: PLAN, comments: 'drill over' },
    method: 'POST',
    path: `${PLAN}/testFailoverCleanup`,
    version: '2023-06-01',
    body: { properties: { comments: 'drill over' } },
  },
  {
    operation: {
      kind: 'sr.plan.failover',
      planId: PLAN,
      direction: 'RecoveryToPrimary',
      shutdownPrimary: true,
      pointType: 'Latest',
      multiVmSync: false,
    },
    method: 'POST',
    path: `${PLAN}/unplannedFailover`,
    version: '2023-06-01',
    body: {
      properties: {
        failoverDirection: 'RecoveryToPrimary',
        sourceSiteOperations: 'Required',
        providerSpecificDetails: [{ instanceType: 'A2A', recoveryPointType: 'Latest', multiVmSyncPointOption: 'UsePerVmRecoveryPoint' }],
      },
    },
  },
  {
    operation: { kind: 'sr.plan.commit', planId: PLAN },
    method: 'POST',
    path: `${PLAN}/failoverCommit`,
    version: '2023-06-01',
    body: undefined,
  },
  {
    operation: {
      kind: 'sr.switchProtection',
      itemId: ITEM,
      containerId: '/containers/a',
      policyId: '/policies/p',
      resourceGroupId: '/groups/weu',
      disks: [{ diskId: '/disks/os', stagingAccountId: '/accounts/cache', replicaType: 'Premium_LRS', targetType: undefined }],
    },
    method: 'POST',
    path: `${ITEM.slice(0, ITEM.indexOf('/replicationProtectedItems'))}/switchprotection`,
    version: '2023-06-01',
    body: {
      properties: {
        replicationProtectedItemName: 'item1',
        providerSpecificDetails: {
          instanceType: 'A2A',
          recoveryContainerId: '/containers/a',
          policyId: '/policies/p',
          recoveryResourceGroupId: '/groups/weu',
          vmManagedDisks: [
            {
              diskId: '/disks/os',
              primaryStagingAzureStorageAccountId: '/accounts/cache',
              recoveryResourceGroupId: '/groups/weu',
              recoveryReplicaDiskAccountType: 'Premium_LRS',
            },
          ],
        },
      },
    },
  },
  { operation: { kind: 'vm.restart', vmId: VM }, method: 'POST', path: `${VM}/restart`, version: '2026-04-01', body: undefined },
  { operation: { kind: 'vm.delete', vmId: VM }, method: 'DELETE', path: VM, version: '2026-04-01', body: undefined },
  {
    operation: {
      kind: 'vm.create',
      vmId: `${VM}-copy`,
      location: 'westeurope',
      size: 'Standard_D2s_v5',
      os: 'linux',
      osDiskId: DISK,
      dataDisks: [{ lun: 3, diskId: `${DISK}-data` }],
      nicId: NIC,
      tags: { runward_step: 'k' },
    },
    method: 'PUT',
    path: `${VM}-copy`,
    version: '2026-04-01',
    headers: { 'if-none-match': '*' },
    body: {
      location: 'westeurope',
      tags: { runward_step: 'k' },
      properties: {
        hardwareProfile: { vmSize: 'Standard_D2s_v5' },
        storageProfile: {
          osDisk: { osType: 'Linux', createOption: 'Attach', managedDisk: { id: DISK }, deleteOption: 'Delete' },
          dataDisks: [{ lun: 3, createOption: 'Attach', managedDisk: { id: `${DISK}-data` }, deleteOption: 'Delete' }],
        },
        networkProfile: { networkInterfaces: [{ id: NIC, properties: { primary: true, deleteOption: 'Delete' } }] },
      },
    },
  },
  {
    operation: { kind: 'vm.swapDisks', vmId: VM, osDiskId: DISK, dataDisks: undefined },
    method: 'PATCH',
    path: VM,
    version: '2026-04-01',
    body: { properties: { storageProfile: { osDisk: { name: 'os', createOption: 'FromImage', managedDisk: { id: DISK } } } } },
  },
  {
    operation: {
      kind: 'vm.installPatches',
      vmId: VM,
      os: 'linux',
      classifications: ['Security'],
      exclude: ['kernel*'],
      reboot: 'IfRequired',
      maximumDurationMs: 90_500,
    },
    method: 'POST',
    path: `${VM}/installPatches`,
    version: '2026-04-01',
    body: {
      maximumDuration: 'PT2M',
      rebootSetting: 'IfRequired',
      linuxParameters: { classificationsToInclude: ['Security'], packageNameMasksToExclude: ['kernel*'] },
    },
  },
  {
    operation: { kind: 'disk.create', diskId: DISK, location: 'westeurope', sourceId: '/points/os', tags: { runward_step: 'k' } },
    method: 'PUT',
    path: DISK,
    version: '2026-03-02',
    body: {
      location: 'westeurope',
      tags: { runward_step: 'k' },
      properties: { creationData: { createOption: 'Restore', sourceResourceId: '/points/os' } },
    },
  },
  {
    operation: { kind: 'disk.tag', diskId: DISK, tags: { runward_step: 'k' } },
    method: 'PATCH',
    path: DISK,
    version: '2026-03-02',
    body: { tags: { runward_step: 'k' } },
  },
  { operation: { kind: 'disk.delete', diskId: DISK }, method: 'DELETE', path: DISK, version: '2026-03-02', body: undefined },
  {
    operation: { kind: 'nic.create', nicId: NIC, location: 'westeurope', subnetId: `${NETWORK}/subnets/a`, tags: {} },
    method: 'PUT',
    path: NIC,
    version: '2024-05-01',
    body: {
      location: 'westeurope',
      tags: {},
      properties: {
        ipConfigurations: [
          {
            name: 'ipconfig1',
            properties: { primary: true, privateIPAllocationMethod: 'Dynamic', subnet: { id: `${NETWORK}/subnets/a` } },
          },
        ],
      },
    },
  },
  { operation: { kind: 'nic.delete', nicId: NIC }, method: 'DELETE', path: NIC, version: '2024-05-01', body: undefined },
  {
    operation: {
      kind: 'nsg.setRules',
      securityGroupId: SECURITY_GROUP,
      etag: 'W/"1"',
      location: 'westeurope',
      tags: {},
      rules: [{ name: 'web', properties: { priority: 100 } }],
    },
    method: 'PUT',
    path: SECURITY_GROUP,
    version: '2024-05-01',
    headers: { 'if-match': 'W/"1"' },
    body: { location: 'westeurope', tags: {}, properties: { securityRules: [{ name: 'web', properties: { priority: 100 } }] } },
  },
  {
    operation: { kind: 'trafficManager.setEndpoint', endpointId: ENDPOINT, status: 'Disabled' },
    method: 'PATCH',
    path: ENDPOINT,
    version: '2022-04-01',
    body: { properties: { endpointStatus: 'Disabled' } },
  },
  {
    operation: { kind: 'restorePoints.create', collectionId: COLLECTION, vmId: VM, location: 'westeurope' },
    method: 'PUT',
    path: COLLECTION,
    version: '2026-04-01',
    body: { location: 'westeurope', properties: { source: { id: VM } } },
  },
  {
    operation: { kind: 'restorePoints.create', collectionId: COLLECTION, vmId: VM, location: 'westeurope', tags: { a: 'b' } },
    method: 'PUT',
    path: COLLECTION,
    version: '2026-04-01',
    body: { location: 'westeurope', tags: { a: 'b' }, properties: { source: { id: VM } } },
  },
  {
    operation: { kind: 'restorePoint.delete', pointId: `${COLLECTION}/restorePoints/p` },
    method: 'DELETE',
    path: `${COLLECTION}/restorePoints/p`,
    version: '2026-04-01',
    body: undefined,
  },
  {
    operation: { kind: 'restorePoint.create', pointId: `${COLLECTION}/restorePoints/p`, consistency: 'CrashConsistent' },
    method: 'PUT',
    path: `${COLLECTION}/restorePoints/p`,
    version: '2026-04-01',
    body: { properties: { consistencyMode: 'CrashConsistent' } },
  },
  {
    operation: {
      kind: 'backup.restoreDisks',
      itemId: BACKUP_PATH(BACKUP_NAMES),
      pointId: `${BACKUP_PATH(BACKUP_NAMES)}/recoveryPoints/42`,
      sourceVmId: VM,
      targetGroupId: '/groups/restore',
      stagingAccountId: '/accounts/staging',
      region: 'westeurope',
    },
    method: 'POST',
    path: `${BACKUP_PATH(BACKUP_NAMES.map(encodeURIComponent))}/recoveryPoints/42/restore`,
    version: '2023-06-01',
    body: {
      properties: {
        objectType: 'IaasVMRestoreRequest',
        recoveryPointId: '42',
        recoveryType: 'RestoreDisks',
        sourceResourceId: VM,
        targetResourceGroupId: '/groups/restore',
        storageAccountId: '/accounts/staging',
        region: 'westeurope',
        createNewCloudService: false,
        originalStorageAccountOption: false,
        restoreWithManagedDisks: true,
      },
    },
  },
];

/** Every kind of operation, so that one without a row does not compile. */
const KINDS = {
  'backup.restoreDisks': true,
  'backup.trigger': true,
  'disk.create': true,
  'disk.delete': true,
  'disk.tag': true,
  'nic.create': true,
  'nic.delete': true,
  'nsg.setRules': true,
  'restorePoint.create': true,
  'restorePoint.delete': true,
  'restorePoints.create': true,
  'runCommand.delete': true,
  'runCommand.put': true,
  'sr.plan.commit': true,
  'sr.plan.failover': true,
  'sr.plan.testFailover': true,
  'sr.plan.testFailoverCleanup': true,
  'sr.switchProtection': true,
  'sr.testFailover': true,
  'sr.testFailoverCleanup': true,
  'trafficManager.setEndpoint': true,
  'vm.create': true,
  'vm.deallocate': true,
  'vm.delete': true,
  'vm.installPatches': true,
  'vm.restart': true,
  'vm.start': true,
  'vm.swapDisks': true,
} as const satisfies Record<AzureOperation['kind'], true>;

export const OPERATION_KINDS = Object.keys(KINDS);
