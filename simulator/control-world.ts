import { usablePoints } from './siterecovery/replication.ts';
import type { Vault, World } from './world.ts';

/**
 * What is paid for although nothing uses it: disks and interfaces of no machine, machines that stand in a recovery group after a test, and
 * those that are off without being deallocated.
 */
export function costView(world: World): unknown {
  const named = ({ name, group }: { readonly name: string; readonly group: string }) => ({ name, group });
  return {
    diskSnapshots: [...world.diskSnapshots.values()].map(({ name, group, sourceId }) => ({ name, group, sourceId })),
    disks: [...world.disks.values()].filter(({ owner }) => owner === undefined).map(named),
    nics: [...world.nics.values()].filter(({ machine }) => machine === undefined).map(named),
    machines: [...world.machines.values()].filter(({ name, power }) => name.endsWith('-test') || power === 'stopped').map(named),
  };
}

/** The state behind the API, for those who judge a client by it. */
export function worldView(world: World): unknown {
  return {
    nowMs: world.clock.nowMs(),
    isolation: world.isolation,
    resourceGroups: [...world.resourceGroups.values()],
    machines: [...world.machines.values()].map((machine) => ({
      name: machine.name,
      group: machine.group,
      location: machine.location,
      vmId: machine.vmId,
      power: machine.power,
      provisioning: machine.provisioning,
      agentReady: machine.agentReady,
      network: machine.network.name,
      address: machine.address,
      realAddress: machine.realAddress,
      root: machine.root,
      boots: machine.boots,
      services: [...machine.services.keys()],
      runCommands: [...machine.runCommands.values()].map(({ order, number, state, provisioning }) => ({
        name: order.name,
        number,
        state,
        provisioning,
      })),
    })),
    nics: [...world.nics.values()].map(({ name, group, address, machine, network }) => ({
      name,
      group,
      address,
      machine,
      network: network.name,
    })),
    securityGroups: [...world.securityGroups].map(([group, { rules }]) => ({ group, rules })),
    networks: [...world.networks].map(([network, { prefixes, subnets, peerings }]) => ({
      network,
      prefixes,
      subnets,
      peerings: [...peerings.values()],
    })),
    alerts: world.alerts.map(({ id, name, firedMs, resolvedMs }) => ({ id, name, firedMs, resolvedMs: resolvedMs ?? null })),
    vaults: [...world.vaults.values()].map((vault) => vaultView(world, vault)),
    fronts: world.estate.trafficManager.flatMap(({ name, front }) =>
      front === undefined ? [] : [{ name, url: `http://${front.address}:${front.port}` }],
    ),
    disks: [...world.disks.values()].map(({ name, group, owner, tags }) => ({ name, group, owner: owner ?? null, tags })),
    restorePoints: [...world.collections.values()].flatMap(({ name, points }) =>
      [...points.values()].map((point) => ({ collection: name, name: point.name, machine: point.machine.name })),
    ),
    operations: [...world.operations.values()].map(({ id, state }) => ({ id, state })),
  };
}

function vaultView(world: World, vault: Vault): unknown {
  return {
    name: vault.name,
    items: [...vault.items.values()].map((item) => ({
      name: item.name,
      phase: item.phase,
      scenario: item.scenario ?? null,
      replicating: item.replicating,
      rpoSeconds: item.rpoSeconds ?? null,
      points: item.points.length,
      newestUsableMs: usablePoints(world, item)[0]?.atMs ?? null,
      testMachine: item.testMachine ?? null,
    })),
    backups: [...vault.backupItems.values()].map((item) => ({
      machine: item.machine.name,
      protection: item.protection,
      policy: item.policy.name,
      points: item.points.length,
      newestFiles: item.points.at(-1)?.files?.length ?? null,
      lastStatus: item.lastStatus,
      running: item.running ?? null,
    })),
    plans: [...vault.plans.values()].map((plan) => ({ name: plan.name, scenario: plan.scenario ?? null })),
    jobs: [...vault.jobs.values()].map(({ id, scenarioName, state, target, startMs, endMs }) => ({
      id,
      scenarioName,
      state,
      target: target.name,
      startMs,
      endMs: endMs ?? null,
    })),
  };
}
