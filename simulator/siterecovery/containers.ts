import { listed } from '../lists.ts';
import { param } from '../route.ts';
import { notThere } from './errors.ts';
import { containerId, fabricsOf, findFabric } from './fabrics.ts';
import { findVault } from './find.ts';
import { itemId, regionName } from './item.ts';
import type { Answer, Call } from '../route.ts';
import type { Vault, World } from '../world.ts';
import type { Fabric } from './fabrics.ts';

const CONTAINER_TYPE = 'Microsoft.RecoveryServices/vaults/replicationFabrics/replicationProtectionContainers';
/** How the list of a whole vault names the type. */
const LISTED_TYPE = 'Microsoft.RecoveryServices/vaults/replicationProtectionContainers';

/** The container a request names, by the fabric it is the container of. */
export function findContainer(world: World, call: Call): Fabric | Answer {
  const fabric = findFabric(world, call);
  if ('status' in fabric) return fabric;
  const name = param(call, 'protectionContainerName');
  return fabric.container.toLowerCase() === name.toLowerCase() ? fabric : notThere('protection container', name);
}

/** GET replicationProtectionContainers of a vault. */
export function listContainers(world: World, call: Call): Answer {
  const vault = findVault(world, call);
  if ('status' in vault) return vault;
  const ids = listedIds(world, vault);
  const value = fabricsOf(world, vault).map((fabric) => containerBody(world, fabric, { ids, type: LISTED_TYPE }));
  return { status: 200, body: { value } };
}

/** GET replicationProtectionContainers of a fabric. */
export function listFabricContainers(world: World, call: Call): Answer {
  const fabric = findFabric(world, call);
  if ('status' in fabric) return fabric;
  const ids = listedIds(world, fabric.vault);
  return { status: 200, body: { value: [containerBody(world, fabric, { ids, type: CONTAINER_TYPE })] } };
}

/** GET of a container. */
export function getContainer(world: World, call: Call): Answer {
  const fabric = findContainer(world, call);
  if ('status' in fabric) return fabric;
  const ids = [...fabric.vault.items.values()].map((item) => itemId(world, item));
  return { status: 200, body: containerBody(world, fabric, { ids, type: CONTAINER_TYPE }) };
}

/** Lists count what the list of the items shows by now. */
function listedIds(world: World, vault: Vault): readonly string[] {
  return listed(world, `items ${vault.name}`).map((body) => (body as { readonly id: string }).id);
}

function containerBody(
  world: World,
  fabric: Fabric,
  given: { readonly ids: readonly string[]; readonly type: string },
): Readonly<Record<string, unknown>> {
  const id = containerId(world, fabric);
  return {
    id,
    name: fabric.container,
    type: given.type,
    properties: {
      fabricFriendlyName: regionName(fabric.location),
      friendlyName: fabric.container,
      fabricType: 'Azure',
      protectedItemCount: given.ids.filter((each) => each.toLowerCase().startsWith(`${id.toLowerCase()}/`)).length,
      pairingStatus: 'Paired',
      role: fabric.role,
      fabricSpecificDetails: null,
    },
  };
}
