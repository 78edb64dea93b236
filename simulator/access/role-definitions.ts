/** A role: what it allows, with `*` for any text, and what of that it takes away again. */
export interface RoleDefinition {
  readonly name: string;
  readonly actions: readonly string[];
  readonly notActions: readonly string[];
}

const VAULT = 'Microsoft.RecoveryServices/vaults';
const CONTAINERS = `${VAULT}/replicationFabrics/replicationProtectionContainers`;
const ITEMS = `${CONTAINERS}/replicationProtectedItems`;
const PLANS = `${VAULT}/replicationRecoveryPlans`;
const BACKUP_CONTAINERS = `${VAULT}/backupFabrics/protectionContainers`;
const BACKUP_ITEMS = `${BACKUP_CONTAINERS}/protectedItems`;

const EVERYBODY = ['Microsoft.Authorization/*/read', 'Microsoft.Resources/subscriptions/resourceGroups/read'];

/** The built-in roles as Azure publishes them, reduced to the services that are served here. */
export const BUILT_IN_ROLES: readonly RoleDefinition[] = [
  { name: 'Owner', actions: ['*'], notActions: [] },
  {
    name: 'Contributor',
    actions: ['*'],
    notActions: ['Microsoft.Authorization/*/Delete', 'Microsoft.Authorization/*/Write', 'Microsoft.Authorization/elevateAccess/Action'],
  },
  { name: 'Reader', actions: ['*/read'], notActions: [] },
  {
    name: 'Virtual Machine Contributor',
    actions: [
      ...EVERYBODY,
      'Microsoft.Compute/disks/write',
      'Microsoft.Compute/disks/read',
      'Microsoft.Compute/disks/delete',
      'Microsoft.Compute/locations/*',
      'Microsoft.Compute/virtualMachines/*',
      'Microsoft.Network/networkInterfaces/*',
      'Microsoft.Network/networkSecurityGroups/join/action',
      'Microsoft.Network/networkSecurityGroups/read',
      'Microsoft.Network/virtualNetworks/read',
      'Microsoft.Network/virtualNetworks/subnets/join/action',
      'Microsoft.RecoveryServices/locations/*',
      `${VAULT}/read`,
      `${BACKUP_ITEMS}/*/read`,
      `${BACKUP_ITEMS}/read`,
      `${BACKUP_ITEMS}/write`,
      'Microsoft.Storage/storageAccounts/read',
    ],
    notActions: [],
  },
  {
    name: 'Backup Operator',
    actions: [
      ...EVERYBODY,
      'Microsoft.Network/virtualNetworks/read',
      `${VAULT}/backupFabrics/operationResults/read`,
      `${BACKUP_CONTAINERS}/operationResults/read`,
      `${BACKUP_CONTAINERS}/read`,
      `${BACKUP_ITEMS}/backup/action`,
      `${BACKUP_ITEMS}/operationResults/read`,
      `${BACKUP_ITEMS}/operationsStatus/read`,
      `${BACKUP_ITEMS}/read`,
      `${BACKUP_ITEMS}/write`,
      `${BACKUP_ITEMS}/recoveryPoints/read`,
      `${BACKUP_ITEMS}/recoveryPoints/restore/action`,
      `${VAULT}/backupFabrics/refreshContainers/action`,
      `${VAULT}/backupJobs/*`,
      `${VAULT}/backupOperationResults/*`,
      `${VAULT}/backupPolicies/read`,
      `${VAULT}/backupProtectableItems/*`,
      `${VAULT}/backupProtectedItems/read`,
      `${VAULT}/backupProtectionContainers/read`,
      `${VAULT}/backupUsageSummaries/read`,
      `${VAULT}/read`,
      `${VAULT}/usages/read`,
      'Microsoft.RecoveryServices/locations/backupStatus/action',
      'Microsoft.RecoveryServices/locations/backupPreValidateProtection/action',
      'Microsoft.Storage/storageAccounts/read',
    ],
    notActions: [],
  },
  { name: 'Storage Account Contributor', actions: [...EVERYBODY, 'Microsoft.Storage/storageAccounts/*'], notActions: [] },
  {
    name: 'Backup Reader',
    actions: [
      ...EVERYBODY,
      `${BACKUP_CONTAINERS}/read`,
      `${BACKUP_ITEMS}/read`,
      `${BACKUP_ITEMS}/operationResults/read`,
      `${BACKUP_ITEMS}/operationsStatus/read`,
      `${BACKUP_ITEMS}/recoveryPoints/read`,
      `${VAULT}/backupJobs/read`,
      `${VAULT}/backupJobs/operationResults/read`,
      `${VAULT}/backupPolicies/read`,
      `${VAULT}/backupProtectedItems/read`,
      `${VAULT}/read`,
      `${VAULT}/usages/read`,
      'Microsoft.RecoveryServices/locations/backupStatus/action',
    ],
    notActions: [],
  },
  {
    // Reading the status of an operation is not among them: its job can be read, its operation URL answers 403.
    name: 'Site Recovery Operator',
    actions: [
      ...EVERYBODY,
      'Microsoft.Network/virtualNetworks/read',
      'Microsoft.RecoveryServices/locations/allocatedStamp/read',
      `${VAULT}/read`,
      `${VAULT}/replicationAlertSettings/read`,
      `${VAULT}/replicationEvents/read`,
      `${VAULT}/replicationFabrics/read`,
      `${VAULT}/replicationFabrics/replicationNetworks/read`,
      `${VAULT}/replicationFabrics/replicationNetworks/replicationNetworkMappings/read`,
      `${CONTAINERS}/read`,
      `${CONTAINERS}/switchprotection/action`,
      `${CONTAINERS}/replicationProtectionContainerMappings/read`,
      `${ITEMS}/read`,
      `${ITEMS}/recoveryPoints/read`,
      `${ITEMS}/applyRecoveryPoint/action`,
      `${ITEMS}/failoverCommit/action`,
      `${ITEMS}/plannedFailover/action`,
      `${ITEMS}/reProtect/action`,
      `${ITEMS}/repairReplication/action`,
      `${ITEMS}/testFailover/action`,
      `${ITEMS}/testFailoverCleanup/action`,
      `${ITEMS}/unplannedFailover/action`,
      `${VAULT}/replicationJobs/*`,
      `${VAULT}/replicationPolicies/read`,
      `${PLANS}/read`,
      `${PLANS}/failoverCommit/action`,
      `${PLANS}/plannedFailover/action`,
      `${PLANS}/reProtect/action`,
      `${PLANS}/testFailover/action`,
      `${PLANS}/testFailoverCleanup/action`,
      `${PLANS}/unplannedFailover/action`,
      `${VAULT}/usages/read`,
      'Microsoft.Storage/storageAccounts/read',
    ],
    notActions: [],
  },
  {
    name: 'Site Recovery Reader',
    actions: [
      ...EVERYBODY,
      `${VAULT}/read`,
      `${VAULT}/replicationEvents/read`,
      `${VAULT}/replicationFabrics/read`,
      `${VAULT}/replicationFabrics/replicationNetworks/read`,
      `${VAULT}/replicationFabrics/replicationNetworks/replicationNetworkMappings/read`,
      `${CONTAINERS}/read`,
      `${CONTAINERS}/replicationProtectionContainerMappings/read`,
      `${ITEMS}/read`,
      `${ITEMS}/recoveryPoints/read`,
      `${VAULT}/replicationJobs/read`,
      `${VAULT}/replicationPolicies/read`,
      `${PLANS}/read`,
    ],
    notActions: [],
  },
];
