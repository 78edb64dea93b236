import { param } from '../route.ts';
import { notThere } from './errors.ts';
import { fabricId, fabricsOf, findFabric } from './fabrics.ts';
import { findVault } from './find.ts';
import type { Answer, Call } from '../route.ts';
import type { World } from '../world.ts';
import type { Fabric } from './fabrics.ts';

/** The one network that a fabric of Azure has to Site Recovery: mappings between virtual networks lie below it. */
export const FABRIC_NETWORK = 'azureNetwork';

/** GET replicationNetworks of a vault. */
export function listNetworks(world: World, call: Call): Answer {
  const vault = findVault(world, call);
  if ('status' in vault) return vault;
  return { status: 200, body: { value: fabricsOf(world, vault).map((fabric) => networkBody(world, fabric)) } };
}

/** GET replicationNetworks of a fabric. */
export function listFabricNetworks(world: World, call: Call): Answer {
  const fabric = findFabric(world, call);
  return 'status' in fabric ? fabric : { status: 200, body: { value: [networkBody(world, fabric)] } };
}

/** GET of a network. */
export function getNetwork(world: World, call: Call): Answer {
  const fabric = findFabricNetwork(world, call);
  return 'status' in fabric ? fabric : { status: 200, body: networkBody(world, fabric) };
}

/** The fabric whose network a request names, or the answer that there is none. */
export function findFabricNetwork(world: World, call: Call): Fabric | Answer {
  const fabric = findFabric(world, call);
  if ('status' in fabric) return fabric;
  const name = param(call, 'networkName');
  return name.toLowerCase() === FABRIC_NETWORK.toLowerCase() ? fabric : notThere('network', name);
}

/** The subnets are those of the virtual networks of the region: no recording shows what Azure lists here. */
function networkBody(world: World, fabric: Fabric): Readonly<Record<string, unknown>> {
  const networks = [...world.networks.values()].filter(({ location }) => location === fabric.location);
  return {
    type: 'Microsoft.RecoveryServices/vaults/replicationFabrics/replicationNetworks',
    id: `${fabricId(world, fabric)}/replicationNetworks/${FABRIC_NETWORK}`,
    name: FABRIC_NETWORK,
    properties: {
      fabricType: 'Azure',
      subnets: networks.flatMap(({ name, subnets }) =>
        subnets.map((subnet) => ({ name: `${name}/${subnet.name}`, friendlyName: name, addressList: [subnet.prefix] })),
      ),
      friendlyName: FABRIC_NETWORK,
      networkType: null,
    },
  };
}
