import { locksFromEstate } from './access/locks.ts';
import { policiesOf } from './backup/policy.ts';
import { populateBackup } from './backup/populate.ts';
import { vaultListed } from './backup/vault.ts';
import { machineFromEstate } from './compute/machines.ts';
import { locationOf, keyOf } from './world.ts';
import { alertsFromEstate } from './network/alerts.ts';
import { inSpace } from './network/addresses.ts';
import { networkFromEstate, networksListed, peeringFromEstate } from './network/estate-networks.ts';
import { groupsFromEstate } from './resources/group.ts';
import { NOTHING_HAPPENED, itemListed, sites } from './siterecovery/item.ts';
import { planListed } from './siterecovery/plan.ts';
import { startReplication } from './siterecovery/replication.ts';
import type { EstateVault } from './estate.ts';
import type { Item } from './siterecovery/item.ts';
import type { Machine, Network, Vault, World } from './world.ts';

/** Fills a new world with what the estate says. Throws when the estate names something that it does not have. */
export function populate(world: World): void {
  groupsFromEstate(world);
  for (const given of world.estate.networks) {
    const location = given.location ?? locationOf(world, given.group);
    networkFromEstate(world, given, location);
  }
  for (const { name, peerings } of world.estate.networks) for (const other of peerings) peeringFromEstate(world, name, other);
  for (const given of world.estate.machines) machineFromEstate(world, given, networkOf(world, given));
  for (const given of world.estate.vaults) populateVault(world, given);
  for (const vault of world.vaults.values()) vaultListed(world, vault);
  networksListed(world);
  locksFromEstate(world);
  alertsFromEstate(world);
}

/** A machine lives in the network of its region and group whose space holds its address. */
function networkOf(world: World, machine: World['estate']['machines'][number]): Network {
  const found = [...world.networks.values()].find(({ prefixes }) => prefixes.some((space) => inSpace({ space }, machine.address)));
  if (found === undefined) throw new Error(`the estate has no network for ${machine.name} (${machine.address})`);
  return found;
}

function populateVault(world: World, given: EstateVault): void {
  const vault: Vault = {
    name: given.name,
    group: given.group,
    location: locationOf(world, given.group),
    items: new Map(),
    plans: new Map(),
    jobs: new Map(),
    monitoring: { events: [], seen: new Map() },
    backupItems: new Map(),
    backupJobs: new Map(),
    restoreJobs: new Map(),
    protectionJobs: new Map(),
    backupPolicies: policiesOf(given),
    discovered: new Set(),
    security: { softDelete: 'Enabled', retentionDays: 14, enhancedSecurity: 'Enabled' },
  };
  world.vaults.set(keyOf(given.group, given.name), vault);
  if (given.backup !== undefined) populateBackup(world, vault, given.backup);
  const { replication } = given;
  if (replication === undefined) return;
  const items = replication.items.map((name) => makeItem(world, vault, { name, replication }));
  for (const item of items) vault.items.set(item.name.toLowerCase(), item);
  startReplication(world, items);
  for (const item of items) itemListed(world, item);

  for (const plan of given.plans) {
    const groups = plan.groups.map((names) => names.map((name) => itemOf(vault, name)));
    const made = {
      vault,
      name: plan.name,
      guid: world.draws.uuid(`plan:${plan.name}`),
      groups,
      sites: sites(replication),
      scenario: undefined,
      lastTestMs: undefined,
      lastFailoverMs: undefined,
    };
    vault.plans.set(plan.name.toLowerCase(), made);
    planListed(world, made);
  }
}

function makeItem(
  world: World,
  vault: Vault,
  given: { readonly name: string; readonly replication: NonNullable<EstateVault['replication']> },
): Item {
  const { replication } = given;
  const group = replication.policy.multiVm.findIndex((names) => names.includes(given.name));
  return {
    vault,
    name: given.name,
    machine: machineNamed(world, given.name),
    guid: world.draws.uuid(`item:${given.name}`),
    replication,
    multiVmGroup: group < 0 ? '' : `multivm-${group + 1}`,
    agentVersion: world.estate.agents[given.name],
    points: [],
    phase: 'protected',
    ...NOTHING_HAPPENED,
    fresh: false,
  };
}

function machineNamed(world: World, name: string): Machine {
  const found = [...world.machines.values()].find((machine) => machine.name === name);
  if (found === undefined) throw new Error(`the estate has no machine ${name}`);
  return found;
}

function itemOf(vault: Vault, name: string): Item {
  const found = vault.items.get(name.toLowerCase());
  if (found === undefined) throw new Error(`${vault.name} replicates no machine ${name}`);
  return found;
}
