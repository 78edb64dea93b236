import { RunwardError } from '../engine/errors.ts';
import type { Loaded, LoadedRunbook } from '../engine/language/load.ts';
import type { Plan } from '../engine/plan/plan-record.ts';
import type { Ports } from '../engine/ports.ts';
import { type Application, applicationsOf, isDrill, isRecovery } from '../engine/recovery/applications.ts';
import { wordOf } from '../engine/recovery/check-results.ts';
import { changesSince } from '../engine/recovery/drill-changes.ts';
import { type DrillProof, proveByDrills } from '../engine/recovery/drill-proof.ts';
import type { PlanReadiness } from '../engine/recovery/plan-readiness.ts';
import { judgePlans } from '../engine/recovery/readiness-reads.ts';
import { worstOf } from '../engine/recovery/recovery-state.ts';
import type { RunRecord } from '../engine/run/record.ts';
import { timeText } from '../engine/run/summary.ts';
import type { ServerContext } from './context.ts';
import { drillCoverage } from './drill-coverage.ts';
import type { Caller } from './identify.ts';
import { sees } from './identify.ts';
import { placeOf } from './projects.ts';
import { type CheckedRunbook, lastChecks } from './readiness-results.ts';
import { resourceOf } from './run-view.ts';

/** Drills that are looked back on. */
const DRILLS_MAX = 500;
const HISTORY_SHOWN = 10;

/** The application with a name. Throws NOT_FOUND_APPLICATION, also for one of which the caller may see no runbook. */
export async function applicationNamed({ projects }: ServerContext, caller: Caller, name: string): Promise<Application> {
  const found = applicationsSeen(await projects.current(), caller).find((each) => each.name === name);
  if (found === undefined) throw new RunwardError('NOT_FOUND_APPLICATION', `no published runbook belongs to an application "${name}"`);
  return found;
}

/** Applications as the API shows them: all that the caller may see, or the one with a name. */
export async function recoveryBoardOf(context: ServerContext, caller: Caller, only?: string) {
  return (await boardOf(context, caller, only)).items;
}

/** The whole board with the machines that replicate and that no drill covers; reads Azure. */
export async function boardWithCoverage(context: ServerContext, caller: Caller) {
  const { items, runbooks, drills, checked } = await boardOf(context, caller);
  const plans = new Map<string, Plan>();
  for (const { runbook } of runbooks.filter((one) => isDrill(one.runbook))) {
    const checks = checked.get(runbook.name)?.last;
    const drill = drills.find((run) => run.runbook === runbook.name);
    const newest =
      drill !== undefined && drill.createdAtMs > (checks?.run.createdAtMs ?? 0) ? (await context.plans.ofRun(drill)).plan : checks?.plan;
    if (newest !== undefined) plans.set(runbook.name, newest);
  }
  return { items, uncovered: await drillCoverage(context, { runbooks, planOf: (name) => plans.get(name) }) };
}

async function boardOf(context: ServerContext, caller: Caller, only?: string) {
  const { ports, projects, config } = context;
  const loaded = await projects.current();
  const applications = applicationsSeen(loaded, caller).filter(({ name }) => only === undefined || name === only);
  const [nowMs, listed] = await Promise.all([ports.store.nowMs(), ports.store.listRuns({ limit: DRILLS_MAX, purposes: ['drill'] })]);
  // What was drilled in a simulated estate proves nothing about Azure.
  const isSimulated = config.azure.timeScale !== undefined;
  const drills = listed.filter((run) => (run.simulatedScale !== undefined) === isSimulated && sees(caller, resourceOf(run)));
  const runbooks = applications.flatMap((application) => application.runbooks);
  const checked = new Map((await lastChecks(context, { runbooks, nowMs })).map((each) => [each.loaded.runbook.name, each]));
  const documents = documentsOf(ports, loaded);

  const items = await Promise.all(
    applications.map(async ({ name, runbooks: own }) => {
      const ready = own.filter(({ runbook }) => isRecovery(runbook)).flatMap(({ runbook }) => checked.get(runbook.name)?.readiness ?? []);
      const times = ready.flatMap(({ atMs }) => atMs ?? []);
      const results = ready.flatMap(({ checks }) => checks);
      const plans = judgePlans(
        own.map(({ runbook }) => runbook),
        own.flatMap(({ runbook }) => checked.get(runbook.name)?.last ?? []),
        nowMs,
      );
      return {
        apiVersion: 'runward/v1' as const,
        kind: 'Application' as const,
        app: name,
        ...(results.length === 0 ? {} : { ready: worstOf([wordOf(results), ...plans.map((plan) => plan.ready)]) }),
        ...(times.length === 0 ? {} : { at: timeText(Math.min(...times)) }),
        drills: await Promise.all(
          own
            .filter(({ runbook }) => isDrill(runbook))
            .map((one) => drillView(context, { loaded: one, drills, documents, nowMs, checks: checked.get(one.runbook.name) })),
        ),
        runbooks: own.map((one) => runbookView(one, checked.get(one.runbook.name))),
        recoveryPlans: plans.map(planView),
      };
    }),
  );
  return { items, runbooks, drills, checked };
}

