import { param } from '../route.ts';
import { findContainer } from './containers.ts';
import { notThere } from './errors.ts';
import { containerId, fabricsOf } from './fabrics.ts';
import { findVault } from './find.ts';
import { regionName } from './item.ts';
import { policyId } from './policies.ts';
import type { Answer, Call } from '../route.ts';
import type { World } from '../world.ts';
import type { Fabric } from './fabrics.ts';

const MAPPING_TYPE =
  'Microsoft.RecoveryServices/vaults/replicationFabrics/replicationProtectionContainers/replicationProtectionContainerMappings';
/** How the list of a whole vault names the type. */
const LISTED_TYPE = 'Microsoft.RecoveryServices/vaults/replicationProtectionContainerMappings';

/** GET replicationProtectionContainerMappings: one in each direction between the containers of a vault. */
export function listMappings(world: World, call: Call): Answer {
  const vault = findVault(world, call);
  if ('status' in vault) return vault;
  const value = fabricsOf(world, vault).flatMap((from) => mappingsFrom(world, from, LISTED_TYPE));
  return { status: 200, body: { value } };
}

/** GET replicationProtectionContainerMappings of a container. */
export function listContainerMappings(world: World, call: Call): Answer {
  const from = findContainer(world, call);
  return 'status' in from ? from : { status: 200, body: { value: mappingsFrom(world, from, MAPPING_TYPE) } };
}

/** GET of a mapping. */
export function getMapping(world: World, call: Call): Answer {
  const from = findContainer(world, call);
  if ('status' in from) return from;
  const name = param(call, 'mappingName');
  const found = mappingsFrom(world, from, MAPPING_TYPE).find((mapping) => mapping.name.toLowerCase() === name.toLowerCase());
  return found === undefined ? notThere('protection container mapping', name) : { status: 200, body: found };
}

type MappingBody = Readonly<Record<string, unknown>> & { readonly name: string };

function mappingsFrom(world: World, from: Fabric, type: string): readonly MappingBody[] {
  return fabricsOf(world, from.vault)
    .filter((to) => to.name !== from.name)
    .map((to) => mappingBody(world, { from, to, type }));
}

// As recorded by azure-cli between two regions.
function mappingBody(world: World, given: { readonly from: Fabric; readonly to: Fabric; readonly type: string }): MappingBody {
  const { from, to, type } = given;
  const policy = from.replication.policy.name;
  const name = `${from.container}-to-${to.container}`;
  return {
    id: `${containerId(world, from)}/replicationProtectionContainerMappings/${name}`,
    name,
    type,
    properties: {
      targetProtectionContainerId: containerId(world, to),
      targetProtectionContainerFriendlyName: to.container,
      providerSpecificDetails: {
        instanceType: 'A2A',
        agentAutoUpdateStatus: 'Disabled',
        automationAccountAuthenticationType: 'RunAsAccount',
        automationAccountArmId: null,
        scheduleName: null,
        jobScheduleName: null,
      },
      health: 'Normal',
      healthErrorDetails: [],
      policyId: policyId(world, from.vault, policy),
      state: 'Paired',
      sourceProtectionContainerFriendlyName: from.container,
      sourceFabricFriendlyName: regionName(from.location),
      targetFabricFriendlyName: regionName(to.location),
      policyFriendlyName: policy,
    },
  };
}
