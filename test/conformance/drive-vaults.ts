import { isShown } from '../support/shown.ts';
import type { RunningSimulator } from '../support/simulator.ts';
import type { Capture } from './capture.ts';
import { call, collect, type Driven, refused } from './calls.ts';

const VAULT = ['rsv-backup-weu', 'rg-shop-weu'] as const;
const itemOf = (name: string) =>
  [...VAULT, 'Azure', `IaasVMContainer;iaasvmcontainerv2;rg-shop-weu;${name}`, `VM;iaasvmcontainerv2;rg-shop-weu;${name}`] as const;
const JUMP = itemOf('jump-01');
const MACHINES = "backupManagementType eq 'AzureIaasVM'";

/** Drives vaults, what they could protect, and a machine from its protection to its deletion. */
export async function driveVaultItems(capture: Capture, driven: Driven, simulator: RunningSimulator): Promise<void> {
  await driveVaults(capture, driven);
  await driveInventory(capture, driven, simulator);
  await driveItem(capture, driven, simulator);
  await driveCancel(capture, driven, simulator);
}

async function driveVaults(capture: Capture, driven: Driven): Promise<void> {
  const { vaults, usages, replicationUsages } = capture.vaults;
  const [group, name] = ['rg-dr-weu', 'rsv-dr-weu'];
  await collect(vaults.listBySubscriptionId());
  await collect(vaults.listByResourceGroup(group));
  await call(capture, driven, 'Vaults_Get', () => vaults.get(group, name));
  await refused(() => vaults.get(group, 'nobody'));
  await collect(usages.listByVaults(group, name));
  await refused(() => collect(usages.listByVaults(group, 'nobody')));
  await collect(replicationUsages.list(group, name));
  await refused(() => collect(replicationUsages.list(group, 'nobody')));
}

async function driveInventory(capture: Capture, driven: Driven, simulator: RunningSimulator): Promise<void> {
  const { backup } = capture.azure;
  await collect(backup.backupPolicies.list(...VAULT, { filter: MACHINES }));
  await refused(() => collect(backup.backupPolicies.list(...VAULT, { filter: 'nonsense' })));
  await call(capture, driven, 'ProtectionPolicies_Get', () => backup.protectionPolicies.get(...VAULT, 'daily-30d'));
  await refused(() => backup.protectionPolicies.get(...VAULT, 'nobody'));
  await collect(backup.backupProtectableItems.list(...VAULT, { filter: MACHINES }));
  await refused(() => collect(backup.backupProtectableItems.list(...VAULT)));
  await collect(backup.backupProtectionContainers.list(...VAULT, { filter: `${MACHINES} and status eq 'Registered'` }));
  await refused(() => collect(backup.backupProtectionContainers.list(...VAULT)));
  await collect(backup.backupUsageSummaries.list(...VAULT, { filter: "type eq 'BackupProtectedItemCountSummary'" }));
  await collect(backup.backupUsageSummaries.list(...VAULT, { filter: "type eq 'BackupProtectionContainerCountSummary'" }));
  await refused(() => collect(backup.backupUsageSummaries.list(...VAULT, { filter: "type eq 'Nothing'" })));
  await call(capture, driven, 'BackupResourceVaultConfigs_Get', () => backup.backupResourceVaultConfigs.get(...VAULT));
  await refused(() => backup.backupResourceVaultConfigs.get('nobody', VAULT[1]));

  await backup.protectionContainers.refresh(...VAULT, 'Azure', { filter: MACHINES });
  const result = urlOf(capture, 'location');
  await simulator.until(async () => (await capture.raw('GET', result)).status === 204);
  await refused(() => backup.protectionContainers.refresh(...VAULT, 'nobody'));
  await capture.raw('GET', result.replace(/operationResults\/[^?]+/, 'operationResults/nobody'));
}

