import { armIdPart } from '../../engine/ids.ts';

/** Resource group and name of a machine. Compute takes the group first, Site Recovery the vault; all are strings, so the order stands here only. */
export function vmPath(vmId: string): readonly [resourceGroup: string, name: string] {
  return [needPart(vmId, 'resourceGroups'), needPart(vmId, 'virtualMachines')];
}

/** The name of a resource group, of whatever is in it too. */
export function groupPath(id: string): readonly [resourceGroup: string] {
  return [needPart(id, 'resourceGroups')];
}

/** Resource group and name of a disk. */
export function diskPath(diskId: string): readonly [resourceGroup: string, name: string] {
  return [needPart(diskId, 'resourceGroups'), needPart(diskId, 'disks')];
}

/** Resource group and name of a collection of restore points. */
export function collectionPath(id: string): readonly [resourceGroup: string, name: string] {
  return [needPart(id, 'resourceGroups'), needPart(id, 'restorePointCollections')];
}

/** Resource group, collection and name of a restore point. */
export function pointPath(pointId: string): readonly [resourceGroup: string, collection: string, name: string] {
  return [...collectionPath(pointId), needPart(pointId, 'restorePoints')];
}

/** Vault and resource group of anything in a vault. */
export function vaultPath(id: string): readonly [vault: string, resourceGroup: string] {
  return [needPart(id, 'vaults'), needPart(id, 'resourceGroups')];
}

/** Vault, resource group, fabric, container and name of a protected item. */
export function itemPath(itemId: string): readonly [string, string, string, string, string] {
  return [
    ...vaultPath(itemId),
    needPart(itemId, 'replicationFabrics'),
    needPart(itemId, 'replicationProtectionContainers'),
    needPart(itemId, 'replicationProtectedItems'),
  ];
}

/** Vault, resource group and name of a recovery plan. */
export function planPath(planId: string): readonly [string, string, string] {
  return [...vaultPath(planId), needPart(planId, 'replicationRecoveryPlans')];
}

/** Vault, resource group and name of a Site Recovery job. */
export function jobPath(jobId: string): readonly [string, string, string] {
  return [...vaultPath(jobId), needPart(jobId, 'replicationJobs')];
}

/** Vault, resource group, fabric, container and name of an item of Backup. */
export function backupItemPath(itemId: string): readonly [string, string, string, string, string] {
  return [
    ...vaultPath(itemId),
    needPart(itemId, 'backupFabrics'),
    needPart(itemId, 'protectionContainers'),
    needPart(itemId, 'protectedItems'),
  ];
}

/** Vault, resource group, fabric, container, item and name of a recovery point of Backup. */
export function backupPointPath(pointId: string): readonly [string, string, string, string, string, string] {
  return [...backupItemPath(pointId), needPart(pointId, 'recoveryPoints')];
}

/** Vault, resource group and name of a job of Backup. */
export function backupJobPath(jobId: string): readonly [string, string, string] {
  return [...vaultPath(jobId), needPart(jobId, 'backupJobs')];
}

/** Throws when the id has no such part: nothing is sent then. */
function needPart(id: string, type: string): string {
  const part = armIdPart(id, type);
  if (part === undefined) throw new Error(`${JSON.stringify(id)} is not the ARM id of something below ${type}`);
  return part;
}
