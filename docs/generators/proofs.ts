import type { AzureCallKind } from '../../engine/azure-rights.ts';

/** What was proven of one call to Azure, and where. Files are tests of this repository. */
export interface Proof {
  /** The operation as Azure's API description names it, or method and path where none was at hand. */
  readonly operation: string;
  /** The test that holds the request, or the reading of the answer, to its exact form. */
  readonly contract?: string;
  /** The test that carries it out against the simulated Azure. */
  readonly simulator: string;
  /** What recordings of real traffic say about it, as far as they were compared. */
  readonly recorded?: string;
  /** Rows of `conformance azure` that only a real subscription answers. */
  readonly open?: readonly string[];
}

const ACTIONS = 'test/integration/azure-actions.test.ts';
const NETWORKS = 'test/integration/simulator-networks.test.ts';
const PLANS = 'test/integration/azure-plans.test.ts';
const MACHINES = 'test/integration/azure-machines.test.ts';
const BACKUP = 'test/integration/azure-backup.test.ts';
const RESTORE = 'test/integration/azure-restore.test.ts';
const LOST = 'test/integration/azure-ambiguity.test.ts';
const SANDBOX = 'test/integration/conformance-azure.test.ts';
const SUBMIT = 'test/contracts/azure-submit.test.ts';
const READ = 'test/contracts/azure-read.test.ts';
const FORMS = 'test/contracts/azure-read-forms.test.ts';
const READ_BACKUP = 'test/contracts/azure-backup-read.test.ts';
const DOCTOR_LIVE = 'test/integration/doctor-azure.test.ts';
const DOCTOR = 'test/contracts/doctor-azure.test.ts';

const JOB_TREE = 'tree of the job';
const SUBMITTED = 'headers of the 202';

