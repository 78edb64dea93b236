import { call, collect, type Driven, refused } from './calls.ts';
import type { Capture } from './capture.ts';

const VAULT = ['rsv-dr-weu', 'rg-dr-weu'] as const;
const NO_VAULT = ['rsv-nobody', 'rg-dr-weu'] as const;
const FABRIC = 'asr-a2a-default-westeurope';
const CONTAINER = `${FABRIC}-container`;
const OTHER = 'asr-a2a-default-northeurope-container';
const GROUP = 'rg-shop-weu';

/** Reads where the machines of a vault are replicated, how they fare and what has happened to them; asks for what is not there. */
export async function driveRecoveryReads(capture: Capture, driven: Driven): Promise<void> {
  await drivePlaces(capture, driven);
  await driveNetworks(capture, driven);
  await driveFilters(capture);
  await driveHealth(capture, driven);
  await driveEligibility(capture, driven);
}

async function drivePlaces(capture: Capture, driven: Driven): Promise<void> {
  const { siteRecovery } = capture.azure;
  const fabrics = siteRecovery.replicationFabrics;
  await collect(fabrics.list(...VAULT));
  await call(capture, driven, 'ReplicationFabrics_Get', () => fabrics.get(...VAULT, FABRIC));
  await refused(() => fabrics.get(...VAULT, 'nobody'));
  await refused(() => collect(fabrics.list(...NO_VAULT)));

  const containers = siteRecovery.replicationProtectionContainers;
  await collect(containers.list(...VAULT));
  await collect(containers.listByReplicationFabrics(...VAULT, FABRIC));
  await call(capture, driven, 'ReplicationProtectionContainers_Get', () => containers.get(...VAULT, FABRIC, CONTAINER));
  await refused(() => containers.get(...VAULT, FABRIC, 'nobody'));
  await refused(() => collect(containers.listByReplicationFabrics(...VAULT, 'nobody')));
  await refused(() => collect(containers.list(...NO_VAULT)));

  const mappings = siteRecovery.replicationProtectionContainerMappings;
  await collect(mappings.listByReplicationProtectionContainers(...VAULT, FABRIC, CONTAINER));
  await call(capture, driven, 'ReplicationProtectionContainerMappings_Get', () =>
    mappings.get(...VAULT, FABRIC, CONTAINER, `${CONTAINER}-to-${OTHER}`),
  );
  await refused(() => mappings.get(...VAULT, FABRIC, CONTAINER, 'nobody'));
  await refused(() => collect(mappings.listByReplicationProtectionContainers(...VAULT, FABRIC, 'nobody')));

  const policies = siteRecovery.replicationPolicies;
  await collect(policies.list(...VAULT));
  await call(capture, driven, 'ReplicationPolicies_Get', () => policies.get(...VAULT, 'a2a-24h'));
  await refused(() => policies.get(...VAULT, 'nobody'));
  await refused(() => collect(policies.list(...NO_VAULT)));
}

async function driveNetworks(capture: Capture, driven: Driven): Promise<void> {
  const { replicationNetworks: networks, replicationNetworkMappings: mappings } = capture.azure.siteRecovery;
  await collect(networks.list(...VAULT));
  await collect(networks.listByReplicationFabrics(...VAULT, FABRIC));
  await call(capture, driven, 'ReplicationNetworks_Get', () => networks.get(...VAULT, FABRIC, 'azureNetwork'));
  await refused(() => networks.get(...VAULT, FABRIC, 'nobody'));
  await refused(() => collect(networks.list(...NO_VAULT)));
  await refused(() => collect(networks.listByReplicationFabrics(...VAULT, 'nobody')));

  const network = [...VAULT, FABRIC, 'azureNetwork'] as const;
  await collect(mappings.list(...VAULT));
  await collect(mappings.listByReplicationNetworks(...network));
  await call(capture, driven, 'ReplicationNetworkMappings_Get', () => mappings.get(...network, 'vnet-shop-weu-to-vnet-shop-neu'));
  await refused(() => mappings.get(...network, 'nobody'));
  await refused(() => collect(mappings.list(...NO_VAULT)));
  await refused(() => collect(mappings.listByReplicationNetworks(...VAULT, FABRIC, 'nobody')));
}

/** Filters of the lists of items and jobs, and a page that no list has named. */
async function driveFilters(capture: Capture): Promise<void> {
  const { replicationProtectedItems: items, replicationJobs: jobs } = capture.azure.siteRecovery;
  await collect(items.list(...VAULT, { filter: `sourceFabricName eq '${FABRIC}' and instanceType eq 'A2A'` }));
  await refused(() => collect(items.list(...VAULT, { filter: 'name gt 1' })));
  await refused(() => collect(items.list(...VAULT, { skipToken: 'nobody' })));
  await refused(() => collect(items.list(...NO_VAULT)));
  await collect(jobs.list(...VAULT, { filter: `fabricId eq '${FABRIC}' and affectedObjectTypes eq 'ProtectionEntity'` }));
  await refused(() => collect(jobs.list(...VAULT, { filter: "startTime eq 'yesterday'" })));
  await refused(() => collect(jobs.list(...NO_VAULT)));
}

async function driveHealth(capture: Capture, driven: Driven): Promise<void> {
  const { replicationEvents: events, replicationVaultHealth: health } = capture.azure.siteRecovery;
  const all = await collect(events.list(...VAULT));
  await collect(events.list(...VAULT, { filter: "eventType eq 'VmHealth' and severity eq 'Warning'" }));
  await refused(() => collect(events.list(...VAULT, { filter: 'severity gt 1' })));
  await refused(() => collect(events.list(...NO_VAULT)));
  await call(capture, driven, 'ReplicationEvents_Get', () => events.get(...VAULT, all[0]?.name ?? ''));
  await refused(() => events.get(...VAULT, 'nobody'));
  await call(capture, driven, 'ReplicationVaultHealth_Get', () => health.get(...VAULT));
  await refused(() => health.get(...NO_VAULT));
}

async function driveEligibility(capture: Capture, driven: Driven): Promise<void> {
  const { replicationEligibilityResultsOperations: results, targetComputeSizes: sizes } = capture.azure.siteRecovery;
  await call(capture, driven, 'ReplicationEligibilityResults_List', () => results.list(GROUP, 'web-02'));
  await call(capture, driven, 'ReplicationEligibilityResults_Get', () => results.get(GROUP, 'web-02'));
  await refused(() => results.list(GROUP, 'nobody'));
  await refused(() => results.get(GROUP, 'nobody'));
  await collect(sizes.listByReplicationProtectedItems(...VAULT, FABRIC, CONTAINER, 'web-02'));
  await refused(() => collect(sizes.listByReplicationProtectedItems(...VAULT, FABRIC, CONTAINER, 'nobody')));
}
