import { machineId } from '../arm-ids.ts';
import { listLater, listNow } from '../lists.ts';
import { azureTime } from '../times.ts';
import type { EstateBackup } from '../estate.ts';
import type { Manifest } from '../machine/points.ts';
import type { Machine, Vault, World } from '../world.ts';

/** One recovery point in the vault: the files of the machine at that instant. Points from before the simulator started hold those of its start. */
export interface BackupPoint {
  readonly name: string;
  readonly atMs: number;
  readonly files: Manifest | undefined;
  /** When it was copied from the snapshot to the vault. */
  hardened: boolean;
}

/** A machine that a vault protects. Points stand oldest first. */
export interface BackupItem {
  readonly vault: Vault;
  readonly machine: Machine;
  readonly policy: EstateBackup['policies'][number];
  readonly points: BackupPoint[];
  lastStatus: 'Completed' | 'Failed' | 'IRPending';
  lastMs: number | undefined;
  /** Name of the job that is under way. */
  running: string | undefined;
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
export function backupItemId(world: World, item: BackupItem): string {
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
      protectionState: newest === undefined ? 'IRPending' : 'Protected',
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
    },
  };
}

/** Tells the list of a vault that an item is different now. */
export function backupItemChanged(world: World, item: BackupItem): void {
  listLater(world, `backup items ${item.vault.name}`, item.machine.key, backupItemBody(world, item));
}

/** Puts an item into the list as it was before the simulator started. */
export function backupItemListed(world: World, item: BackupItem): void {
  listNow(world, `backup items ${item.vault.name}`, item.machine.key, backupItemBody(world, item));
}

/** A recovery point as the list shows it. */
export function backupPointBody(world: World, item: BackupItem, point: BackupPoint): Readonly<Record<string, unknown>> {
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
      recoveryPointTierDetails: [
        { type: 'InstantRP', status: 'Valid' },
        ...(point.hardened ? [{ type: 'HardenedRP', status: 'Valid' }] : []),
      ],
      isManagedVirtualMachine: true,
      virtualMachineSize: item.machine.size,
      originalStorageAccountOption: false,
      osType: 'Linux',
    },
  };
}
