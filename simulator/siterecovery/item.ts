import { diskId, fabricObjectId, groupId, networkResourceId, vaultId } from '../arm-ids.ts';
import { listLater, listNow } from '../lists.ts';
import { planted } from '../plants.ts';
import { UNSET_SCENARIO_TIME, azureTime } from '../times.ts';
import { advance } from '../transition.ts';
import { keyOf } from '../world.ts';
import { correlationId, failoverHealth, healthErrorBody, issuesOf, outdatedAgent, replicationHealth } from './health.ts';
import { ITEM, ITEM_VIEW } from './item-state.ts';
import type { EstateVault } from '../estate.ts';
import type { Machine, Vault, World } from '../world.ts';
import type { ItemEvent, ItemPhase } from './item-state.ts';
import type { Point } from './replication.ts';

/** The replication settings of a vault that its items share. */
export type Replication = NonNullable<EstateVault['replication']>;

/** A replicated machine. */
export interface Item {
  readonly vault: Vault;
  readonly name: string;
  readonly machine: Machine;
  readonly guid: string;
  readonly replication: Replication;
  /** Name of its replication group; empty when it has none. */
  readonly multiVmGroup: string;
  readonly agentVersion: string | undefined;
  readonly points: Point[];
  phase: ItemPhase;
  scenario: { readonly name: string; readonly jobId: string; readonly startMs: number } | undefined;
  replicating: boolean;
  rpoSeconds: number | undefined;
  rpoAtMs: number;
  lastTestMs: number | undefined;
  testMachine: string | undefined;
  /** The machine at the other site after a failover, and the point it was made from. */
  recovered: { readonly machine: Machine; readonly point: Point; readonly atMs: number } | undefined;
  /** True for an item that was made since the estate was: by enabling protection, or by reversing it. */
  readonly fresh: boolean;
}

/** What an item is before anything has happened to it. */
export const NOTHING_HAPPENED = {
  scenario: undefined,
  replicating: true,
  rpoSeconds: undefined,
  rpoAtMs: 0,
  lastTestMs: undefined,
  testMachine: undefined,
  recovered: undefined,
} as const satisfies Partial<Item>;

const AGENT = '9.62.7246.1';

/** Moves an item by its table and tells the lists. */
export function moveItem(world: World, item: Item, event: ItemEvent): void {
  item.phase = advance(ITEM, item.phase, event);
}

/** Tells the lists that an item is different now. */
export function itemChanged(world: World, item: Item): void {
  listLater(world, `items ${item.vault.name}`, item.name, itemBody(world, item));
}

/** Puts an item into the lists as it was before the simulator started. */
export function itemListed(world: World, item: Item): void {
  listNow(world, `items ${item.vault.name}`, item.name, itemBody(world, item));
}

/** Names of fabric and container on either side, as the portal makes them. */
export function sites(replication: Replication): Readonly<Record<'fabric' | 'container' | 'recoveryFabric' | 'recoveryContainer', string>> {
  const fabric = `asr-a2a-default-${replication.pair.from}`;
  const recoveryFabric = `asr-a2a-default-${replication.pair.to}`;
  return { fabric, container: `${fabric}-container`, recoveryFabric, recoveryContainer: `${recoveryFabric}-container` };
}

/** Id of an item. */
export function itemId(world: World, item: Item): string {
  const { fabric, container } = sites(item.replication);
  return `${vaultId(world, item.vault)}/replicationFabrics/${fabric}/replicationProtectionContainers/${container}/replicationProtectedItems/${item.name}`;
}

