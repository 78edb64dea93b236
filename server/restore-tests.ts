import type { Runbook } from '../engine/language/runbook.ts';
import type { Ports } from '../engine/ports.ts';
import type { ServerContext } from './context.ts';
import type { Plans } from './plans.ts';

/** Runs that are looked back on: with a test a week, two years. */
const RUNS_LOOKED_AT = 100;

/**
 * When the machines of a runbook's samples were last restored and proved (milliseconds since 1970), by id in lower case. Only runs that
 * succeeded as a whole count: of one that failed in parts nobody can say here which machine it proved.
 */
export async function testedAt(
  { ports, plans, config }: { readonly ports: Pick<Ports, 'store'>; readonly plans: Pick<Plans, 'ofRun'> } & Pick<ServerContext, 'config'>,
  runbook: Runbook,
): Promise<Readonly<Record<string, number>>> {
  const runs = await ports.store.listRuns({
    limit: RUNS_LOOKED_AT,
    runbook: runbook.name,
    states: ['succeeded'],
    purposes: ['restore-test'],
  });
  const tested: Record<string, number> = {};
  for (const run of runs) {
    // What was restored in a simulated estate proves nothing about Azure.
    const isSimulated = run.simulatedScale !== undefined;
    if (run.endedAtMs === undefined || isSimulated !== (config.azure.timeScale !== undefined)) continue;
    const { plan } = await plans.ofRun(run);
    const drawn = Object.values(plan.sets).flatMap(({ sample, targets }) => (sample === undefined ? [] : targets));
    // Newest first: the first time that is seen of a machine is its last one.
    for (const { id } of drawn) tested[id.toLowerCase()] ??= run.endedAtMs;
  }
  return tested;
}
