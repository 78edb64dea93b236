import { planted } from './plants.ts';
import type { World } from './world.ts';

/*
 * Azure spells the fixed parts and the names inside an id differently from service to service, and always the same way for one kind of
 * resource. These are the spellings of the services served here; nobody may rely on `===`.
 */

/** Id of a resource group. */
export function groupId(world: World, group: string): string {
  return `/subscriptions/${world.subscriptionId}/resourceGroups/${group}`;
}

/** Id of a virtual machine as the compute provider writes it: group in capitals. */
export function machineId(world: World, group: string, name: string): string {
  const spelt = planted(world, 'E7') ? group : group.toUpperCase();
  return `/subscriptions/${world.subscriptionId}/resourceGroups/${spelt}/providers/Microsoft.Compute/virtualMachines/${name}`;
}

/** Id of a virtual machine as Site Recovery writes it: all in lower case. */
export function fabricObjectId(world: World, group: string, name: string): string {
  const id = machineId(world, group, name);
  return planted(world, 'E7') ? id : id.toLowerCase();
}

/** Id of a disk. */
export function diskId(world: World, group: string, name: string): string {
  return `/subscriptions/${world.subscriptionId}/resourceGroups/${group}/providers/Microsoft.Compute/disks/${name}`;
}

/** Id of a resource of the network provider. */
export function networkResourceId(
  world: World,
  resource: { readonly group: string; readonly type: string; readonly name: string },
): string {
  return `/subscriptions/${world.subscriptionId}/resourceGroups/${resource.group}/providers/Microsoft.Network/${resource.type}/${resource.name}`;
}

/** Id of a vault as Site Recovery writes it: with a capital S. */
export function vaultId(world: World, vault: { readonly group: string; readonly name: string }): string {
  const first = planted(world, 'E7') ? 'subscriptions' : 'Subscriptions';
  return `/${first}/${world.subscriptionId}/resourceGroups/${vault.group}/providers/Microsoft.RecoveryServices/vaults/${vault.name}`;
}

/** Id of a Site Recovery job. */
export function replicationJobId(world: World, vault: { readonly group: string; readonly name: string }, job: string): string {
  return `${vaultId(world, vault)}/replicationJobs/${job}`;
}