/** An item as Site Recovery answers it. */
export function itemBody(world: World, item: Item): Readonly<Record<string, unknown>> {
  const vault = vaultId(world, item.vault);
  const place = sites(item.replication);
  const view = ITEM_VIEW[item.phase];
  return {
    id: itemId(world, item),
    name: item.name,
    type: 'Microsoft.RecoveryServices/vaults/replicationFabrics/replicationProtectionContainers/replicationProtectedItems',
    properties: {
      friendlyName: item.machine.name,
      protectedItemType: '',
      protectableItemId: null,
      recoveryServicesProviderId: `${vault}/replicationFabrics/${place.fabric}/replicationRecoveryServicesProviders/${world.draws.uuid(`provider:${place.fabric}`)}`,
      primaryFabricFriendlyName: regionName(item.replication.pair.from),
      primaryFabricProvider: 'AzureFabric',
      recoveryFabricFriendlyName: regionName(item.replication.pair.to),
      recoveryFabricId: `${vault}/replicationFabrics/${place.recoveryFabric}`,
      primaryProtectionContainerFriendlyName: place.container,
      recoveryProtectionContainerFriendlyName: place.recoveryContainer,
      protectionState: view.protection,
      protectionStateDescription: view.description,
      activeLocation: view.location ?? (item.recovered === undefined ? 'Primary' : 'Recovery'),
      testFailoverState: view.test,
      testFailoverStateDescription: view.testDescription,
      switchProviderState: 'None',
      switchProviderStateDescription: null,
      allowedOperations: planted(world, 'E5') && item.phase === 'committed' ? [...view.allowed, 'Reprotect'] : view.allowed,
      replicationHealth: replicationHealth(world, item),
      failoverHealth: failoverHealth(world, item),
      healthErrors: issuesOf(world, item)
        .filter(({ level }) => level !== 'Info')
        .map((issue) => healthErrorBody(world, item, issue)),
      policyId: `${vault}/replicationPolicies/${item.replication.policy.name}`,
      policyFriendlyName: item.replication.policy.name,
      ...(item.lastTestMs === undefined ? {} : { lastSuccessfulTestFailoverTime: azureTime(item.lastTestMs) }),
      ...(item.recovered === undefined ? {} : { lastSuccessfulFailoverTime: azureTime(item.recovered.atMs) }),
      currentScenario: scenario(vault, item),
      failoverRecoveryPointId: item.recovered === undefined ? null : `${itemId(world, item)}/recoveryPoints/${item.recovered.point.name}`,
      providerSpecificDetails: providerDetails(world, item),
      recoveryContainerId: `${vault}/replicationFabrics/${place.recoveryFabric}/replicationProtectionContainers/${place.recoveryContainer}`,
      eventCorrelationId: correlationId(world, item),
    },
  };
}

/** A region as Site Recovery names it to people. */
export function regionName(location: string): string {
  const found = /^(west|north|east|south|central)(europe|us|uk)(\d?)$/.exec(location);
  const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
  if (found === null) return capital(location);
  const land = found[2] === 'europe' ? 'Europe' : (found[2] ?? '').toUpperCase();
  return [capital(found[1] ?? ''), land, found[3] ?? ''].filter((part) => part !== '').join(' ');
}

/** Whether an item has no recovery point yet. */
function isSeeding(item: Item): boolean {
  return ['unprotected', 'enabling', 'seeding', 'waiting'].includes(item.phase);
}

/** An item without a scenario shows one named "None" that started in 1753. */
function scenario(vault: string, item: Item): Readonly<Record<string, unknown>> {
  if (item.scenario === undefined) return { scenarioName: 'None', jobId: `${vault}/replicationJobs/None`, startTime: UNSET_SCENARIO_TIME };
  return { scenarioName: item.scenario.name, jobId: item.scenario.jobId, startTime: azureTime(item.scenario.startMs) };
}

