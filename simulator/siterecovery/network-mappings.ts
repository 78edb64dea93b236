import { networkResourceId } from '../arm-ids.ts';
import { inSpace } from '../network/addresses.ts';
import { param } from '../route.ts';
import { notThere } from './errors.ts';
import { fabricId, fabricsOf } from './fabrics.ts';
import { findVault } from './find.ts';
import { regionName } from './item.ts';
import { FABRIC_NETWORK, findFabricNetwork } from './networks.ts';
import type { Answer, Call } from '../route.ts';
import type { Network, Vault, World } from '../world.ts';
import type { Fabric } from './fabrics.ts';

/** Which virtual network of the other side stands for one of this side. */
interface NetworkMapping {
  readonly name: string;
  readonly primary: Fabric;
  readonly recovery: Fabric;
  readonly from: Pick<Network, 'name' | 'group'>;
  readonly to: Pick<Network, 'name' | 'group'>;
}

/** GET replicationNetworkMappings of a vault. */
export function listNetworkMappings(world: World, call: Call): Answer {
  const vault = findVault(world, call);
  if ('status' in vault) return vault;
  return { status: 200, body: { value: mappingsOf(world, vault).map((mapping) => mappingBody(world, mapping)) } };
}

/** GET replicationNetworkMappings of the network of a fabric. */
export function listMappingsOfNetwork(world: World, call: Call): Answer {
  const fabric = findFabricNetwork(world, call);
  if ('status' in fabric) return fabric;
  return { status: 200, body: { value: mappingsFrom(world, fabric).map((mapping) => mappingBody(world, mapping)) } };
}

/** GET of a network mapping. */
export function getNetworkMapping(world: World, call: Call): Answer {
  const fabric = findFabricNetwork(world, call);
  if ('status' in fabric) return fabric;
  const name = param(call, 'networkMappingName');
  const found = mappingsFrom(world, fabric).find((mapping) => mapping.name.toLowerCase() === name.toLowerCase());
  return found === undefined ? notThere('network mapping', name) : { status: 200, body: mappingBody(world, found) };
}

function mappingsFrom(world: World, fabric: Fabric): readonly NetworkMapping[] {
  return mappingsOf(world, fabric.vault).filter(({ primary }) => primary.name === fabric.name);
}

/**
 * The networks that the replicated machines of the estate live in lead to the network of the pair, and the first of them is where that one
 * leads back to. A mapping does not go when one of its networks is deleted.
 */
function mappingsOf(world: World, vault: Vault): readonly NetworkMapping[] {
  const [here, there] = fabricsOf(world, vault);
  if (here === undefined || there === undefined) return [];
  const { networks } = world.estate;
  const target = networks.find(({ name }) => name === here.replication.pair.network);
  const sources = networks.filter((network) =>
    world.estate.machines.some(({ name, address }) => here.replication.items.includes(name) && inSpace(network, address)),
  );
  const [first] = sources;
  if (target === undefined || first === undefined) return [];
  const mapping = (primary: Fabric, recovery: Fabric, ends: Pick<NetworkMapping, 'from' | 'to'>): NetworkMapping => ({
    name: `${ends.from.name}-to-${ends.to.name}`,
    primary,
    recovery,
    ...ends,
  });
  return [...sources.map((from) => mapping(here, there, { from, to: target })), mapping(there, here, { from: target, to: first })];
}

function mappingBody(world: World, mapping: NetworkMapping): Readonly<Record<string, unknown>> {
  const { name, primary, recovery, from, to } = mapping;
  const networkId = ({ group, name: network }: NetworkMapping['from']): string =>
    networkResourceId(world, { group, type: 'virtualNetworks', name: network });
  return {
    type: 'Microsoft.RecoveryServices/vaults/replicationFabrics/replicationNetworks/replicationNetworkMappings',
    id: `${fabricId(world, primary)}/replicationNetworks/${FABRIC_NETWORK}/replicationNetworkMappings/${name}`,
    name,
    properties: {
      state: 'Paired',
      primaryNetworkFriendlyName: from.name,
      primaryNetworkId: networkId(from),
      primaryFabricFriendlyName: regionName(primary.location),
      recoveryNetworkFriendlyName: to.name,
      recoveryNetworkId: networkId(to),
      recoveryFabricArmId: fabricId(world, recovery),
      recoveryFabricFriendlyName: regionName(recovery.location),
      fabricSpecificSettings: {
        instanceType: 'AzureToAzure',
        primaryFabricLocation: primary.location,
        recoveryFabricLocation: recovery.location,
      },
    },
  };
}
