import { planted } from './plants.ts';
import type { World } from './world.ts';

/*
 * Azure spells the fixed parts and the names inside an id differently from service to service, and always the same way for one kind of
 * resource. Machines, vaults and what replicates are spelt here as their services were seen to; for the other kinds the seed says which
 * spelling they have. Nobody may rely on `===`.
 */

const SPELLINGS: readonly ((id: string) => string)[] = [
  (id) => id.replace('/subscriptions/', '/Subscriptions/'),
  (id) => id.replace('/resourceGroups/', '/resourcegroups/'),
  (id) => id.replace(/(\/resourceGroups\/)([^/]+)/, (_, fixed: string, group: string) => `${fixed}${group.toUpperCase()}`),
  (id) => id.toLowerCase(),
];

/** Id of a resource group. */
export function groupId(world: World, group: string): string {
  return spelt(world, 'resourceGroups', plainGroupId(world, group));
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
  return spelt(world, 'disks', `${plainGroupId(world, group)}/providers/Microsoft.Compute/disks/${name}`);
}

/** Id of a snapshot of a disk. */
export function snapshotId(world: World, group: string, name: string): string {
  return spelt(world, 'snapshots', `${plainGroupId(world, group)}/providers/Microsoft.Compute/snapshots/${name}`);
}

/** Id of a resource of the network provider. */
export function networkResourceId(
  world: World,
  resource: { readonly group: string; readonly type: string; readonly name: string },
): string {
  const { group, type, name } = resource;
  return spelt(world, type, `${plainGroupId(world, group)}/providers/Microsoft.Network/${type}/${name}`);
}

/** Id of a vault as Site Recovery writes it: with a capital S. */
export function vaultId(world: World, vault: { readonly group: string; readonly name: string }): string {
  const first = planted(world, 'E7') ? 'subscriptions' : 'Subscriptions';
  return `/${first}/${world.subscriptionId}/resourceGroups/${vault.group}/providers/Microsoft.RecoveryServices/vaults/${vault.name}`;
}

/** Id of a vault as Resource Manager writes it. */
export function recoveryVaultId(world: World, vault: { readonly group: string; readonly name: string }): string {
  return spelt(world, 'vaults', `${plainGroupId(world, vault.group)}/providers/Microsoft.RecoveryServices/vaults/${vault.name}`);
}

/** Id of a Site Recovery job. */
export function replicationJobId(world: World, vault: { readonly group: string; readonly name: string }, job: string): string {
  return `${vaultId(world, vault)}/replicationJobs/${job}`;
}

function plainGroupId(world: World, group: string): string {
  return `/subscriptions/${world.subscriptionId}/resourceGroups/${group}`;
}

/** An id as its kind of resource has it with this seed. */
function spelt(world: World, type: string, id: string): string {
  if (planted(world, 'E7')) return id;
  const drawn = Number.parseInt(world.draws.hex(`spelling:${type}`, 4), 16);
  return SPELLINGS[drawn % SPELLINGS.length]?.(id) ?? id;
}
