import type { Action } from '../actions/action.ts';
import { roleFor } from '../actions/azure-roles.ts';
import type { GrantedRights } from '../azure-rights.ts';
import { isGranted, isHelpful, RUN_COMMAND_RIGHTS } from '../azure-rights.ts';
import { armIdPart, armIdUpTo } from '../ids.ts';
import type { JsonValue } from '../json.ts';
import type { HostEntry, Runbook, Step, TargetSet } from '../language/runbook.ts';
import { allSteps } from '../run/step-path.ts';
import type { Target } from '../target.ts';
import type { PlannedSet } from './plan-record.ts';

/** Where the machines of a set are, as ARM ids of vaults and of resource groups or subscriptions. */
export interface SetPlaces {
  readonly vaults: readonly string[];
  readonly groups: readonly string[];
  readonly byRunCommand: boolean;
}

/** What is known of where a runbook works: its sets, and the ARM ids that its inputs name. */
export interface Places {
  readonly sets: Readonly<Record<string, SetPlaces>>;
  readonly ids: readonly string[];
}

/** One right that an action needs. Without a scope it is needed where `place` says, which only the run will know. */
export interface NeededRight {
  readonly right: string;
  readonly action: string;
  readonly role: string;
  readonly scope?: string;
  readonly place?: string;
}

/** The rights that the steps of a runbook need, each at its scope, without doubles. */
export function neededRights(runbook: Runbook, places: Places, actions: ReadonlyMap<string, Action>): readonly NeededRight[] {
  const needed = new Map<string, NeededRight>();
  for (const { step, set } of placedSteps(stepsOf(runbook), undefined)) {
    for (const { action, right } of rightsOfStep(step, set === undefined ? undefined : places.sets[set], actions)) {
      const ids = [...places.ids, ...idsIn(step.body.kind === 'uses' ? step.body.with : {})];
      for (const at of placesOf(right, set === undefined ? undefined : places.sets[set], ids)) {
        const one = { right, action, role: roleFor(action), ...at };
        needed.set(JSON.stringify([right, action, at.scope?.toLowerCase(), at.place]), one);
      }
    }
  }
  return [...needed.values()];
}

/** Where the sets of a planned runbook are: its machines are known. */
export function placesOfSets(sets: Readonly<Record<string, Pick<PlannedSet, 'planId' | 'targets'>>>, inputs: JsonValue): Places {
  const entries = Object.entries(sets).map(([name, set]): [string, SetPlaces] => [name, placesOfTargets(set.targets, set.planId)]);
  return { sets: Object.fromEntries(entries), ids: idsIn(inputs) };
}

/** Where the sets of a runbook are by what is written in it, without asking Azure. */
export function placesOfRunbook(runbook: Runbook, hostsOf: (inventory: string) => readonly HostEntry[]): Places {
  const entries = Object.entries(runbook.targets).map(([name, set]): [string, SetPlaces] => [name, writtenPlaces(set, hostsOf)]);
  const defaults = Object.values(runbook.inputs).flatMap(({ default: value }) => (value === undefined ? [] : [value]));
  return { sets: Object.fromEntries(entries), ids: idsIn(defaults) };
}

/** What one scope lacks. `helpful` rights only add a second way to follow work. `unreadable` says why nothing is known. */
export interface ScopeRights {
  readonly scope: string;
  readonly needed: readonly NeededRight[];
  readonly missing: readonly NeededRight[];
  readonly helpful: readonly NeededRight[];
  readonly surplus: readonly string[];
  readonly unreadable?: string;
}

/** What a worker must never be able to do: with these a stolen worker could give itself everything, or end all ways back. */
const SURPLUS = ['Microsoft.Authorization/roleAssignments/write', 'Microsoft.RecoveryServices/vaults/delete'];

/** Compares what is needed at a scope with what Azure says is granted there; a text instead says why that could not be read. */
export function compareRights(scope: string, needed: readonly NeededRight[], granted: readonly GrantedRights[] | string): ScopeRights {
  if (typeof granted === 'string') return { scope, needed, missing: [], helpful: [], surplus: [], unreadable: granted };
  const lacking = needed.filter(({ right }) => !isGranted(right, granted));
  return {
    scope,
    needed,
    missing: lacking.filter(({ right }) => !isHelpful(right)),
    helpful: lacking.filter(({ right }) => isHelpful(right)),
    surplus: SURPLUS.filter((right) => isGranted(right, granted)),
  };
}

function stepsOf(runbook: Runbook): readonly Step[] {
  return [...(runbook.readiness?.checks ?? []), ...runbook.steps, ...runbook.finally, ...allHandlers(runbook)];
}

function allHandlers({ onFailure }: Runbook): readonly Step[] {
  return onFailure === undefined || typeof onFailure === 'string' ? [] : onFailure.steps;
}

interface PlacedStep {
  readonly step: Step;
  readonly set: string | undefined;
}

