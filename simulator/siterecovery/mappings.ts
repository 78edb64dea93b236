import { vaultId } from '../arm-ids.ts';
import { findVault } from './find.ts';
import { sites } from './item.ts';
import type { Answer, Call } from '../route.ts';
import type { World } from '../world.ts';

/** GET replicationProtectionContainerMappings: one in each direction between the containers of a vault. */
export function listMappings(world: World, call: Call): Answer {
  const vault = findVault(world, call);
  if ('status' in vault) return vault;
  const given = world.estate.vaults.find(({ name }) => name === vault.name)?.replication;
  if (given === undefined) return { status: 200, body: { value: [] } };
  const { fabric, container, recoveryFabric, recoveryContainer } = sites(given);
  const there = { fabric, container };
  const back = { fabric: recoveryFabric, container: recoveryContainer };
  const mapping = (from: typeof there, to: typeof there): unknown => {
    const containerId = (place: typeof there): string =>
      `${vaultId(world, vault)}/replicationFabrics/${place.fabric}/replicationProtectionContainers/${place.container}`;
    const name = `${from.container}-to-${to.container}`;
    return {
      id: `${containerId(from)}/replicationProtectionContainerMappings/${name}`,
      name,
      type: 'Microsoft.RecoveryServices/vaults/replicationFabrics/replicationProtectionContainers/replicationProtectionContainerMappings',
      properties: {
        targetProtectionContainerId: containerId(to),
        targetProtectionContainerFriendlyName: to.container,
        providerSpecificDetails: { instanceType: 'A2A', agentAutoUpdateStatus: 'Disabled', automationAccountArmId: null },
        health: 'Normal',
        healthErrorDetails: [],
        policyId: `${vaultId(world, vault)}/replicationPolicies/${given.policy.name}`,
        state: 'Paired',
        sourceProtectionContainerFriendlyName: from.container,
        sourceFabricFriendlyName: from.fabric,
        targetFabricFriendlyName: to.fabric,
        policyFriendlyName: given.policy.name,
      },
    };
  };
  return { status: 200, body: { value: [mapping(there, back), mapping(back, there)] } };
}