function applicationsSeen({ runbooks }: Loaded, caller: Caller): readonly Application[] {
  return applicationsOf([...runbooks.values()].filter((one) => sees(caller, placeOf(one))));
}

function documentsOf({ ids }: Pick<Ports, 'ids'>, { inventories, calendars, configurations }: Loaded): ReadonlyMap<string, string> {
  const all = [...inventories.values(), ...calendars.values(), ...configurations.values()];
  return new Map(all.map(({ path, text }) => [path, ids.sha256(text)]));
}

interface Drilled {
  readonly loaded: LoadedRunbook;
  readonly drills: readonly RunRecord[];
  readonly documents: ReadonlyMap<string, string>;
  readonly nowMs: number;
  readonly checks: CheckedRunbook | undefined;
}

async function drillView(context: ServerContext, { loaded, drills, documents, nowMs, checks }: Drilled) {
  const { runbook, text } = loaded;
  const { objectives } = runbook;
  const own = drills.filter((run) => run.runbook === runbook.name);
  const succeeded = own.find(({ state }) => state === 'succeeded');
  const digest = context.ports.ids.sha256(text);
  const since = succeeded !== undefined && checks?.last !== undefined && checks.last.run.createdAtMs > succeeded.createdAtMs;
  const plan = since ? { plan: checks.last.plan } : {};
  const changes = succeeded === undefined ? [] : changesSince((await context.plans.ofRun(succeeded)).plan, { digest, documents, ...plan });
  const proved = proveByDrills({ drills: own, objectives, changes, nowMs });
  const history = own.map((run) => proveByDrills({ drills: [run], objectives, changes: [], nowMs })).flatMap(lastView);
  const [last] = lastView(proved);
  return {
    runbook: runbook.name,
    environment: runbook.environment,
    proof: proved.proof,
    ...(last === undefined ? {} : { last }),
    ...(objectives?.drillEveryMs === undefined ? {} : { everyMs: objectives.drillEveryMs }),
    ...(proved.dueAtMs === undefined ? {} : { dueAt: timeText(proved.dueAtMs) }),
    rto: proved.rto,
    rpo: proved.rpo,
    changes: proved.changes,
    history: history.slice(0, HISTORY_SHOWN),
  };
}

function lastView({ last, rto, rpo }: DrillProof) {
  if (last?.endedAtMs === undefined) return [];
  return [{ run: last.number, runId: last.runId, status: last.state, endedAt: timeText(last.endedAtMs), rto, rpo }];
}

function planView({ machines, ...plan }: PlanReadiness) {
  return { ...timed(plan), machines: machines.map(timed) };
}

function timed<Timed extends { readonly atMs?: number }>({ atMs, ...rest }: Timed) {
  return { ...rest, ...(atMs === undefined ? {} : { at: timeText(atMs) }) };
}

function runbookView({ runbook }: LoadedRunbook, checked: CheckedRunbook | undefined) {
  const { name, title, purposes, environment } = runbook;
  const readiness = checked?.readiness;
  return {
    name,
    title,
    purposes,
    environment,
    ...(readiness === undefined ? {} : { ready: readiness.word }),
    ...(readiness?.atMs === undefined ? {} : { at: timeText(readiness.atMs) }),
    ...(runbook.readiness?.everyMs === undefined ? {} : { everyMs: runbook.readiness.everyMs }),
    ...(checked?.nextAtMs === undefined ? {} : { nextAt: timeText(checked.nextAtMs) }),
    checks: (readiness?.checks ?? []).map(timed),
  };
}