async function driveItem(capture: Capture, driven: Driven, simulator: RunningSimulator): Promise<void> {
  const { protectedItems, backupResourceVaultConfigs: configs } = capture.azure.backup;
  const group = `/subscriptions/${simulator.ready.subscriptionId}/resourceGroups/rg-shop-weu/providers`;
  const vault = `${group}/Microsoft.RecoveryServices/vaults/rsv-backup-weu`;
  const machine = {
    protectedItemType: 'Microsoft.Compute/virtualMachines' as const,
    sourceResourceId: `${group}/Microsoft.Compute/virtualMachines/jump-01`,
  };
  const put = (more: object) => protectedItems.createOrUpdate(...JUMP, { properties: { ...machine, ...more } });
  const get = () => call(capture, driven, 'ProtectedItems_Get', () => protectedItems.get(...JUMP));
  const configured = { policyId: `${vault}/backupPolicies/DefaultPolicy` };

  await refused(() => put({ policyId: `${vault}/backupPolicies/nobody` }));
  await refused(() => put({ protectionState: 'ProtectionStopped' }));
  await put(configured);
  await refused(() => put(configured));
  const [status, result] = [urlOf(capture, 'azure-asyncoperation', 'PUT'), urlOf(capture, 'location', 'PUT')];
  await capture.raw('GET', result);
  await followJob(capture, driven, { simulator, status });
  await simulator.until(async () => isShown(get));
  await capture.raw('GET', result);

  await put({ policyId: '', protectionState: 'ProtectionStopped' });
  await followJob(capture, driven, { simulator, status: urlOf(capture, 'azure-asyncoperation', 'PUT') });
  await get();
  await refused(() => put({ policyId: '', protectionState: 'ProtectionStopped' }));
  await refused(() => capture.azure.backup.backups.trigger(...JUMP, { properties: { objectType: 'IaasVMBackupRequest' } }));

  await protectedItems.delete(...JUMP);
  await refused(() => protectedItems.delete(...JUMP));
  const { backupOperationStatuses, backupOperationResults } = capture.azure.backup;
  const deletion = operationOf(urlOf(capture, 'location', 'DELETE'));
  await call(capture, driven, 'BackupOperationStatuses_Get', () => backupOperationStatuses.get(...VAULT, deletion));
  await backupOperationResults.get(...VAULT, deletion);
  await followJob(capture, driven, { simulator, status: urlOf(capture, 'azure-asyncoperation', 'DELETE') });
  await capture.raw('GET', urlOf(capture, 'location', 'DELETE'));
  await get();
  await refused(() => protectedItems.delete(...JUMP));
  await refused(() => put(configured));
  await put({ policyId: '', isRehydrate: true, protectionState: 'ProtectionStopped' });
  await followJob(capture, driven, { simulator, status: urlOf(capture, 'azure-asyncoperation', 'PUT') });

  await call(capture, driven, 'BackupResourceVaultConfigs_Update', () =>
    configs.update(...VAULT, { properties: { softDeleteFeatureState: 'Disabled' } }),
  );
  await protectedItems.delete(...JUMP);
  await simulator.until(async () => !(await isShown(get)));
  await protectedItems.delete(...JUMP);
  await configs.update(...VAULT, { properties: { softDeleteFeatureState: 'AlwaysON' } });
  await refused(() => configs.update(...VAULT, { properties: { softDeleteFeatureState: 'Disabled' } }));
}

/** A backup that is cancelled in time, and one more cancel that is not. */
async function driveCancel(capture: Capture, driven: Driven, simulator: RunningSimulator): Promise<void> {
  const { backups, jobCancellations, jobOperationResults } = capture.azure.backup;
  const item = itemOf('web-02');
  await backups.trigger(...item, { properties: { objectType: 'IaasVMBackupRequest' } });
  const jobName = await jobOf(capture, simulator, urlOf(capture, 'azure-asyncoperation'));
  await jobCancellations.trigger(...VAULT, jobName);
  const result = urlOf(capture, 'location');
  await jobOperationResults.get(...VAULT, jobName, operationOf(result));
  await simulator.until(async () => (await capture.raw('GET', result)).status === 204);
  await call(capture, driven, 'JobDetails_Get', () => capture.azure.backup.jobDetails.get(...VAULT, jobName));
  await jobCancellations.trigger(...VAULT, jobName);
  const late = urlOf(capture, 'location');
  await simulator.until(async () => (await capture.raw('GET', late)).status === 400);
  await refused(() => jobCancellations.trigger(...VAULT, 'nobody'));
}

/** Reads the job that an operation names until it is over. */
async function followJob(
  capture: Capture,
  driven: Driven,
  { simulator, status }: { readonly simulator: RunningSimulator; readonly status: string },
): Promise<void> {
  const jobName = await jobOf(capture, simulator, status);
  const job = () => call(capture, driven, 'JobDetails_Get', () => capture.azure.backup.jobDetails.get(...VAULT, jobName));
  await simulator.until(async () => (await job()).properties?.status === 'Completed');
}

async function jobOf(capture: Capture, simulator: RunningSimulator, status: string): Promise<string> {
  let jobName = '';
  await simulator.until(async () => {
    const answer = JSON.parse((await capture.raw('GET', status)).text) as { readonly properties?: { readonly jobId?: string } };
    jobName = answer.properties?.jobId ?? '';
    return jobName !== '';
  });
  return jobName;
}

/** A header of the last request of this kind that was accepted. */
function urlOf(capture: Capture, header: string, method = 'POST'): string {
  return capture.exchanges.findLast((exchange) => exchange.method === method && exchange.status === 202)?.headers[header] ?? '';
}

/** The operation that the URL of its status or its result names. */
function operationOf(url: string): string {
  return /\/([^/?]+)\?/.exec(url)?.[1] ?? '';
}
