import { vaultId } from '../arm-ids.ts';
import { param } from '../route.ts';
import { notThere } from './errors.ts';
import { findVault } from './find.ts';
import { regionName, sites } from './item.ts';
import type { Answer, Call } from '../route.ts';
import type { Vault, World } from '../world.ts';
import type { Replication } from './item.ts';

/** A region of a vault's replication, with the container of what is protected there. */
export interface Fabric {
  readonly vault: Vault;
  readonly replication: Replication;
  readonly name: string;
  readonly container: string;
  readonly location: string;
  readonly role: 'Primary' | 'Recovery';
}

/** The fabrics of a vault: one on either side of its pair, whichever way its machines are protected now. */
export function fabricsOf(world: World, vault: Vault): readonly Fabric[] {
  const replication = world.estate.vaults.find(({ name, group }) => name === vault.name && group === vault.group)?.replication;
  if (replication === undefined) return [];
  const { fabric, container, recoveryFabric, recoveryContainer } = sites(replication);
  const { from, to } = replication.pair;
  return [
    { vault, replication, name: fabric, container, location: from, role: 'Primary' },
    { vault, replication, name: recoveryFabric, container: recoveryContainer, location: to, role: 'Recovery' },
  ];
}

/** The fabric a request names, or the answer that there is none. */
export function findFabric(world: World, call: Call): Fabric | Answer {
  const vault = findVault(world, call);
  if ('status' in vault) return vault;
  const name = param(call, 'fabricName');
  return fabricsOf(world, vault).find((fabric) => fabric.name.toLowerCase() === name.toLowerCase()) ?? notThere('fabric', name);
}

/** Id of a fabric. */
export function fabricId(world: World, fabric: Pick<Fabric, 'vault' | 'name'>): string {
  return `${vaultId(world, fabric.vault)}/replicationFabrics/${fabric.name}`;
}

/** Id of the container of a fabric. */
export function containerId(world: World, fabric: Pick<Fabric, 'vault' | 'name' | 'container'>): string {
  return `${fabricId(world, fabric)}/replicationProtectionContainers/${fabric.container}`;
}

/** GET replicationFabrics. */
export function listFabrics(world: World, call: Call): Answer {
  const vault = findVault(world, call);
  if ('status' in vault) return vault;
  return { status: 200, body: { value: fabricsOf(world, vault).map((fabric) => fabricBody(world, fabric)) } };
}

/** GET of a fabric. */
export function getFabric(world: World, call: Call): Answer {
  const fabric = findFabric(world, call);
  return 'status' in fabric ? fabric : { status: 200, body: fabricBody(world, fabric) };
}

// As recorded by azure-cli when it made a fabric of a region.
function fabricBody(world: World, fabric: Fabric): Readonly<Record<string, unknown>> {
  const unencrypted = { kekState: 'None', kekCertThumbprint: null };
  return {
    name: fabric.name,
    type: 'Microsoft.RecoveryServices/vaults/replicationFabrics',
    id: fabricId(world, fabric),
    properties: {
      friendlyName: regionName(fabric.location),
      encryptionDetails: unencrypted,
      rolloverEncryptionDetails: unencrypted,
      internalIdentifier: world.draws.uuid(`provider:${fabric.name}`),
      bcdrState: 'Valid',
      customDetails: { instanceType: 'Azure', location: fabric.location, containerIds: [containerId(world, fabric)], zones: [] },
      healthErrorDetails: [],
      health: 'Normal',
    },
  };
}