/** Every call that the engine can make, by kind: the compiler refuses a kind without a line. */
export const PROOFS: Readonly<Record<AzureCallKind, Proof>> = {
  'vm.get': { operation: 'VirtualMachines_Get', contract: READ, simulator: ACTIONS, open: ['U14'] },
  'vm.list': { operation: 'VirtualMachines_ListAll', contract: FORMS, simulator: BACKUP, open: ['U14'] },
  'disk.get': { operation: 'Disks_Get', contract: FORMS, simulator: MACHINES },
  'disk.list': { operation: 'Disks_ListByResourceGroup', contract: FORMS, simulator: RESTORE, open: ['U11'] },
  'restorePoint.get': { operation: 'RestorePoints_Get', contract: FORMS, simulator: MACHINES },
  'restorePoints.get': { operation: 'RestorePointCollections_Get', contract: FORMS, simulator: MACHINES },
  'runCommand.get': { operation: 'VirtualMachineRunCommands_GetByVirtualMachine', contract: READ, simulator: ACTIONS, open: ['U13'] },
  'runCommand.list': { operation: 'VirtualMachineRunCommands_ListByVirtualMachine', contract: READ, simulator: MACHINES },
  'nic.get': { operation: 'GET Microsoft.Network/networkInterfaces', contract: READ, simulator: RESTORE },
  'net.network': { operation: 'GET Microsoft.Network/virtualNetworks', contract: FORMS, simulator: ACTIONS },
  'net.securityGroup': { operation: 'GET Microsoft.Network/networkSecurityGroups', contract: FORMS, simulator: MACHINES },
  'net.routeTable': { operation: 'GET Microsoft.Network/routeTables', contract: FORMS, simulator: NETWORKS },
  'trafficManager.profile': { operation: 'GET Microsoft.Network/trafficManagerProfiles', contract: FORMS, simulator: MACHINES },
  'resource.get': { operation: 'GET of any resource', contract: FORMS, simulator: MACHINES },
  'resource.list': { operation: 'Resources_List', contract: FORMS, simulator: MACHINES },
  'alert.get': { operation: 'GET Microsoft.AlertsManagement/alerts', contract: FORMS, simulator: MACHINES },
  'alert.rule': { operation: 'GET Microsoft.Insights/metricAlerts, Alerts_GetAll', contract: FORMS, simulator: MACHINES },
  'auth.permissions': { operation: 'GET Microsoft.Authorization/permissions', contract: DOCTOR, simulator: DOCTOR_LIVE },
  'auth.locks': { operation: 'GET Microsoft.Authorization/locks', contract: DOCTOR, simulator: DOCTOR_LIVE, open: ['U17'] },
  'sr.item': {
    operation: 'ReplicationProtectedItems_Get',
    contract: READ,
    simulator: ACTIONS,
    recorded: 'six states of an item',
    open: ['U2'],
  },
  'sr.items': { operation: 'ReplicationProtectedItems_List', contract: READ, simulator: PLANS },
  'sr.points': { operation: 'RecoveryPoints_ListByReplicationProtectedItems', contract: READ, simulator: ACTIONS },
  'sr.reversed': { operation: 'ReplicationProtectionContainerMappings_List', contract: FORMS, simulator: PLANS },
  'sr.plan': {
    operation: 'ReplicationRecoveryPlans_Get',
    contract: READ,
    simulator: ACTIONS,
    recorded: 'an idle plan; lists without groups',
    open: ['U9'],
  },
  'sr.job': { operation: 'ReplicationJobs_Get', contract: READ, simulator: ACTIONS, recorded: 'trees, activity id', open: ['U3'] },
  'sr.jobs': { operation: 'ReplicationJobs_List', contract: READ, simulator: LOST, recorded: 'what lists leave out', open: ['U15'] },
  'backup.status': { operation: 'BackupStatus_Get', contract: READ_BACKUP, simulator: BACKUP },
  'backup.item': { operation: 'ProtectedItems_Get', contract: FORMS, simulator: BACKUP },
  'backup.points': { operation: 'RecoveryPoints_List', contract: READ_BACKUP, simulator: RESTORE },
  'backup.source': { operation: 'RecoveryPoints_Get', contract: FORMS, simulator: RESTORE },
  'backup.job': { operation: 'JobDetails_Get', contract: READ_BACKUP, simulator: BACKUP, open: ['U4', 'U7'] },
  'backup.jobs': { operation: 'BackupJobs_List', contract: READ_BACKUP, simulator: BACKUP, open: ['U15'] },
  'backup.restores': { operation: 'BackupJobs_List', contract: FORMS, simulator: RESTORE },
  'vm.start': { operation: 'VirtualMachines_Start', contract: SUBMIT, simulator: ACTIONS },
  'vm.deallocate': { operation: 'VirtualMachines_Deallocate', contract: SUBMIT, simulator: ACTIONS, open: ['U5'] },
  'vm.restart': { operation: 'VirtualMachines_Restart', contract: SUBMIT, simulator: MACHINES },
  'vm.delete': { operation: 'VirtualMachines_Delete', contract: SUBMIT, simulator: MACHINES },
  'vm.create': { operation: 'VirtualMachines_CreateOrUpdate', contract: SUBMIT, simulator: RESTORE, open: ['U10'] },
  'vm.swapDisks': { operation: 'VirtualMachines_Update', contract: SUBMIT, simulator: MACHINES },
  'vm.installPatches': { operation: 'VirtualMachines_InstallPatches', contract: SUBMIT, simulator: MACHINES, open: ['U12'] },
  'disk.create': { operation: 'Disks_CreateOrUpdate', contract: SUBMIT, simulator: MACHINES },
  'disk.tag': { operation: 'Disks_Update', contract: SUBMIT, simulator: RESTORE },
  'disk.delete': { operation: 'Disks_Delete', contract: SUBMIT, simulator: MACHINES },
  'nic.create': { operation: 'PUT Microsoft.Network/networkInterfaces', contract: SUBMIT, simulator: RESTORE },
  'nic.delete': { operation: 'DELETE Microsoft.Network/networkInterfaces', contract: SUBMIT, simulator: RESTORE },
  'nsg.setRules': { operation: 'PUT Microsoft.Network/networkSecurityGroups', contract: SUBMIT, simulator: MACHINES },
  'trafficManager.setEndpoint': { operation: 'PATCH Microsoft.Network/trafficManagerProfiles', contract: SUBMIT, simulator: MACHINES },
  'restorePoints.create': { operation: 'RestorePointCollections_CreateOrUpdate', contract: SUBMIT, simulator: MACHINES },
  'restorePoint.delete': { operation: 'RestorePoints_Delete', contract: SUBMIT, simulator: MACHINES },
  'restorePoint.create': { operation: 'RestorePoints_Create', contract: SUBMIT, simulator: MACHINES },
  'runCommand.put': { operation: 'VirtualMachineRunCommands_CreateOrUpdate', contract: SUBMIT, simulator: SANDBOX, open: ['U13'] },
  'runCommand.delete': { operation: 'VirtualMachineRunCommands_Delete', contract: SUBMIT, simulator: SANDBOX, open: ['U13'] },
  'backup.trigger': { operation: 'Backups_Trigger', contract: SUBMIT, simulator: BACKUP, open: ['U4', 'U7', 'U8'] },
  'backup.restoreDisks': { operation: 'Restores_Trigger', contract: SUBMIT, simulator: RESTORE, open: ['U4', 'U11'] },
  'sr.testFailover': {
    operation: 'ReplicationProtectedItems_TestFailover',
    contract: SUBMIT,
    simulator: ACTIONS,
    recorded: SUBMITTED,
    open: ['U1', 'U2', 'U6'],
  },
  'sr.testFailoverCleanup': {
    operation: 'ReplicationProtectedItems_TestFailoverCleanup',
    contract: SUBMIT,
    simulator: ACTIONS,
    open: ['U1'],
  },
  'sr.plan.testFailover': {
    operation: 'ReplicationRecoveryPlans_TestFailover',
    contract: SUBMIT,
    simulator: PLANS,
    recorded: JOB_TREE,
    open: ['U1', 'U3', 'U6'],
  },
  'sr.plan.testFailoverCleanup': {
    operation: 'ReplicationRecoveryPlans_TestFailoverCleanup',
    contract: SUBMIT,
    simulator: PLANS,
    open: ['U1', 'U3'],
  },
  'sr.plan.failover': {
    operation: 'ReplicationRecoveryPlans_UnplannedFailover',
    contract: SUBMIT,
    simulator: PLANS,
    recorded: JOB_TREE,
    open: ['U1', 'U3', 'U6', 'U17', 'U18'],
  },
  'sr.plan.commit': { operation: 'ReplicationRecoveryPlans_FailoverCommit', contract: SUBMIT, simulator: PLANS, open: ['U1', 'U3'] },
  'sr.switchProtection': {
    operation: 'ReplicationProtectionContainers_SwitchProtection',
    contract: SUBMIT,
    simulator: PLANS,
    recorded: 'job, task names, the item before and after',
    open: ['U1', 'U9'],
  },
};
