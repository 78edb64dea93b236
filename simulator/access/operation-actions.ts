import type { Route } from '../route.ts';

const COMPUTE = 'Microsoft.Compute';
const MACHINES = `${COMPUTE}/virtualMachines`;
const COLLECTIONS = `${COMPUTE}/restorePointCollections`;
const NETWORK = 'Microsoft.Network';
const VAULT = 'Microsoft.RecoveryServices/vaults';
const CONTAINERS = `${VAULT}/replicationFabrics/replicationProtectionContainers`;
const ITEMS = `${CONTAINERS}/replicationProtectedItems`;
const MAPPINGS_READ = `${CONTAINERS}/replicationProtectionContainerMappings/read`;
const NETWORKS = `${VAULT}/replicationFabrics/replicationNetworks`;
const PLANS = `${VAULT}/replicationRecoveryPlans`;
const BACKUP_ITEMS = `${VAULT}/backupFabrics/protectionContainers/protectedItems`;
const AUTHORIZATION = 'Microsoft.Authorization';

/** Stands for "answers everybody, with what the caller may read". */
export const FILTERED = '';

/** The right that each operation needs. Reading the status of an operation has rights of its own, which the right to start it does not bring. */
const ACTIONS: Readonly<Record<string, string>> = {
  VirtualMachines_Get: `${MACHINES}/read`,
  VirtualMachines_InstanceView: `${MACHINES}/instanceView/read`,
  VirtualMachines_List: `${MACHINES}/read`,
  VirtualMachines_ListAll: `${MACHINES}/read`,
  VirtualMachines_Start: `${MACHINES}/start/action`,
  VirtualMachines_Deallocate: `${MACHINES}/deallocate/action`,
  VirtualMachines_PowerOff: `${MACHINES}/powerOff/action`,
  VirtualMachines_Restart: `${MACHINES}/restart/action`,
  VirtualMachines_Redeploy: `${MACHINES}/redeploy/action`,
  VirtualMachines_Reimage: `${MACHINES}/reimage/action`,
  VirtualMachines_RunCommand: `${MACHINES}/runCommand/action`,
  VirtualMachines_Delete: `${MACHINES}/delete`,
  VirtualMachines_CreateOrUpdate: `${MACHINES}/write`,
  VirtualMachines_Update: `${MACHINES}/write`,
  VirtualMachines_InstallPatches: `${MACHINES}/installPatches/action`,
  VirtualMachineRunCommands_CreateOrUpdate: `${MACHINES}/runCommands/write`,
  VirtualMachineRunCommands_GetByVirtualMachine: `${MACHINES}/runCommands/read`,
  VirtualMachineRunCommands_ListByVirtualMachine: `${MACHINES}/runCommands/read`,
  VirtualMachineRunCommands_Delete: `${MACHINES}/runCommands/delete`,
  ComputeOperations_Get: `${COMPUTE}/locations/operations/read`,
  Disks_Get: `${COMPUTE}/disks/read`,
  Disks_ListByResourceGroup: `${COMPUTE}/disks/read`,
  Disks_CreateOrUpdate: `${COMPUTE}/disks/write`,
  Disks_Update: `${COMPUTE}/disks/write`,
  Disks_Delete: `${COMPUTE}/disks/delete`,
  Snapshots_Get: `${COMPUTE}/snapshots/read`,
  Snapshots_ListByResourceGroup: `${COMPUTE}/snapshots/read`,
  Snapshots_CreateOrUpdate: `${COMPUTE}/snapshots/write`,
  Snapshots_Delete: `${COMPUTE}/snapshots/delete`,
  RestorePointCollections_Get: `${COLLECTIONS}/read`,
  RestorePointCollections_List: `${COLLECTIONS}/read`,
  RestorePointCollections_ListAll: `${COLLECTIONS}/read`,
  RestorePointCollections_CreateOrUpdate: `${COLLECTIONS}/write`,
  RestorePointCollections_Delete: `${COLLECTIONS}/delete`,
  RestorePoints_Get: `${COLLECTIONS}/restorePoints/read`,
  RestorePoints_Delete: `${COLLECTIONS}/restorePoints/delete`,
  RestorePoints_Create: `${COLLECTIONS}/restorePoints/write`,

  VirtualNetworks_Get: `${NETWORK}/virtualNetworks/read`,
  VirtualNetworks_List: `${NETWORK}/virtualNetworks/read`,
  VirtualNetworks_ListAll: `${NETWORK}/virtualNetworks/read`,
  VirtualNetworks_CreateOrUpdate: `${NETWORK}/virtualNetworks/write`,
  VirtualNetworks_UpdateTags: `${NETWORK}/virtualNetworks/write`,
  VirtualNetworks_Delete: `${NETWORK}/virtualNetworks/delete`,
  NetworkInterfaces_Get: `${NETWORK}/networkInterfaces/read`,
  NetworkInterfaces_List: `${NETWORK}/networkInterfaces/read`,
  NetworkInterfaces_ListAll: `${NETWORK}/networkInterfaces/read`,
  NetworkInterfaces_CreateOrUpdate: `${NETWORK}/networkInterfaces/write`,
  NetworkInterfaces_UpdateTags: `${NETWORK}/networkInterfaces/write`,
  NetworkInterfaces_Delete: `${NETWORK}/networkInterfaces/delete`,
  NetworkSecurityGroups_Get: `${NETWORK}/networkSecurityGroups/read`,
  NetworkSecurityGroups_List: `${NETWORK}/networkSecurityGroups/read`,
  NetworkSecurityGroups_ListAll: `${NETWORK}/networkSecurityGroups/read`,
  NetworkSecurityGroups_CreateOrUpdate: `${NETWORK}/networkSecurityGroups/write`,
  NetworkSecurityGroups_UpdateTags: `${NETWORK}/networkSecurityGroups/write`,
  NetworkSecurityGroups_Delete: `${NETWORK}/networkSecurityGroups/delete`,
  VirtualNetworkPeerings_Get: `${NETWORK}/virtualNetworks/virtualNetworkPeerings/read`,
  VirtualNetworkPeerings_List: `${NETWORK}/virtualNetworks/virtualNetworkPeerings/read`,
  VirtualNetworkPeerings_CreateOrUpdate: `${NETWORK}/virtualNetworks/virtualNetworkPeerings/write`,
  VirtualNetworkPeerings_Delete: `${NETWORK}/virtualNetworks/virtualNetworkPeerings/delete`,
  NetworkOperations_Get: `${NETWORK}/locations/operations/read`,
  NetworkOperationResults_Get: `${NETWORK}/locations/operationResults/read`,
  Profiles_Get: `${NETWORK}/trafficManagerProfiles/read`,
  Endpoints_Update: `${NETWORK}/trafficManagerProfiles/externalEndpoints/write`,
  Alerts_GetById: 'Microsoft.AlertsManagement/alerts/read',
  Alerts_GetAll: 'Microsoft.AlertsManagement/alerts/read',
  MetricAlerts_Get: 'Microsoft.Insights/metricAlerts/read',

  BackupStatus_Get: 'Microsoft.RecoveryServices/locations/backupStatus/action',
  Vaults_Get: `${VAULT}/read`,
  Vaults_ListByResourceGroup: `${VAULT}/read`,
  Vaults_ListBySubscriptionId: `${VAULT}/read`,
  Usages_ListByVaults: `${VAULT}/usages/read`,
  ReplicationUsages_List: `${VAULT}/replicationUsages/read`,
  BackupResourceVaultConfigs_Get: `${VAULT}/backupconfig/read`,
  BackupResourceVaultConfigs_Update: `${VAULT}/backupconfig/write`,
  BackupPolicies_List: `${VAULT}/backupPolicies/read`,
  ProtectionPolicies_Get: `${VAULT}/backupPolicies/read`,
  BackupProtectableItems_List: `${VAULT}/backupProtectableItems/read`,
  BackupProtectionContainers_List: `${VAULT}/backupProtectionContainers/read`,
  ProtectionContainers_Refresh: `${VAULT}/backupFabrics/refreshContainers/action`,
  ProtectionContainerRefreshOperationResults_Get: `${VAULT}/backupFabrics/operationResults/read`,
  BackupUsageSummaries_List: `${VAULT}/backupUsageSummaries/read`,
  ProtectedItems_Get: `${BACKUP_ITEMS}/read`,
  ProtectedItems_CreateOrUpdate: `${BACKUP_ITEMS}/write`,
  ProtectedItems_Delete: `${BACKUP_ITEMS}/delete`,
  BackupProtectedItems_List: `${VAULT}/backupProtectedItems/read`,
  Backups_Trigger: `${BACKUP_ITEMS}/backup/action`,
  RecoveryPoints_List: `${BACKUP_ITEMS}/recoveryPoints/read`,
  'RecoveryPoints_Get backupFabrics': `${BACKUP_ITEMS}/recoveryPoints/read`,
  Restores_Trigger: `${BACKUP_ITEMS}/recoveryPoints/restore/action`,
  BackupJobs_List: `${VAULT}/backupJobs/read`,
  JobDetails_Get: `${VAULT}/backupJobs/read`,
  JobCancellations_Trigger: `${VAULT}/backupJobs/cancel/action`,
  JobOperationResults_Get: `${VAULT}/backupJobs/operationResults/read`,
  BackupOperationStatuses_Get: `${VAULT}/backupOperations/read`,
  BackupOperationResults_Get: `${VAULT}/backupOperationResults/read`,
  ProtectedItemOperationStatuses_Get: `${BACKUP_ITEMS}/operationsStatus/read`,
  ProtectedItemOperationResults_Get: `${BACKUP_ITEMS}/operationResults/read`,

  ReplicationProtectedItems_List: `${ITEMS}/read`,
  ReplicationProtectedItems_ListByReplicationProtectionContainers: `${ITEMS}/read`,
  ReplicationProtectedItems_Get: `${ITEMS}/read`,
  ReplicationProtectedItems_TestFailover: `${ITEMS}/testFailover/action`,
  ReplicationProtectedItems_TestFailoverCleanup: `${ITEMS}/testFailoverCleanup/action`,
  ReplicationProtectedItems_UnplannedFailover: `${ITEMS}/unplannedFailover/action`,
  ReplicationProtectedItems_FailoverCommit: `${ITEMS}/failoverCommit/action`,
  ReplicationProtectedItems_ApplyRecoveryPoint: `${ITEMS}/applyRecoveryPoint/action`,
  ReplicationProtectedItems_PlannedFailover: `${ITEMS}/plannedFailover/action`,
  ReplicationProtectedItems_FailoverCancel: `${ITEMS}/failoverCancel/action`,
  ReplicationProtectedItems_Reprotect: `${ITEMS}/reProtect/action`,
  ReplicationProtectedItems_Create: `${ITEMS}/write`,
  ReplicationProtectedItems_Delete: `${ITEMS}/remove/action`,
  ReplicationProtectedItems_Purge: `${ITEMS}/delete`,
  RecoveryPoints_ListByReplicationProtectedItems: `${ITEMS}/recoveryPoints/read`,
  'RecoveryPoints_Get replicationFabrics': `${ITEMS}/recoveryPoints/read`,
  ReplicationRecoveryPlans_List: `${PLANS}/read`,
  ReplicationRecoveryPlans_Get: `${PLANS}/read`,
  ReplicationRecoveryPlans_TestFailover: `${PLANS}/testFailover/action`,
  ReplicationRecoveryPlans_TestFailoverCleanup: `${PLANS}/testFailoverCleanup/action`,
  ReplicationRecoveryPlans_UnplannedFailover: `${PLANS}/unplannedFailover/action`,
  ReplicationRecoveryPlans_FailoverCommit: `${PLANS}/failoverCommit/action`,
  ReplicationRecoveryPlans_PlannedFailover: `${PLANS}/plannedFailover/action`,
  ReplicationRecoveryPlans_FailoverCancel: `${PLANS}/failoverCancel/action`,
  ReplicationRecoveryPlans_Reprotect: `${PLANS}/reProtect/action`,
  ReplicationProtectionContainers_SwitchProtection: `${CONTAINERS}/switchprotection/action`,
  ReplicationProtectionContainerMappings_List: MAPPINGS_READ,
  ReplicationProtectionContainerMappings_ListByReplicationProtectionContainers: MAPPINGS_READ,
  ReplicationProtectionContainerMappings_Get: MAPPINGS_READ,
  ReplicationFabrics_List: `${VAULT}/replicationFabrics/read`,
  ReplicationFabrics_Get: `${VAULT}/replicationFabrics/read`,
  ReplicationProtectionContainers_List: `${CONTAINERS}/read`,
  ReplicationProtectionContainers_ListByReplicationFabrics: `${CONTAINERS}/read`,
  ReplicationProtectionContainers_Get: `${CONTAINERS}/read`,
  ReplicationPolicies_List: `${VAULT}/replicationPolicies/read`,
  ReplicationPolicies_Get: `${VAULT}/replicationPolicies/read`,
  ReplicationNetworks_List: `${NETWORKS}/read`,
  ReplicationNetworks_ListByReplicationFabrics: `${NETWORKS}/read`,
  ReplicationNetworks_Get: `${NETWORKS}/read`,
  ReplicationNetworkMappings_List: `${NETWORKS}/replicationNetworkMappings/read`,
  ReplicationNetworkMappings_ListByReplicationNetworks: `${NETWORKS}/replicationNetworkMappings/read`,
  ReplicationNetworkMappings_Get: `${NETWORKS}/replicationNetworkMappings/read`,
  ReplicationEvents_List: `${VAULT}/replicationEvents/read`,
  ReplicationEvents_Get: `${VAULT}/replicationEvents/read`,
  ReplicationVaultHealth_Get: `${VAULT}/replicationVaultHealth/read`,
  TargetComputeSizes_ListByReplicationProtectedItems: `${ITEMS}/targetComputeSizes/read`,
  // Of this one Microsoft's list of rights has no line.
  ReplicationEligibilityResults_List: 'Microsoft.RecoveryServices/replicationEligibilityResults/read',
  ReplicationEligibilityResults_Get: 'Microsoft.RecoveryServices/replicationEligibilityResults/read',
  ReplicationJobs_List: `${VAULT}/replicationJobs/read`,
  ReplicationJobs_Get: `${VAULT}/replicationJobs/read`,
  ReplicationJobs_Cancel: `${VAULT}/replicationJobs/cancel/action`,
  ReplicationJobs_Resume: `${VAULT}/replicationJobs/resume/action`,
  ReplicationJobs_Restart: `${VAULT}/replicationJobs/restart/action`,
  ReplicationJobs_OperationResult: `${VAULT}/replicationJobs/operationresults/read`,
  ReplicationOperationStatus_Get: `${VAULT}/replicationOperationStatus/read`,
  ReplicationProtectedItems_OperationResult: `${ITEMS}/operationresults/read`,
  ReplicationRecoveryPlans_OperationResult: `${PLANS}/operationresults/read`,

  Subscriptions_Get: 'Microsoft.Resources/subscriptions/read',
  ResourceGroups_Get: 'Microsoft.Resources/subscriptions/resourceGroups/read',
  ResourceGroups_CheckExistence: 'Microsoft.Resources/subscriptions/resourceGroups/read',
  ResourceGroups_CreateOrUpdate: 'Microsoft.Resources/subscriptions/resourceGroups/write',
  ResourceGroups_Delete: 'Microsoft.Resources/subscriptions/resourceGroups/delete',
  // These answer everybody, with what the caller may read; a deletion is followed by who was given its address.
  Subscriptions_List: FILTERED,
  OperationResults_Get: FILTERED,
  ResourceGroups_List: FILTERED,
  Resources_List: FILTERED,
  Resources_ListByResourceGroup: FILTERED,

  Permissions_List: `${AUTHORIZATION}/permissions/read`,
  ManagementLocks_Get: `${AUTHORIZATION}/locks/read`,
  ManagementLocks_List: `${AUTHORIZATION}/locks/read`,
  ManagementLocks_CreateOrUpdate: `${AUTHORIZATION}/locks/write`,
  ManagementLocks_Delete: `${AUTHORIZATION}/locks/delete`,
};

/**
 * The right that a request of a route needs; FILTERED when its answer is cut to what the caller may read. Two services have an operation
 * of one name: their fabrics tell them apart. Throws for a route that the table lacks.
 */
export function actionOf(route: Pick<Route, 'operation' | 'path'>): string {
  const fabrics = route.path.split('/').find((part) => part.endsWith('Fabrics'));
  const { operation } = route;
  // Rights and locks have one operation for each kind of scope.
  const anyScope = operation.replace(/(At\w+Level|For[A-Z]\w+)$/, '');
  const action = ACTIONS[operation] ?? ACTIONS[`${operation} ${fabrics}`] ?? ACTIONS[anyScope];
  if (action === undefined) throw new Error(`no right is known for the operation ${route.operation}: operation-actions.ts needs a line`);
  return action;
}
