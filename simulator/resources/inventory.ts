import { lockOver, lockedText } from '../access/locks.ts';
import { diskId, groupId, machineId, snapshotId, vaultId } from '../arm-ids.ts';
import { dropVault } from '../backup/vault.ts';
import { diskGone } from '../compute/disk-view.ts';
import { dropSnapshot } from '../compute/disk-snapshots.ts';
import { changed, deleteMachine } from '../compute/machines.ts';
import { dropCollection } from '../compute/restore-point-collections.ts';
import { collectionId } from '../compute/restore-point-view.ts';
import { networkId, nicId, securityGroupId } from '../network/ids.ts';
import { dropNic } from '../network/interfaces.ts';
import { dropNetwork, networkInUse } from '../network/networks.ts';
import { dropSecurityGroup, securityGroupInUse } from '../network/security-groups.ts';
import { partId } from '../network/subnet-part-view.ts';
import { dropPart, partInUse } from '../network/subnet-parts.ts';
import { DURATIONS } from '../times.ts';
import { keyOf } from '../world.ts';
import type { World } from '../world.ts';

/** Why a resource cannot be deleted, as its provider says it. */
export interface Blocked {
  readonly code: string;
  readonly message: string;
}

/** A resource of a group, and what becomes of it when the group is deleted. */
export interface Held {
  readonly id: string;
  readonly type: string;
  readonly name: string;
  readonly blocked: Blocked | undefined;
  readonly begin?: () => void;
  readonly drop: () => void;
}

/** Resources that go together, after those that need them. */
export interface Stage {
  readonly durationMs: number;
  readonly held: (world: World, group: string) => readonly Held[];
}

/** What a group may hold, in the order in which Azure deletes it: nothing goes before what uses it. */
export const STAGES: readonly Stage[] = [
  { durationMs: DURATIONS.vmDeleteHigh, held: machines },
  {
    durationMs: DURATIONS.groupParts,
    held: (world, group) => [...interfaces(world, group), ...disks(world, group), ...points(world, group), ...snapshots(world, group)],
  },
  { durationMs: DURATIONS.groupParts, held: networks },
  { durationMs: DURATIONS.groupParts, held: (world, group) => [...securityGroups(world, group), ...parts(world, group)] },
  { durationMs: DURATIONS.groupParts, held: (world, group) => [...vaults(world, group), ...edges(world, group)] },
];

type Given = Omit<Held, 'blocked'> & { readonly inUse?: Blocked | undefined };

function held(world: World, { inUse, ...given }: Given): Held {
  const lock = lockOver(world, given.id, 'delete');
  const locked = lock === undefined ? undefined : { code: 'ScopeLocked', message: lockedText(given.id, 'delete', lock) };
  const drop = (): void => {
    given.drop();
    world.ledger.newLife(given.id);
  };
  return { ...given, blocked: locked ?? inUse, drop };
}

function inGroup<Each extends { readonly group: string }>(all: Iterable<Each>, group: string): readonly Each[] {
  return [...all].filter((each) => each.group.toLowerCase() === group.toLowerCase());
}

function machines(world: World, group: string): readonly Held[] {
  return inGroup(world.machines.values(), group).map((machine) =>
    held(world, {
      id: machineId(world, machine.group, machine.name),
      type: 'Microsoft.Compute/virtualMachines',
      name: machine.name,
      begin: () => {
        machine.provisioning = 'Deleting';
        changed(world, machine);
      },
      drop: () => deleteMachine(world, machine),
    }),
  );
}

function interfaces(world: World, group: string): readonly Held[] {
  return inGroup(world.nics.values(), group).map((nic) =>
    held(world, {
      id: nicId(world, nic),
      type: 'Microsoft.Network/networkInterfaces',
      name: nic.name,
      inUse:
        nic.machine === undefined ? undefined : { code: 'NicInUse', message: `Network Interface ${nic.name} is used by ${nic.machine}.` },
      drop: () => dropNic(world, nic),
    }),
  );
}

