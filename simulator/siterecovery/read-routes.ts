import { getContainer, listContainers, listFabricContainers } from './containers.ts';
import { getEligibility, listEligibility } from './eligibility.ts';
import { getEvent, listEvents } from './event-reads.ts';
import { getFabric, listFabrics } from './fabrics.ts';
import { getMapping, listContainerMappings, listMappings } from './mappings.ts';
import { getNetworkMapping, listMappingsOfNetwork, listNetworkMappings } from './network-mappings.ts';
import { getNetwork, listFabricNetworks, listNetworks } from './networks.ts';
import { getPolicy, listPolicies } from './policies.ts';
import { listTargetSizes } from './target-sizes.ts';
import { getVaultHealth } from './vault-health.ts';
import type { Route } from '../route.ts';

const GROUP = '/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers';
const VAULT = `${GROUP}/Microsoft.RecoveryServices/vaults/{resourceName}`;
const FABRIC = `${VAULT}/replicationFabrics/{fabricName}`;
const CONTAINERS = `${FABRIC}/replicationProtectionContainers`;
const CONTAINER = `${CONTAINERS}/{protectionContainerName}`;
const CONTAINER_MAPPINGS = `${CONTAINER}/replicationProtectionContainerMappings`;
const NETWORK = `${FABRIC}/replicationNetworks/{networkName}`;
const SIZES = `${CONTAINER}/replicationProtectedItems/{replicatedProtectedItemName}/targetComputeSizes`;
const ELIGIBILITY = `${GROUP}/Microsoft.Compute/virtualMachines/{virtualMachineName}/providers/Microsoft.RecoveryServices/replicationEligibilityResults`;

function read(operation: string, path: string, handle: Route['handle']): Route {
  return { operation, method: 'GET', path, apiVersions: ['2023-06-01'], handle };
}

/** What of Site Recovery can be read beside its items, plans and jobs: where they lie, how they fare, what else could be. */
export const SITE_RECOVERY_READ_ROUTES: readonly Route[] = [
  read('ReplicationFabrics_List', `${VAULT}/replicationFabrics`, listFabrics),
  read('ReplicationFabrics_Get', FABRIC, getFabric),
  read('ReplicationProtectionContainers_List', `${VAULT}/replicationProtectionContainers`, listContainers),
  read('ReplicationProtectionContainers_ListByReplicationFabrics', CONTAINERS, listFabricContainers),
  read('ReplicationProtectionContainers_Get', CONTAINER, getContainer),
  read('ReplicationProtectionContainerMappings_List', `${VAULT}/replicationProtectionContainerMappings`, listMappings),
  read('ReplicationProtectionContainerMappings_ListByReplicationProtectionContainers', CONTAINER_MAPPINGS, listContainerMappings),
  read('ReplicationProtectionContainerMappings_Get', `${CONTAINER_MAPPINGS}/{mappingName}`, getMapping),
  read('ReplicationPolicies_List', `${VAULT}/replicationPolicies`, listPolicies),
  read('ReplicationPolicies_Get', `${VAULT}/replicationPolicies/{policyName}`, getPolicy),
  read('ReplicationNetworks_List', `${VAULT}/replicationNetworks`, listNetworks),
  read('ReplicationNetworks_ListByReplicationFabrics', `${FABRIC}/replicationNetworks`, listFabricNetworks),
  read('ReplicationNetworks_Get', NETWORK, getNetwork),
  read('ReplicationNetworkMappings_List', `${VAULT}/replicationNetworkMappings`, listNetworkMappings),
  read('ReplicationNetworkMappings_ListByReplicationNetworks', `${NETWORK}/replicationNetworkMappings`, listMappingsOfNetwork),
  read('ReplicationNetworkMappings_Get', `${NETWORK}/replicationNetworkMappings/{networkMappingName}`, getNetworkMapping),
  read('ReplicationEvents_List', `${VAULT}/replicationEvents`, listEvents),
  read('ReplicationEvents_Get', `${VAULT}/replicationEvents/{eventName}`, getEvent),
  read('ReplicationVaultHealth_Get', `${VAULT}/replicationVaultHealth`, getVaultHealth),
  read('ReplicationEligibilityResults_List', ELIGIBILITY, listEligibility),
  read('ReplicationEligibilityResults_Get', `${ELIGIBILITY}/default`, getEligibility),
  read('TargetComputeSizes_ListByReplicationProtectedItems', SIZES, listTargetSizes),
];
