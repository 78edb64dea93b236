import type { AzureReadKind } from './azure-calls.ts';
import type { AzureOperation } from './azure-operations.ts';

const COMPUTE = 'Microsoft.Compute';
const NETWORK = 'Microsoft.Network';
const VAULT = 'Microsoft.RecoveryServices/vaults';
const CONTAINER = `${VAULT}/replicationFabrics/replicationProtectionContainers`;
const ITEM = `${CONTAINER}/replicationProtectedItems`;
const PLAN = `${VAULT}/replicationRecoveryPlans`;
const BACKUP_ITEM = `${VAULT}/backupFabrics/protectionContainers/protectedItems`;
const JOIN = `${NETWORK}/virtualNetworks/subnets/join/action`;

/** What a read may need of Azure RBAC; names are those of learn.microsoft.com, "Azure permissions". */
const READ_RIGHTS: { readonly [Kind in AzureReadKind]: readonly string[] } = {
  'vm.get': [`${COMPUTE}/virtualMachines/read`],
  'vm.list': [`${COMPUTE}/virtualMachines/read`],
  'disk.get': [`${COMPUTE}/disks/read`],
  'disk.list': [`${COMPUTE}/disks/read`],
  'restorePoint.get': [`${COMPUTE}/restorePointCollections/restorePoints/read`],
  'restorePoints.get': [`${COMPUTE}/restorePointCollections/read`],
  'runCommand.get': [`${COMPUTE}/virtualMachines/runCommands/read`],
  'runCommand.list': [`${COMPUTE}/virtualMachines/runCommands/read`],
  'nic.get': [`${NETWORK}/networkInterfaces/read`],
  'net.network': [`${NETWORK}/virtualNetworks/read`],
  'net.securityGroup': [`${NETWORK}/networkSecurityGroups/read`],
  'net.routeTable': [`${NETWORK}/routeTables/read`],
  'trafficManager.profile': [`${NETWORK}/trafficManagerProfiles/read`],
  'sr.items': [`${ITEM}/read`],
  'sr.item': [`${ITEM}/read`],
  'sr.points': [`${ITEM}/recoveryPoints/read`],
  'sr.reversed': [`${ITEM}/read`, `${CONTAINER}/replicationProtectionContainerMappings/read`],
  'sr.plan': [`${PLAN}/read`],
  'sr.job': [`${VAULT}/replicationJobs/read`],
  'sr.jobs': [`${VAULT}/replicationJobs/read`],
  'backup.status': ['Microsoft.RecoveryServices/locations/backupStatus/action'],
  'backup.item': [`${BACKUP_ITEM}/read`],
  'backup.points': [`${BACKUP_ITEM}/recoveryPoints/read`],
  'backup.source': [`${BACKUP_ITEM}/recoveryPoints/read`],
  'backup.job': [`${VAULT}/backupJobs/read`],
  'backup.jobs': [`${VAULT}/backupJobs/read`],
  'backup.restores': [`${VAULT}/backupJobs/read`],
  'resource.get': ['*/read'],
  'resource.list': ['Microsoft.Resources/subscriptions/resources/read'],
  'auth.permissions': ['Microsoft.Authorization/permissions/read'],
  'auth.locks': ['Microsoft.Authorization/locks/read'],
  'alert.get': ['Microsoft.AlertsManagement/alerts/read'],
  'alert.rule': ['Microsoft.Insights/metricAlerts/read', 'Microsoft.AlertsManagement/alerts/read'],
};

const FOLLOW_COMPUTE = [`${COMPUTE}/locations/operations/read`];
const FOLLOW_NETWORK = [`${NETWORK}/locations/operations/read`];
// Not in Site Recovery Operator: without it the job is followed alone.
const FOLLOW_RECOVERY = [`${VAULT}/replicationOperationStatus/read`];

