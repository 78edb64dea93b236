import { vaultId } from '../arm-ids.ts';
import { listLater, listNow } from '../lists.ts';
import { planted } from '../plants.ts';
import { azureTime } from '../times.ts';
import { ITEM_VIEW } from './item-state.ts';
import { itemId } from './item.ts';
import type { sites } from './item.ts';
import type { Vault, World } from '../world.ts';
import type { Item } from './item.ts';

/** A recovery plan: boot groups of items, in order. */
export interface Plan {
  readonly vault: Vault;
  readonly name: string;
  readonly guid: string;
  /** Boot groups; an item whose protection is reversed gives its place to the one that follows it. */
  groups: readonly (readonly Item[])[];
  /** The fabrics that the plan was made for: they stay when protection is reversed. */
  readonly sites: ReturnType<typeof sites>;
  scenario: { readonly name: string; readonly jobId: string; readonly startMs: number } | undefined;
  lastTestMs: number | undefined;
  lastFailoverMs: number | undefined;
}

/** Id of a plan. */
export function planId(world: World, plan: Plan): string {
  return `${vaultId(world, plan.vault)}/replicationRecoveryPlans/${plan.name}`;
}

/** Tells the lists that a plan is different now. */
export function planChanged(world: World, plan: Plan): void {
  listLater(world, `plans ${plan.vault.name}`, plan.name, planBody(world, plan, 'list'));
}

/** Puts a plan into the lists as it was before the simulator started. */
export function planListed(world: World, plan: Plan): void {
  listNow(world, `plans ${plan.vault.name}`, plan.name, planBody(world, plan, 'list'));
}

/** What a plan allows: what all its items allow. Nothing while a job of the plan runs. */
export function planAllows(plan: Plan): readonly string[] {
  if (plan.scenario !== undefined) return [];
  const views = plan.groups.flat().map((item) => ITEM_VIEW[item.phase].allowed);
  const all = (word: string): boolean => views.length > 0 && views.every((allowed) => allowed.includes(word));
  const some = (word: string): boolean => views.some((allowed) => allowed.includes(word));
  return [
    ...(all('UnplannedFailover') ? ['UnplannedFailover'] : []),
    ...(all('TestFailover') ? ['TestFailover'] : []),
    ...(some('TestFailoverCleanup') ? ['TestFailoverCleanup'] : []),
    ...(some('Commit') ? ['Commit', 'ChangePit'] : []),
  ];
}

/** A plan as Site Recovery answers it; the list leaves its groups out. An idle plan has no scenario at all. */
export function planBody(world: World, plan: Plan, form: 'get' | 'list'): Readonly<Record<string, unknown>> {
  const vault = vaultId(world, plan.vault);
  const place = plan.sites;
  return {
    id: planId(world, plan),
    name: plan.name,
    type: 'Microsoft.RecoveryServices/vaults/replicationRecoveryPlans',
    properties: {
      friendlyName: plan.name,
      primaryFabricId: `${vault}/replicationFabrics/${place.fabric}`,
      primaryFabricFriendlyName: place.fabric,
      recoveryFabricId: `${vault}/replicationFabrics/${place.recoveryFabric}`,
      recoveryFabricFriendlyName: place.recoveryFabric,
      failoverDeploymentModel: 'ResourceManager',
      replicationProviders: ['A2A'],
      allowedOperations: planAllows(plan),
      lastPlannedFailoverTime: null,
      lastUnplannedFailoverTime: plan.lastFailoverMs === undefined ? null : azureTime(plan.lastFailoverMs),
      lastTestFailoverTime: plan.lastTestMs === undefined ? null : azureTime(plan.lastTestMs),
      currentScenario:
        plan.scenario === undefined
          ? null
          : { scenarioName: plan.scenario.name, jobId: plan.scenario.jobId, startTime: azureTime(plan.scenario.startMs) },
      currentScenarioStatus: plan.scenario === undefined ? null : 'InProgress',
      currentScenarioStatusDescription: plan.scenario === undefined ? null : 'InProgress',
      groups: form === 'list' && !planted(world, 'E6') ? [] : groups(world, plan),
      providerSpecificDetails: [{ instanceType: 'A2A', primaryZone: null, recoveryZone: null }],
    },
  };
}

function groups(world: World, plan: Plan): readonly unknown[] {
  const group = (groupType: string, items: readonly Item[]): unknown => ({
    groupType,
    replicationProtectedItems: items.map((item) => ({ id: itemId(world, item), virtualMachineId: item.guid })),
    startGroupActions: [],
    endGroupActions: [],
  });
  return [group('Shutdown', []), group('Failover', []), ...plan.groups.map((items) => group('Boot', items))];
}

/** The direction that the request of a failover of the plan must name: its machines are at the fabric that the plan calls primary, or at the other. */
export function planDirection(plan: Plan, placeOf: (item: Item) => string): 'PrimaryToRecovery' | 'RecoveryToPrimary' {
  return plan.groups.flat().every((item) => placeOf(item) === plan.sites.fabric) ? 'PrimaryToRecovery' : 'RecoveryToPrimary';
}
