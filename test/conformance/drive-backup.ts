import type { RunningSimulator } from '../support/simulator.ts';
import type { Capture } from './capture.ts';
import { call, collect, type Driven, refused } from './calls.ts';

const VAULT = ['rsv-backup-weu', 'rg-shop-weu'] as const;
const REST = 'iaasvmcontainerv2;rg-shop-weu;web-01';
const ITEM = [...VAULT, 'Azure', `IaasVMContainer;${REST}`, `VM;${REST}`] as const;

/** Drives the served operations of Azure Backup: a backup from its request to its recovery point, and what is not there. */
export async function driveBackup(capture: Capture, driven: Driven, simulator: RunningSimulator): Promise<void> {
  const { backupStatus, protectedItems, recoveryPoints, backups, backupJobs, jobDetails } = capture.azure.backup;
  const machines = `/subscriptions/${simulator.ready.subscriptionId}/resourceGroups/rg-shop-weu/providers/Microsoft.Compute/virtualMachines`;
  const status = (name: string) =>
    call(capture, driven, 'BackupStatus_Get', () =>
      backupStatus.get('westeurope', { resourceType: 'VM', resourceId: `${machines}/${name}` }),
    );
  await status('web-01');
  await status('jump-01');
  await call(capture, driven, 'ProtectedItems_Get', () => protectedItems.get(...ITEM));
  const { backupProtectedItems } = capture.azure.backup;
  await collect(backupProtectedItems.list(...VAULT, { filter: "backupManagementType eq 'AzureIaasVM'" }));
  await refused(() => collect(backupProtectedItems.list(...VAULT, { filter: 'nonsense' })));
  const expiry = new Date(Date.now() + 7 * 86_400_000);
  const request = { properties: { objectType: 'IaasVMBackupRequest' as const, recoveryPointExpiryTimeInUTC: expiry } };
  await backups.trigger(...ITEM, request);
  const accepted = capture.exchanges.findLast((exchange) => exchange.method === 'POST');
  const url = (name: string): string => accepted?.headers[name] ?? '';
  await capture.raw('GET', url('azure-asyncoperation'));
  await capture.raw('GET', url('location'));
  await refused(() => backups.trigger(...ITEM, request));
  let jobName = '';
  await simulator.until(async () => {
    const answer = JSON.parse((await capture.raw('GET', url('azure-asyncoperation'))).text) as {
      readonly properties?: { readonly jobId?: string };
    };
    jobName = answer.properties?.jobId ?? '';
    return jobName !== '';
  });
  await capture.raw('GET', url('location'));
  const job = () => call(capture, driven, 'JobDetails_Get', () => jobDetails.get(...VAULT, jobName));
  await job();
  await simulator.until(async () => (await job()).properties?.status === 'Completed');
  await simulator.until(async () => (await collect(backupJobs.list(...VAULT))).some((each) => each.name === jobName));
  await collect(backupJobs.list(...VAULT, { filter: "operation eq 'Backup' and status eq 'Completed'" }));
  const points = await collect(recoveryPoints.list(...ITEM));
  const point = points[0]?.name ?? '';
  await call(capture, driven, 'RecoveryPoints_Get', () => recoveryPoints.get(...ITEM, point));
  await refused(() => recoveryPoints.get(...ITEM, '1'));
  await driveRestores(capture, driven, { simulator, point });
  await refused(() => protectedItems.get(...VAULT, 'Azure', `IaasVMContainer;${REST}`, 'VM;nobody'));
  await refused(() => jobDetails.get(...VAULT, 'nobody'));
  await refused(() => collect(backupJobs.list(...VAULT, { filter: "startTime eq 'yesterday'" })));
}

/** Restores the disks of a point, and the machine to another place; and asks for a machine whose name is taken. */
async function driveRestores(
  capture: Capture,
  driven: Driven,
  { simulator, point }: { readonly simulator: RunningSimulator; readonly point: string },
): Promise<void> {
  const { restores, backupJobs, jobDetails, protectedItemOperationStatuses, protectedItemOperationResults } = capture.azure.backup;
  const groups = `/subscriptions/${simulator.ready.subscriptionId}/resourceGroups`;
  const machines = (group: string): string => `${groups}/${group}/providers/Microsoft.Compute/virtualMachines`;
  const network = `${groups}/rg-restore-test/providers/Microsoft.Network/virtualNetworks/vnet-island`;
  const common = {
    objectType: 'IaasVMRestoreRequest' as const,
    recoveryPointId: point,
    sourceResourceId: `${machines('rg-shop-weu')}/web-01`,
    targetResourceGroupId: `${groups}/rg-restore-test`,
    storageAccountId: `${groups}/rg-shop-weu/providers/Microsoft.Storage/storageAccounts/ststagingwe`,
    region: 'westeurope',
    createNewCloudService: false,
    originalStorageAccountOption: false,
  };
  const place = { virtualNetworkId: network, subnetId: `${network}/subnets/default` };
  const elsewhere = {
    ...common,
    ...place,
    recoveryType: 'AlternateLocation',
    targetVirtualMachineId: `${machines('rg-restore-test')}/web-01-back`,
    encryptionDetails: { encryptionEnabled: false },
    identityInfo: { isSystemAssignedIdentity: true },
  };
  for (const properties of [{ ...common, recoveryType: 'RestoreDisks', restoreWithManagedDisks: true }, elsewhere]) {
    await restores.beginTrigger(...ITEM, point, { properties });
    const accepted = capture.exchanges.findLast(({ method, status }) => method === 'POST' && status === 202)?.headers ?? {};
    const name = /operationsStatus\/([^?]+)/.exec(accepted['azure-asyncoperation'] ?? '')?.[1] ?? '';
    await call(capture, driven, 'ProtectedItemOperationStatuses_Get', () => protectedItemOperationStatuses.get(...ITEM, name));
    await protectedItemOperationResults.get(...ITEM, name);
    const job = () => call(capture, driven, 'JobDetails_Get', () => jobDetails.get(...VAULT, name));
    await job();
    await simulator.until(async () => (await job()).properties?.status === 'Completed');
    await protectedItemOperationResults.get(...ITEM, name);
  }
  await collect(backupJobs.list(...VAULT, { filter: "operation eq 'Restore' and status eq 'Completed'" }));
  await call(capture, driven, 'VirtualMachines_Get', () => capture.azure.compute.virtualMachines.get('rg-restore-test', 'web-01-back'));
  await refused(() => restores.beginTrigger(...ITEM, point, { properties: elsewhere }));
  await refused(() => restores.beginTrigger(...ITEM, 'nobody', { properties: { ...elsewhere, recoveryPointId: 'nobody' } }));
}