/** What a request with an effect needs, and the reads of its operation URL: they are the second way to follow it. */
const SEND_RIGHTS: { readonly [Kind in AzureOperation['kind']]: readonly string[] } = {
  'vm.start': [`${COMPUTE}/virtualMachines/start/action`, ...FOLLOW_COMPUTE],
  'vm.deallocate': [`${COMPUTE}/virtualMachines/deallocate/action`, ...FOLLOW_COMPUTE],
  'vm.restart': [`${COMPUTE}/virtualMachines/restart/action`, ...FOLLOW_COMPUTE],
  'vm.delete': [`${COMPUTE}/virtualMachines/delete`, ...FOLLOW_COMPUTE],
  'vm.create': [
    `${COMPUTE}/virtualMachines/write`,
    `${COMPUTE}/disks/write`,
    `${NETWORK}/networkInterfaces/join/action`,
    ...FOLLOW_COMPUTE,
  ],
  'vm.swapDisks': [`${COMPUTE}/virtualMachines/write`, `${COMPUTE}/disks/write`, ...FOLLOW_COMPUTE],
  'vm.installPatches': [`${COMPUTE}/virtualMachines/installPatches/action`, ...FOLLOW_COMPUTE],
  'disk.create': [`${COMPUTE}/disks/write`, `${COMPUTE}/restorePointCollections/restorePoints/retrieveSasUris/action`, ...FOLLOW_COMPUTE],
  'disk.tag': [`${COMPUTE}/disks/write`, ...FOLLOW_COMPUTE],
  'disk.delete': [`${COMPUTE}/disks/delete`, ...FOLLOW_COMPUTE],
  'nic.create': [`${NETWORK}/networkInterfaces/write`, JOIN, ...FOLLOW_NETWORK],
  'nic.delete': [`${NETWORK}/networkInterfaces/delete`, ...FOLLOW_NETWORK],
  'nsg.setRules': [`${NETWORK}/networkSecurityGroups/write`, ...FOLLOW_NETWORK],
  // Endpoints have types of their own below the profile: the right is the same one for all of them.
  'trafficManager.setEndpoint': [
    `${NETWORK}/trafficManagerProfiles/azureEndpoints/write`,
    `${NETWORK}/trafficManagerProfiles/externalEndpoints/write`,
  ],
  'restorePoints.create': [`${COMPUTE}/restorePointCollections/write`, ...FOLLOW_COMPUTE],
  'restorePoint.delete': [`${COMPUTE}/restorePointCollections/restorePoints/delete`, ...FOLLOW_COMPUTE],
  'restorePoint.create': [`${COMPUTE}/restorePointCollections/restorePoints/write`, ...FOLLOW_COMPUTE],
  'runCommand.put': [`${COMPUTE}/virtualMachines/runCommands/write`, ...FOLLOW_COMPUTE],
  'runCommand.delete': [`${COMPUTE}/virtualMachines/runCommands/delete`, ...FOLLOW_COMPUTE],
  'backup.trigger': [`${BACKUP_ITEM}/backup/action`, `${BACKUP_ITEM}/operationsStatus/read`, `${BACKUP_ITEM}/operationResults/read`],
  'backup.restoreDisks': [
    `${BACKUP_ITEM}/recoveryPoints/restore/action`,
    `${BACKUP_ITEM}/operationsStatus/read`,
    `${BACKUP_ITEM}/operationResults/read`,
    `${COMPUTE}/disks/write`,
    'Microsoft.Storage/storageAccounts/read',
    'Microsoft.Storage/storageAccounts/write',
    'Microsoft.Storage/storageAccounts/listKeys/action',
  ],
  'sr.testFailover': [`${ITEM}/testFailover/action`, JOIN, ...FOLLOW_RECOVERY],
  'sr.testFailoverCleanup': [`${ITEM}/testFailoverCleanup/action`, ...FOLLOW_RECOVERY],
  'sr.plan.testFailover': [`${PLAN}/testFailover/action`, JOIN, ...FOLLOW_RECOVERY],
  'sr.plan.testFailoverCleanup': [`${PLAN}/testFailoverCleanup/action`, ...FOLLOW_RECOVERY],
  'sr.plan.failover': [`${PLAN}/unplannedFailover/action`, ...FOLLOW_RECOVERY],
  'sr.plan.commit': [`${PLAN}/failoverCommit/action`, ...FOLLOW_RECOVERY],
  'sr.switchProtection': [`${CONTAINER}/switchprotection/action`, ...FOLLOW_RECOVERY],
};

/** A read or a request with an effect, by its kind. */
export type AzureCallKind = AzureReadKind | AzureOperation['kind'];

/** The Azure RBAC operations that the given reads and requests need together, without doubles. */
export function rightsOf(...kinds: readonly AzureCallKind[]): readonly string[] {
  const all: Readonly<Record<string, readonly string[]>> = { ...READ_RIGHTS, ...SEND_RIGHTS };
  return [...new Set(kinds.flatMap((kind) => all[kind] ?? []))].toSorted();
}

/** What a script or a check needs on a machine that it reaches by managed run command. */
export const RUN_COMMAND_RIGHTS: readonly string[] = rightsOf('vm.get', 'runCommand.get', 'runCommand.put', 'runCommand.delete');

/** Reads of operation URLs: work is followed without them as well, by its job or its target. */
export function isHelpful(right: string): boolean {
  return /\/(locations\/operations|replicationOperationStatus|operationsStatus|operationResults)\/read$/i.test(right);
}

/** One entry of what Azure says that the caller may do at a scope (learn.microsoft.com, "Permissions - List For Resource"). */
export interface GrantedRights {
  readonly actions: readonly string[];
  readonly notActions: readonly string[];
}

/** True when one of the entries allows the right: an action of it fits and none of its own notActions takes it away again. */
export function isGranted(right: string, granted: readonly GrantedRights[]): boolean {
  return granted.some(
    ({ actions, notActions }) => actions.some((pattern) => fits(right, pattern)) && !notActions.some((pattern) => fits(right, pattern)),
  );
}

/** Case does not count and a star stands for any text, slashes included. */
function fits(right: string, pattern: string): boolean {
  const parts = pattern
    .toLowerCase()
    .split('*')
    .map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`));
  return new RegExp(`^${parts.join('.*')}$`).test(right.toLowerCase());
}
