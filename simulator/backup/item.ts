import { machineId } from '../arm-ids.ts';
import { listLater, listNow } from '../lists.ts';
import { azureTime } from '../times.ts';
import type { EstateBackup } from '../estate.ts';
import type { Manifest } from '../machine/points.ts';
import type { Machine, Vault, World } from '../world.ts';
import { PROTECTION_WORD, type Protection } from './protection-state.ts';

/** One recovery point in the vault: the files of the machine at that instant. Points from before the simulator started hold those of its start. */
export interface BackupPoint {
  readonly name: string;
  readonly atMs: number;
  readonly files: Manifest | undefined;
  /** When it had been copied from the snapshot to the vault. */
  hardenedMs: number | undefined;
}

/** A backup policy of a vault. */
export type BackupPolicy = EstateBackup['policies'][number];

/** A machine that a vault protects. Points stand oldest first. */
export interface BackupItem {
  readonly vault: Vault;
  /** After a restore in its own place it is the restored one: its backup goes on. */
  machine: Machine;
  policy: BackupPolicy;
  protection: Protection;
  readonly points: BackupPoint[];
  /** When its deletion came; kept points go a while after it. */
  deletedMs: number | undefined;
  lastStatus: 'Completed' | 'Failed' | 'IRPending';
  lastMs: number | undefined;
  /** Name of the job that is under way. */
  running: string | undefined;
}

/** An item as it is when its vault begins to know it, with the points it has. */
export function newBackupItem(given: Pick<BackupItem, 'vault' | 'machine' | 'policy' | 'points'>): BackupItem {
  const last = given.points.at(-1);
  return {
    ...given,
    protection: last === undefined ? 'pending' : 'protected',
    deletedMs: undefined,
    lastStatus: last === undefined ? 'IRPending' : 'Completed',
    lastMs: last?.atMs,
    running: undefined,
  };
}

/** Container and item as Backup names a machine. */
export function backupNames(machine: Pick<Machine, 'group' | 'name'>): { readonly container: string; readonly item: string } {
  const rest = `iaasvmcontainerv2;${machine.group.toLowerCase()};${machine.name.toLowerCase()}`;
  return { container: `IaasVMContainer;${rest}`, item: `VM;${rest}` };
}

/** Id of a vault as Backup writes it. */
export function backupVaultId(world: World, vault: Pick<Vault, 'group' | 'name'>): string {
  return `/subscriptions/${world.subscriptionId}/resourceGroups/${vault.group}/providers/Microsoft.RecoveryServices/vaults/${vault.name}`;
}

/** Id of a protected item. */
export function backupItemId(world: World, item: Pick<BackupItem, 'vault' | 'machine'>): string {
  const names = backupNames(item.machine);
  return `${backupVaultId(world, item.vault)}/backupFabrics/Azure/protectionContainers/${names.container}/protectedItems/${names.item}`;
}

/** A protected item as its GET answers it. */
export function backupItemBody(world: World, item: BackupItem): Readonly<Record<string, unknown>> {
  const names = backupNames(item.machine);
  const newest = item.points.at(-1);
  const vm = machineId(world, item.machine.group, item.machine.name);
  return {
    id: backupItemId(world, item),
    name: names.item,
    type: 'Microsoft.RecoveryServices/vaults/backupFabrics/protectionContainers/protectedItems',
    properties: {
      friendlyName: item.machine.name,
      virtualMachineId: vm,
      protectionStatus: 'Healthy',
      protectionState: PROTECTION_WORD[item.protection],
      healthStatus: item.lastStatus === 'Failed' ? 'ActionRequired' : 'Passed',
      lastBackupStatus: item.lastStatus === 'IRPending' ? '' : item.lastStatus,
      ...(item.lastMs === undefined ? {} : { lastBackupTime: azureTime(item.lastMs) }),
      protectedItemDataId: String(Number.parseInt(item.machine.vmId.slice(0, 8), 16)),
      protectedItemType: 'Microsoft.Compute/virtualMachines',
      backupManagementType: 'AzureIaasVM',
      workloadType: 'VM',
      containerName: names.container.slice('IaasVMContainer;'.length),
      sourceResourceId: vm,
      policyId: `${backupVaultId(world, item.vault)}/backupPolicies/${item.policy.name}`,
      ...(newest === undefined ? {} : { lastRecoveryPoint: azureTime(newest.atMs) }),
      ...(item.protection === 'softDeleted' ? deferredDelete(item) : {}),
    },
  };
}

/** What an item that was deleted and is kept for a while tells beside the rest. */
function deferredDelete({ deletedMs, vault }: BackupItem): Readonly<Record<string, unknown>> {
  return {
    isScheduledForDeferredDelete: true,
    deferredDeleteTimeInUTC: azureTime(deletedMs ?? 0),
    softDeleteRetentionPeriodInDays: vault.security.retentionDays,
  };
}

/** Tells the lists of a vault that an item is different now, or gone. */
export function backupItemChanged(world: World, item: BackupItem): void {
  const here = item.protection !== 'gone';
  listLater(world, `backup items ${item.vault.name}`, item.machine.key, here ? backupItemBody(world, item) : undefined);
}

/** Puts an item into the list as it was before the simulator started. */
export function backupItemListed(world: World, item: BackupItem): void {
  listNow(world, `backup items ${item.vault.name}`, item.machine.key, backupItemBody(world, item));
}

/** A recovery point; a list may not know yet that it has been copied to the vault. */
export function backupPointBody(
  world: World,
  item: BackupItem,
  { point, hardened }: { readonly point: BackupPoint; readonly hardened: boolean },
): Readonly<Record<string, unknown>> {
  return {
    id: `${backupItemId(world, item)}/recoveryPoints/${point.name}`,
    name: point.name,
    type: 'Microsoft.RecoveryServices/vaults/backupFabrics/protectionContainers/protectedItems/recoveryPoints',
    properties: {
      objectType: 'IaasVMRecoveryPoint',
      recoveryPointType: 'AppConsistent',
      recoveryPointTime: azureTime(point.atMs),
      recoveryPointAdditionalInfo: '',
      sourceVMStorageType: 'PremiumVMOnPartialPremiumStorage',
      isSourceVMEncrypted: false,
      isInstantIlrSessionActive: false,
      recoveryPointTierDetails: [{ type: 'InstantRP', status: 'Valid' }, ...(hardened ? [{ type: 'HardenedRP', status: 'Valid' }] : [])],
      isManagedVirtualMachine: true,
      virtualMachineSize: item.machine.size,
      originalStorageAccountOption: false,
      osType: 'Linux',
    },
  };
}