// A step inside a block works on the block's machines unless it names its own; machines that a run makes belong to no set.
function placedSteps(steps: readonly Step[], outer: string | undefined): readonly PlacedStep[] {
  return steps.flatMap((step) => {
    const set = step.target === undefined ? outer : step.target.kind === 'set' ? step.target.set : undefined;
    const { body } = step;
    const inner = body.kind === 'steps' || body.kind === 'parallel' ? [...body.steps, ...(body.finally ?? [])] : [];
    const aside = [...allSteps(step.rollout?.afterWave ?? []), ...allSteps(typeof step.onFailure === 'string' ? [] : step.onFailure.steps)];
    return [{ step, set }, ...placedSteps([...inner, ...aside, ...(step.rollback ?? [])], set)];
  });
}

function rightsOfStep(
  { body, target }: Step,
  set: SetPlaces | undefined,
  actions: ReadonlyMap<string, Action>,
): readonly { readonly action: string; readonly right: string }[] {
  const onMachine = set?.byRunCommand === true || target?.kind === 'produced';
  if (body.kind === 'run') return onMachine ? RUN_COMMAND_RIGHTS.map((right) => ({ action: 'script.run@1', right })) : [];
  if (body.kind !== 'uses') return [];
  const action = actions.get(body.action);
  const viaMachine = action?.target === 'machine' || body.with['from'] === 'target';
  const rights = viaMachine ? (onMachine ? RUN_COMMAND_RIGHTS : []) : (action?.permissions ?? []);
  return rights.map((right) => ({ action: body.action, right }));
}

const ELSEWHERE = 'where the machines come up that the run makes';

function placesOf(right: string, set: SetPlaces | undefined, ids: readonly string[]): readonly Pick<NeededRight, 'scope' | 'place'>[] {
  const named = ids.filter((id) => isAbout(right, id)).map((scope) => ({ scope }));
  if (named.length > 0) return named;
  if (/^Microsoft\.RecoveryServices\/vaults\//i.test(right)) {
    if (set === undefined || set.vaults.length === 0) return [{ place: 'the vault that protects the machines' }];
    return set.vaults.map((scope) => ({ scope }));
  }
  if (/^Microsoft\.Storage\//i.test(right)) return [{ place: 'the staging account (azure.restoreStaging)' }];
  if (set === undefined || set.groups.length === 0) return [{ place: ELSEWHERE }];
  return set.groups.map((scope) => ({ scope }));
}

// The right begins with the type of the resource: that of a subnet or an endpoint is asked for at the network or the profile.
function isAbout(right: string, id: string): boolean {
  const [, type] = /\/providers\/([^/]+\/[^/]+)\/[^/]+/i.exec(id) ?? [];
  return type !== undefined && right.toLowerCase().startsWith(`${type.toLowerCase()}/`);
}

function idsIn(value: JsonValue): readonly string[] {
  if (typeof value === 'string') {
    const id = armIdUpTo(value, 'virtualNetworks') ?? value;
    return /^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+\/providers\/[^/$]+\/[^/$]+\/[^/$]+/i.test(id) ? [id] : [];
  }
  if (value === null || typeof value !== 'object') return [];
  return [...new Set((Array.isArray(value) ? value : Object.values(value)).flatMap((one) => idsIn(one as JsonValue)))];
}

function placesOfTargets(targets: readonly Target[], planId: string | undefined): SetPlaces {
  const items = targets.filter(({ kind }) => kind === 'replication_item');
  const vaults = [...items.map(({ id }) => id), ...(planId === undefined ? [] : [planId])].flatMap((id) => armIdUpTo(id, 'vaults') ?? []);
  // Machines of a recovery plan are touched in their vault; those that a failover makes come up elsewhere.
  const groups = targets.filter(({ kind }) => kind !== 'replication_item').flatMap(({ id }) => armIdUpTo(id, 'resourceGroups') ?? []);
  return { vaults: distinct(vaults), groups: distinct(groups), byRunCommand: targets.some(({ via }) => via === 'run-command') };
}

function writtenPlaces({ source }: TargetSet, hostsOf: (inventory: string) => readonly HostEntry[]): SetPlaces {
  switch (source.kind) {
    case 'recovery_plan': {
      const group = `/subscriptions/${source.subscription}/resourceGroups/${source.resourceGroup}`;
      return { vaults: [`${group}/providers/Microsoft.RecoveryServices/vaults/${source.vault}`], groups: [], byRunCommand: false };
    }
    case 'azure': {
      const subscriptions = source.subscriptions.map((subscription) => `/subscriptions/${subscription}`);
      const groups = source.resourceGroups;
      const within = (above: string): readonly string[] => (groups ?? []).map((group) => `${above}/resourceGroups/${group}`);
      return { vaults: [], groups: groups === undefined ? subscriptions : subscriptions.flatMap(within), byRunCommand: true };
    }
    case 'hosts':
    case 'inventory': {
      const hosts = source.kind === 'hosts' ? source.hosts : hostsOf(source.name);
      const machines = hosts.filter(({ id }) => id !== undefined && armIdPart(id, 'virtualMachines') !== undefined);
      const groups = machines.flatMap(({ id = '' }) => armIdUpTo(id, 'resourceGroups') ?? []);
      return { vaults: [], groups: distinct(groups), byRunCommand: machines.some(({ via }) => via === undefined || via === 'run-command') };
    }
  }
}

function distinct(ids: readonly string[]): readonly string[] {
  return [...new Map(ids.map((id) => [id.toLowerCase(), id])).values()];
}