function providerDetails(world: World, item: Item): Readonly<Record<string, unknown>> {
  const agentVersion = outdatedAgent(world, item);
  const { machine, replication } = item;
  const targetGroup = groupId(world, replication.pair.targetGroup);
  const targetNetwork = [...world.networks.values(), ...world.estate.networks].find(({ name }) => name === replication.pair.network);
  const network = networkResourceId(world, { group: targetNetwork?.group ?? '', type: 'virtualNetworks', name: replication.pair.network });
  return {
    instanceType: 'A2A',
    fabricObjectId: fabricObjectId(world, machine.group, machine.name),
    initialPrimaryZone: '',
    initialPrimaryFabricLocation: replication.pair.from,
    initialRecoveryZone: '',
    initialRecoveryFabricLocation: replication.pair.to,
    multiVmGroupId: item.multiVmGroup === '' ? null : world.draws.uuid(`multi-vm:${item.multiVmGroup}`),
    multiVmGroupName: item.multiVmGroup,
    multiVmGroupCreateOption: item.multiVmGroup === '' ? 'AutoCreated' : 'UserSpecified',
    managementId: `${item.guid}`,
    protectedDisks: null,
    unprotectedDisks: null,
    protectedManagedDisks: disks(world, item, targetGroup),
    primaryFabricLocation: replication.pair.from,
    recoveryFabricLocation: replication.pair.to,
    osType: 'Linux',
    recoveryAzureVMSize: machine.size,
    recoveryAzureVMName: machine.name,
    recoveryAzureResourceGroupId: targetGroup,
    recoveryCloudService: '',
    recoveryAvailabilitySet: '',
    selectedRecoveryAzureNetworkId: network,
    selectedTfoAzureNetworkId: null,
    vmNics: [
      {
        nicId: networkResourceId(world, { group: machine.group, type: 'networkInterfaces', name: machine.nic }),
        replicaNicId: null,
        sourceNicArmId: networkResourceId(world, { group: machine.group, type: 'networkInterfaces', name: machine.nic }),
        vMNetworkName: machine.network.name,
        recoveryVMNetworkId: network,
        selectionType: 'SelectedByDefault',
        recoveryNicName: machine.nic,
        recoveryNicResourceGroupName: replication.pair.targetGroup,
        tfoRecoveryNicName: `${machine.nic}-test`,
        tfoRecoveryNicResourceGroupName: replication.pair.targetGroup,
      },
    ],
    vmSyncedConfigDetails: { tags: machine.tags, inputEndpoints: [] },
    monitoringPercentageCompletion: 0,
    monitoringJobType: 'InitialReplication',
    lastHeartbeat: azureTime(world.clock.nowMs()),
    agentVersion: agentVersion ?? AGENT,
    agentExpiryDate: '9999-12-31T23:59:59.9999999',
    isReplicationAgentUpdateRequired: agentVersion !== undefined && !planted(world, 'E15'),
    recoveryFabricObjectId:
      item.recovered === undefined ? null : fabricObjectId(world, item.recovered.machine.group, item.recovered.machine.name),
    vmProtectionState: ITEM_VIEW[item.phase].vm[0],
    vmProtectionStateDescription: ITEM_VIEW[item.phase].vm[1],
    lifecycleId: isSeeding(item) ? null : world.draws.uuid(`lifecycle:${item.guid}`),
    testFailoverRecoveryFabricObjectId: item.testMachine ?? null,
    rpoInSeconds: planted(world, 'E15') ? 120 : (item.rpoSeconds ?? null),
    lastRpoCalculatedTime: item.rpoSeconds === undefined ? null : azureTime(item.rpoAtMs),
    vmEncryptionType: 'NotEncrypted',
    tfoAzureVMName: `${machine.name}-test`,
    recoveryAzureGeneration: 'V2',
    autoProtectionOfDataDisk: 'Disabled',
    churnOptionSelected: 'Normal',
  };
}

function disks(world: World, item: Item, targetGroup: string): readonly Readonly<Record<string, unknown>>[] {
  const { machine, replication } = item;
  return [machine.osDisk, ...machine.dataDisks].map((diskName) => {
    const sizeGb = world.disks.get(keyOf(machine.group, diskName))?.sizeGb ?? 0;
    return {
      diskId: diskId(world, machine.group, diskName),
      recoveryResourceGroupId: targetGroup,
      recoveryTargetDiskId: `${targetGroup}/providers/Microsoft.Compute/disks/${diskName}`,
      recoveryReplicaDiskId: `${targetGroup}/providers/Microsoft.Compute/disks/${diskName}-ASRReplica`,
      recoveryReplicaDiskAccountType: 'Premium_LRS',
      recoveryTargetDiskAccountType: 'Premium_LRS',
      diskName,
      diskCapacityInBytes: sizeGb * 1024 ** 3,
      primaryStagingAzureStorageAccountId: `${groupId(world, machine.group)}/providers/Microsoft.Storage/storageAccounts/${replication.pair.cache}`,
      diskType: 'Premium_LRS',
      resyncRequired: false,
      monitoringPercentageCompletion: 0,
      monitoringJobType: 'None',
      dataPendingInStagingStorageAccountInMB: 0,
      dataPendingAtSourceAgentInMB: 0,
      diskState: 'Protected',
      isDiskEncrypted: false,
      isDiskKeyEncrypted: false,
      failoverDiskName: diskName,
      tfoDiskName: `${diskName}-test`,
    };
  });
}

/** The test machine of an item, when it has one. */
export function testMachineOf(world: World, item: Item): Machine | undefined {
  return item.testMachine === undefined
    ? undefined
    : world.machines.get(keyOf(item.replication.pair.targetGroup, `${item.machine.name}-test`));
}
