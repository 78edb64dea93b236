import { RunwardError } from '../errors.ts';
import type { JsonObject } from '../json.ts';
import { evaluate } from '../language/expression.ts';
import type { LateFinding } from '../language/late-finding.ts';
import type { Runbook, TargetSet } from '../language/runbook.ts';
import type { Ports } from '../ports.ts';
import { targetScope } from '../run/scope.ts';
import type { Target } from '../target.ts';
import { azureMachines } from './azure-machines.ts';
import { hostTargets } from './hosts.ts';
import type { PlannedSet } from './plan-record.ts';
import type { Project } from './project.ts';
import { recoveryPlanTargets } from './recovery-plan.ts';

/** Resolves all target sets of a runbook, once: the full ids become part of the plan. Throws ARM_REFUSED when Azure does not tell. */
export async function resolveSets(
  ports: Pick<Ports, 'azure'>,
  request: {
    readonly project: Project;
    readonly runbook: Runbook;
    readonly scope: JsonObject;
    readonly signal: AbortSignal;
    readonly nowMs: number;
  },
): Promise<{ readonly sets: Readonly<Record<string, PlannedSet>>; readonly problems: readonly LateFinding[] }> {
  const sets: Record<string, PlannedSet> = {};
  const problems: LateFinding[] = [];
  for (const [name, set] of Object.entries(request.runbook.targets)) {
    const found = await membersOf(ports, { name, set, ...request });
    const kept = narrowed(set, found.targets, request);
    if ('message' in kept) {
      problems.push({ code: 'RW312', path: ['targets', name, 'where'], marks: { message: kept.message } });
      continue;
    }
    if (kept.targets.length > set.max)
      problems.push({
        code: 'RW508',
        path: ['targets', name],
        atKey: true,
        marks: { set: `"${name}"`, n: String(kept.targets.length), max: String(set.max) },
      });
    if (kept.targets.length === 0 && set.onEmpty === 'fail')
      problems.push({ code: 'RW509', path: ['targets', name], atKey: true, marks: { set: `"${name}"` } });
    sets[name] = {
      ...(found.planId === undefined ? {} : { planId: found.planId }),
      onEmpty: set.onEmpty,
      onUnreachable: set.onUnreachable,
      targets: kept.targets,
    };
  }
  return { sets, problems };
}

interface Members {
  readonly planId?: string;
  readonly targets: readonly Target[];
}

async function membersOf(
  ports: Pick<Ports, 'azure'>,
  at: {
    readonly name: string;
    readonly set: TargetSet;
    readonly project: Project;
    readonly runbook: Runbook;
    readonly signal: AbortSignal;
  },
): Promise<Members> {
  const found = await foundBy(ports, at);
  if (found.kind === 'failed')
    throw new RunwardError('ARM_REFUSED', `target set "${at.name}": ${found.message}; no plan was made`, { set: at.name });
  return found;
}

async function foundBy(ports: Pick<Ports, 'azure'>, at: Parameters<typeof membersOf>[1]) {
  const { source, onUnreachable } = at.set;
  const { environment } = at.runbook;
  switch (source.kind) {
    case 'recovery_plan':
      return recoveryPlanTargets(ports.azure, source, environment, at.signal);
    case 'azure':
      return azureMachines(ports.azure, source, environment, at.signal);
    case 'hosts':
    case 'inventory':
      return hostTargets(ports.azure, hostsOf(at), { environment, onUnreachable, signal: at.signal });
  }
}

function hostsOf({ set, project }: { readonly set: TargetSet; readonly project: Project }) {
  if (set.source.kind === 'hosts') return set.source.hosts;
  return set.source.kind === 'inventory' ? (project.inventories.get(set.source.name)?.inventory.hosts ?? []) : [];
}

function narrowed(
  set: TargetSet,
  targets: readonly Target[],
  at: { readonly scope: JsonObject; readonly nowMs: number },
): { readonly targets: readonly Target[] } | { readonly message: string } {
  if (set.where === undefined) return { targets };
  const kept: Target[] = [];
  for (const target of targets) {
    const outcome = evaluate(set.where, { ...(at.scope as Record<string, never>), target: targetScope(target) }, at.nowMs);
    if (!outcome.ok) return { message: outcome.message };
    if (outcome.value === true) kept.push(target);
  }
  return { targets: kept };
}
