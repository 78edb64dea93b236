import type { HostEntry, Runbook, TargetSource } from '../engine/language/runbook.ts';
import type { MachineEntry, TestCase } from '../engine/language/runbook-test.ts';
import { hostTarget } from '../engine/plan/hosts.ts';
import type { Project } from '../engine/plan/project.ts';
import { recoveryPlanId } from '../engine/plan/recovery-plan.ts';
import type { PinnedRunbook } from '../engine/plan/plan-record.ts';
import type { Target, TargetKind } from '../engine/target.ts';

const NOWHERE = '00000000-0000-0000-0000-000000000000';

/** The members of every target set of a case: as the case gives them, else as they are written. Nobody is asked. */
export function setsOf(project: Project, runbook: Runbook, one: TestCase): PinnedRunbook['members'] {
  const sets = Object.entries(runbook.targets).map(([name, { source }]) => {
    const given = one.targets[name];
    const hosts = hostsOf(project, source);
    const targets =
      given === undefined
        ? hosts.map((host) => hostTarget(host, runbook.environment))
        : given.map((entry) => memberOf(entry, { source, hosts, environment: runbook.environment }));
    return [name, { targets, ...(source.kind === 'recovery_plan' ? { planId: recoveryPlanId(source) } : {}) }] as const;
  });
  return Object.fromEntries(sets);
}

/** A machine that a mocked action made. */
export function producedMachine(entry: MachineEntry, environment: string): Target {
  return withEntry(virtualMachine(entry.name, environment), entry);
}

function hostsOf(project: Project, source: TargetSource): readonly HostEntry[] {
  if (source.kind === 'hosts') return source.hosts;
  return source.kind === 'inventory' ? (project.inventories.get(source.name)?.inventory.hosts ?? []) : [];
}

function memberOf(
  entry: MachineEntry,
  of: { readonly source: TargetSource; readonly hosts: readonly HostEntry[]; readonly environment: string },
): Target {
  const written = of.hosts.find(({ name }) => name === entry.name);
  if (written !== undefined) return withEntry(hostTarget(written, of.environment), entry);
  switch (of.source.kind) {
    case 'recovery_plan':
      return withEntry(replicationItem(entry.name, of.source, of.environment), entry);
    case 'azure':
      return withEntry(virtualMachine(entry.name, of.environment, of.source.subscriptions[0]), entry);
    case 'hosts':
    case 'inventory':
      return withEntry(hostTarget({ name: entry.name, tags: {} }, of.environment), entry);
  }
}

function withEntry(base: Target, entry: MachineEntry): Target {
  const { key, resource_group: resourceGroup, recovery_group: recoveryGroup, power_state: powerState, ...rest } = entry;
  const given = Object.fromEntries(
    Object.entries({ ...rest, resourceGroup, recoveryGroup, powerState }).filter(([, value]) => value !== undefined),
  );
  const target = { ...base, ...given, key: key ?? entry.name };
  return entry.id === undefined ? target : { ...target, lockId: entry.id.toLowerCase() };
}

function virtualMachine(name: string, environment: string, subscription = NOWHERE): Target {
  const id = `/subscriptions/${subscription}/resourceGroups/rg-test/providers/Microsoft.Compute/virtualMachines/${name}`;
  return {
    ...blank(name, 'azure_vm', environment),
    id,
    lockId: id.toLowerCase(),
    os: 'linux',
    via: 'run-command',
    subscription,
    resourceGroup: 'rg-test',
    powerState: 'running',
  };
}

function replicationItem(name: string, source: Extract<TargetSource, { kind: 'recovery_plan' }>, environment: string): Target {
  const { subscription, resourceGroup } = source;
  const vault = recoveryPlanId(source).replace(/\/replicationRecoveryPlans\/.*$/, '');
  const id = `${vault}/replicationFabrics/primary/replicationProtectionContainers/primary/replicationProtectedItems/${name}`;
  const lockId = `${vault}/replicationProtectedItems/${name}`.toLowerCase();
  return { ...blank(name, 'replication_item', environment), id, lockId, subscription, resourceGroup, recoveryGroup: 1 };
}

function blank(name: string, kind: TargetKind, environment: string): Target {
  return {
    key: name,
    name,
    kind,
    id: name,
    lockId: name,
    os: null,
    address: null,
    via: null,
    port: null,
    user: null,
    credential: null,
    tags: {},
    location: null,
    resourceGroup: null,
    subscription: null,
    recoveryGroup: null,
    powerState: null,
    environment,
  };
}
