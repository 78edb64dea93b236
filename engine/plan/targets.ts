import { RunwardError } from '../errors.ts';
import type { JsonObject } from '../json.ts';
import { evaluate } from '../language/expression.ts';
import type { LateFinding } from '../language/late-finding.ts';
import type { HostEntry, Runbook, TargetSet } from '../language/runbook.ts';
import type { Ports } from '../ports.ts';
import { targetScope } from '../run/scope.ts';
import type { Target } from '../target.ts';
import { azureMachines } from './azure-machines.ts';
import { hostTarget, hostTargets } from './hosts.ts';
import type { PinnedRunbook, PlannedSet, SetMembers } from './plan-record.ts';
import type { Project } from './project.ts';
import { recoveryPlanTargets } from './recovery-plan.ts';
import { drawSample } from './sample.ts';

/** What reading the sets of a runbook needs. A draft has no Azure. */
export interface ReadingSets {
  readonly azure: Pick<Ports['azure'], 'read'> | undefined;
  readonly project: Project;
  readonly runbook: Runbook;
  readonly signal: AbortSignal;
}

/**
 * Reads all machines of every target set of a runbook, once: no run ever sees another one. Without Azure, sets that only Azure can tell
 * are left out. Throws ARM_REFUSED when Azure does not tell.
 */
export async function readMembers(reading: ReadingSets): Promise<Readonly<Record<string, SetMembers>>> {
  const members: Record<string, SetMembers> = {};
  for (const [name, set] of Object.entries(reading.runbook.targets)) {
    const found = await membersOf(reading, set);
    if (found === undefined) continue;
    if (found.kind === 'failed')
      throw new RunwardError('ARM_REFUSED', `target set "${name}": ${found.message}; no plan was made`, { set: name });
    members[name] = { targets: found.targets, ...('planId' in found && typeof found.planId === 'string' ? { planId: found.planId } : {}) };
  }
  return members;
}

async function membersOf({ azure, project, runbook, signal }: ReadingSets, set: TargetSet) {
  const { source, onUnreachable } = set;
  const { environment } = runbook;
  switch (source.kind) {
    case 'recovery_plan':
      return azure === undefined ? undefined : recoveryPlanTargets(azure, source, environment, signal);
    case 'azure':
      return azure === undefined ? undefined : azureMachines(azure, source, environment, signal);
    case 'hosts':
    case 'inventory': {
      const hosts = source.kind === 'hosts' ? source.hosts : (project.inventories.get(source.name)?.inventory.hosts ?? []);
      if (azure === undefined) return writtenHosts(hosts, environment, set);
      return hostTargets(azure, hosts, { environment, onUnreachable, signal });
    }
  }
}

// Which machines are meant stands in the document; a condition may ask for facts that only Azure has.
function writtenHosts(hosts: readonly HostEntry[], environment: string, set: TargetSet) {
  const targets = hosts.map((host) => hostTarget(host, environment));
  const asksAzure = set.where !== undefined && targets.some(({ kind }) => kind === 'azure_vm');
  return asksAzure ? undefined : { kind: 'resolved' as const, targets };
}

/** What a set is narrowed by: the known names, the time, and what makes a sample. */
export interface Narrowing {
  readonly scope: JsonObject;
  readonly nowMs: number;
  /** Seed of samples whose set has none of its own. */
  readonly seed: string;
  readonly sha256: (text: string) => string;
}

/** Applies `where`, `sample` and `max` to the members of every set. Pure: the same members, inputs and seed give the same targets. */
export function narrowSets(
  { definition, members }: Pick<PinnedRunbook, 'definition' | 'members'>,
  narrowing: Narrowing,
): { readonly sets: Readonly<Record<string, PlannedSet>>; readonly problems: readonly LateFinding[] } {
  const sets: Record<string, PlannedSet> = {};
  const problems: LateFinding[] = [];
  for (const [name, set] of Object.entries(definition.targets)) {
    const found = members[name];
    if (found === undefined) continue;
    const kept = narrowed(set, found.targets, narrowing);
    if ('message' in kept) {
      problems.push({ code: 'RW312', path: ['targets', name, 'where'], marks: { message: kept.message } });
      continue;
    }
    const drawn = drawSample(set.sample, { ...kept, testedAtMs: found.testedAtMs ?? {} }, narrowing);
    if ('message' in drawn) {
      problems.push({ code: 'RW312', path: ['targets', name, 'sample'], marks: { message: drawn.message } });
      continue;
    }
    const count = drawn.targets.length;
    const place = { path: ['targets', name], atKey: true };
    if (count > set.max) problems.push({ code: 'RW508', ...place, marks: { set: `"${name}"`, n: String(count), max: String(set.max) } });
    if (count === 0 && set.onEmpty === 'fail') problems.push({ code: 'RW509', ...place, marks: { set: `"${name}"` } });
    sets[name] = {
      ...(found.planId === undefined ? {} : { planId: found.planId }),
      ...(drawn.sample === undefined ? {} : { sample: drawn.sample }),
      onEmpty: set.onEmpty,
      onUnreachable: set.onUnreachable,
      targets: drawn.targets,
    };
  }
  return { sets, problems };
}

function narrowed(
  set: TargetSet,
  targets: readonly Target[],
  { scope, nowMs }: Narrowing,
): { readonly targets: readonly Target[] } | { readonly message: string } {
  if (set.where === undefined) return { targets };
  const kept: Target[] = [];
  for (const target of targets) {
    const outcome = evaluate(set.where, { ...(scope as Record<string, never>), target: targetScope(target) }, nowMs);
    if (!outcome.ok) return { message: outcome.message };
    if (outcome.value === true) kept.push(target);
  }
  return { targets: kept };
}
