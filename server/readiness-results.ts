import type { RunId } from '../engine/ids.ts';
import type { LoadedRunbook } from '../engine/language/load.ts';
import type { Plan } from '../engine/plan/plan-record.ts';
import { judgeChecks, type Readiness } from '../engine/recovery/check-results.ts';
import { checksOnly } from '../engine/recovery/checks-only.ts';
import type { RunRecord, StepRecord } from '../engine/run/record.ts';
import { hasEnded, RUN_WORDS, type RunState } from '../engine/run/run-state.ts';
import { dueAtMs } from '../engine/schedule/slots.ts';
import type { SlotRecord } from '../engine/schedule/stored-schedule.ts';
import type { ServerContext } from './context.ts';
import { checkInputs, NO_RUN, readinessSchedule } from './readiness.ts';

/** Runs of checks that are looked back on at once; what is older is found by the slots of its schedule. */
const RUNS_MAX = 300;
const SLOTS_LOOKED_AT = 3;
const ENDED = (Object.keys(RUN_WORDS) as RunState[]).filter(hasEnded);

/** A runbook with checks, what they say now, and the run that made them last. Times are milliseconds since 1970. */
export interface CheckedRunbook {
  readonly loaded: LoadedRunbook;
  readonly readiness: Readiness;
  readonly last?: LastRun;
  readonly nextAtMs?: number;
}

interface LastRun {
  readonly run: RunRecord;
  readonly steps: readonly StepRecord[];
  readonly plan: Plan;
}

/** What the readiness checks of runbooks said when they were made last; runbooks without checks are left out. */
export async function lastChecks(
  context: ServerContext,
  { runbooks, nowMs }: { readonly runbooks: readonly LoadedRunbook[]; readonly nowMs: number },
): Promise<readonly CheckedRunbook[]> {
  const withChecks = runbooks.filter(({ runbook }) => runbook.readiness !== undefined);
  if (withChecks.length === 0) return [];
  const recent = await context.ports.store.listRuns({ limit: RUNS_MAX, purposes: ['readiness'], states: ENDED });
  return Promise.all(
    withChecks.map(async (loaded): Promise<CheckedRunbook> => {
      const { runbook } = loaded;
      const id = readinessSchedule(runbook.name);
      const slots = await context.ports.store.listSlots(id, { limit: SLOTS_LOOKED_AT });
      const schedule = await context.ports.store.readSchedule(id);
      const last = await lastRun(context, { runbook: runbook.name, recent: recent.find((run) => run.runbook === runbook.name), slots });
      const { checks = [], everyMs } = runbook.readiness ?? {};
      const readiness = judgeChecks({
        checks,
        everyMs,
        unasked: checksOnly(runbook, checkInputs(runbook)).unasked,
        refused: refusedSince(slots, last),
        ...(last === undefined ? {} : { last: { ...last, checks: last.plan.definition.readiness?.checks ?? [] } }),
        nowMs,
      });
      const next = schedule?.nextSlotMs;
      return {
        loaded,
        readiness,
        ...(last === undefined ? {} : { last }),
        ...(schedule === undefined || next === undefined ? {} : { nextAtMs: dueAtMs(schedule.rule, next) }),
      };
    }),
  );
}

async function lastRun(
  context: ServerContext,
  found: { readonly runbook: string; readonly recent: RunRecord | undefined; readonly slots: readonly SlotRecord[] },
): Promise<LastRun | undefined> {
  const ids = found.recent === undefined ? found.slots.flatMap(({ runId }) => runId ?? []) : [found.recent.runId];
  for (const runId of ids) {
    const last = await readLast(context, runId);
    if (last !== undefined) return last;
  }
  if (ids.length === 0) return undefined;
  // The runs of its slots were removed because a person's newer checks tell what they told: those are still there.
  const [newest] = await context.ports.store.listRuns({ limit: 1, purposes: ['readiness'], runbook: found.runbook, states: ENDED });
  return newest === undefined ? undefined : readLast(context, newest.runId);
}

async function readLast(context: ServerContext, runId: RunId): Promise<LastRun | undefined> {
  const stored = await context.ports.store.readRun(runId);
  if (stored === undefined || !hasEnded(stored.run.state)) return undefined;
  return { run: stored.run, steps: stored.steps, plan: (await context.plans.ofRun(stored.run)).plan };
}

// A period whose checks could not be planned tells more than an older answer: the machines could not be read.
function refusedSince([newest]: readonly SlotRecord[], last: LastRun | undefined): string | undefined {
  if (newest?.outcome !== 'skipped' || newest.reason?.startsWith(NO_RUN) !== true) return undefined;
  return newest.atMs > (last?.run.createdAtMs ?? 0) ? newest.reason : undefined;
}
