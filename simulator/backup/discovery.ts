import { machineId } from '../arm-ids.ts';
import { listLater, listNow } from '../lists.ts';
import type { Machine, Vault, World } from '../world.ts';
import { type BackupItem, backupNames, backupVaultId } from './item.ts';

/** The machines that Backup finds in the region of a vault when it looks. */
function machinesInReach(world: World, vault: Pick<Vault, 'location'>): readonly Machine[] {
  return [...world.machines.values()].filter(({ location }) => location === vault.location);
}

/** What Backup had found, and which machines were registered, before the simulator started. */
export function discoveryListed(world: World, vault: Vault): void {
  for (const machine of machinesInReach(world, vault)) {
    vault.discovered.add(machine.key);
    if (!isTaken(world, machine)) listNow(world, protectables(vault), machine.key, protectableBody(world, vault, machine));
  }
  for (const item of vault.backupItems.values()) listNow(world, containers(vault), item.machine.key, containerBody(world, item));
}

/** Backup has looked again: what is new can be protected, what is gone cannot. Until then it knows what it has seen the last time. */
export function refreshDiscovery(world: World, vault: Vault): void {
  const found = new Map(machinesInReach(world, vault).map((machine) => [machine.key, machine]));
  for (const key of vault.discovered) {
    if (found.has(key)) continue;
    vault.discovered.delete(key);
    listLater(world, protectables(vault), key, undefined);
  }
  for (const machine of found.values()) {
    if (vault.discovered.has(machine.key)) continue;
    vault.discovered.add(machine.key);
    if (!isTaken(world, machine)) listLater(world, protectables(vault), machine.key, protectableBody(world, vault, machine));
  }
}

/** An item has come or gone: its container with it, and its machine can be protected in no vault, or in every one again. */
export function registrationChanged(world: World, item: BackupItem): void {
  const { machine, vault } = item;
  listLater(world, containers(vault), machine.key, item.protection === 'gone' ? undefined : containerBody(world, item));
  for (const each of world.vaults.values()) {
    if (!each.discovered.has(machine.key)) continue;
    const free = !isTaken(world, machine) && world.machines.has(machine.key);
    listLater(world, protectables(each), machine.key, free ? protectableBody(world, each, machine) : undefined);
  }
}

/** Whether a vault, whichever, holds a machine. */
export function isTaken(world: World, machine: Pick<Machine, 'group' | 'name'>): boolean {
  const name = backupNames(machine).item.toLowerCase();
  return [...world.vaults.values()].some(({ backupItems }) => backupItems.has(name));
}

/** Names of the lists. */
export const protectables = ({ name }: Pick<Vault, 'name'>): string => `protectable items ${name}`;
export const containers = ({ name }: Pick<Vault, 'name'>): string => `backup containers ${name}`;

function protectableBody(world: World, vault: Vault, machine: Machine): Readonly<Record<string, unknown>> {
  const names = backupNames(machine);
  return {
    id: `${backupVaultId(world, vault)}/backupFabrics/Azure/protectionContainers/${names.container}/protectableItems/${names.item}`,
    name: names.item,
    type: 'Microsoft.RecoveryServices/vaults/backupFabrics/protectionContainers/protectableItems',
    properties: {
      friendlyName: machine.name,
      virtualMachineId: machineId(world, machine.group, machine.name),
      virtualMachineVersion: 'Compute',
      resourceGroup: machine.group,
      protectionState: 'NotProtected',
      protectableItemType: 'Microsoft.Compute/virtualMachines',
      backupManagementType: 'AzureIaasVM',
      workloadType: 'VM',
    },
  };
}

function containerBody(world: World, { vault, machine }: BackupItem): Readonly<Record<string, unknown>> {
  const { container } = backupNames(machine);
  return {
    id: `${backupVaultId(world, vault)}/backupFabrics/Azure/protectionContainers/${container}`,
    name: container,
    type: 'Microsoft.RecoveryServices/vaults/backupFabrics/protectionContainers',
    properties: {
      friendlyName: machine.name,
      virtualMachineId: machineId(world, machine.group, machine.name),
      virtualMachineVersion: 'Compute',
      resourceGroup: machine.group,
      backupManagementType: 'AzureIaasVM',
      registrationStatus: 'Registered',
      healthStatus: 'Healthy',
      containerType: 'Microsoft.Compute/virtualMachines',
      protectableObjectType: 'Microsoft.Compute/virtualMachines',
    },
  };
}
