import type { LoadedRunbook } from '../engine/language/load.ts';
import { DRILL_COVERAGE_WAIT_MS } from '../engine/limits.ts';
import type { Plan } from '../engine/plan/plan-record.ts';
import { recoveryPlanId } from '../engine/plan/recovery-plan.ts';
import { isDrill } from '../engine/recovery/applications.ts';
import { machinesOf, replicationIdentity, type UncoveredMachine, uncoveredMachines } from '../engine/recovery/drill-coverage.ts';
import { armIdUpTo } from '../engine/ids.ts';
import type { ServerContext } from './context.ts';

/** Machines that replicate and that no drill covers, and what could not be read: then the list is not whole. */
export interface DrillCoverage {
  readonly machines: readonly UncoveredMachine[];
  readonly unread: readonly string[];
}

/**
 * Asks the vaults that runbooks name for every machine that they protect, and takes away those in the sets of drills: as their newest plan has
 * resolved them, else all machines of the recovery plan that they name. A set that is narrowed counts only as resolved.
 */
export async function drillCoverage(
  context: ServerContext,
  { runbooks, planOf }: { readonly runbooks: readonly LoadedRunbook[]; readonly planOf: (runbook: string) => Plan | undefined },
): Promise<DrillCoverage> {
  const { azure } = context.ports;
  // A board must not wait for an Azure that does not answer.
  const signal = AbortSignal.any([context.closing, AbortSignal.timeout(DRILL_COVERAGE_WAIT_MS)]);
  const unread: string[] = [];
  const covered = new Set<string>();
  for (const { runbook } of runbooks.filter((one) => isDrill(one.runbook))) {
    const plan = planOf(runbook.name);
    for (const id of plan === undefined ? [] : machinesOf(plan)) covered.add(id);
    for (const { source, where, sample } of plan === undefined ? Object.values(runbook.targets) : []) {
      if (source.kind !== 'recovery_plan' || where !== undefined || sample !== undefined) continue;
      const read = await azure.read({ kind: 'sr.plan', planId: recoveryPlanId(source) }, signal);
      if (read.kind === 'found') for (const id of read.value.groups.flatMap(({ itemIds }) => itemIds)) covered.add(replicationIdentity(id));
      else unread.push(`recovery plan ${source.name}: ${read.message}`);
    }
  }
  const found: Parameters<typeof uncoveredMachines>[0][number][] = [];
  for (const vaultId of vaultsOf(runbooks)) {
    const read = await azure.read({ kind: 'sr.items', vaultId }, signal);
    if (read.kind === 'found') found.push(...read.value);
    else unread.push(`vault ${vaultId.split('/').at(-1) ?? ''}: ${read.message}`);
  }
  return { machines: uncoveredMachines(found, covered), unread };
}

function vaultsOf(runbooks: readonly LoadedRunbook[]): readonly string[] {
  const plans = runbooks.flatMap(({ runbook }) =>
    Object.values(runbook.targets).flatMap(({ source }) => (source.kind === 'recovery_plan' ? [recoveryPlanId(source)] : [])),
  );
  return [...new Set(plans.flatMap((id) => armIdUpTo(id, 'vaults') ?? []))].toSorted();
}