function disks(world: World, group: string): readonly Held[] {
  return inGroup(world.disks.values(), group).map((disk) =>
    held(world, {
      id: diskId(world, disk.group, disk.name),
      type: 'Microsoft.Compute/disks',
      name: disk.name,
      inUse:
        disk.owner === undefined
          ? undefined
          : { code: 'OperationNotAllowed', message: `Disk ${disk.name} is attached to VM ${disk.owner}.` },
      drop: () => {
        world.disks.delete(keyOf(disk.group, disk.name));
        diskGone(world, disk);
      },
    }),
  );
}

function points(world: World, group: string): readonly Held[] {
  return inGroup(world.collections.values(), group).map((collection) =>
    held(world, {
      id: collectionId(world, collection),
      type: 'Microsoft.Compute/restorePointCollections',
      name: collection.name,
      drop: () => dropCollection(world, collection),
    }),
  );
}

function snapshots(world: World, group: string): readonly Held[] {
  return inGroup(world.diskSnapshots.values(), group).map((snapshot) =>
    held(world, {
      id: snapshotId(world, snapshot.group, snapshot.name),
      type: 'Microsoft.Compute/snapshots',
      name: snapshot.name,
      drop: () => dropSnapshot(world, snapshot),
    }),
  );
}

function networks(world: World, group: string): readonly Held[] {
  return inGroup(world.networks.values(), group).map((network) =>
    held(world, {
      id: networkId(world, network),
      type: 'Microsoft.Network/virtualNetworks',
      name: network.name,
      inUse: networkInUse(world, network),
      drop: () => dropNetwork(world, network),
    }),
  );
}

function securityGroups(world: World, group: string): readonly Held[] {
  return inGroup(world.securityGroups.values(), group).map((guard) =>
    held(world, {
      id: securityGroupId(world, guard),
      type: 'Microsoft.Network/networkSecurityGroups',
      name: guard.name,
      inUse: securityGroupInUse(world, guard),
      drop: () => dropSecurityGroup(world, guard),
    }),
  );
}

function parts(world: World, group: string): readonly Held[] {
  return (['routeTables', 'natGateways'] as const).flatMap((type) =>
    inGroup(world[type].values(), group).map((part) =>
      held(world, {
        id: partId(world, type, part),
        type: `Microsoft.Network/${type}`,
        name: part.name,
        inUse: partInUse(world, type, part),
        drop: () => dropPart(world, type, part),
      }),
    ),
  );
}

function vaults(world: World, group: string): readonly Held[] {
  return inGroup(world.vaults.values(), group).map((vault) => {
    const protects = [...vault.items.values(), ...vault.backupItems.values()].map(({ machine }) => machine.name);
    return held(world, {
      id: vaultId(world, vault),
      type: 'Microsoft.RecoveryServices/vaults',
      name: vault.name,
      inUse:
        protects.length === 0
          ? undefined
          : {
              code: 'ServiceResourceNotEmptyWithContainerDetails',
              message: `Vault cannot be deleted as there are existing resources within the vault: ${[...new Set(protects)].join(', ')}.`,
            },
      drop: () => dropVault(world, vault),
    });
  });
}

/** Profiles and alert rules stand in the estate; the world keeps which of them are gone. */
function edges(world: World, group: string): readonly Held[] {
  const { trafficManager, alertRules } = world.estate;
  const kinds = [
    { type: 'Microsoft.Network/trafficManagerProfiles', all: trafficManager },
    { type: 'Microsoft.Insights/metricAlerts', all: alertRules },
  ];
  return kinds.flatMap(({ type, all }) =>
    inGroup<{ readonly group: string; readonly name: string }>(all, group)
      .map(({ name }) => ({ id: `${groupId(world, group)}/providers/${type}/${name}`, type, name }))
      .filter(({ id }) => !world.gone.has(id.toLowerCase()))
      .map((each) => held(world, { ...each, drop: () => void world.gone.add(each.id.toLowerCase()) })),
  );
}
