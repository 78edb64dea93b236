import type { RunId } from '../engine/ids.ts';
import { canonicalJson, type JsonObject } from '../engine/json.ts';
import { formatDuration } from '../engine/language/duration.ts';
import type { Runbook, ScheduleDefinition } from '../engine/language/runbook.ts';
import { CHECKS_JITTER_MAX_MS } from '../engine/limits.ts';
import { makePlan } from '../engine/plan/plan.ts';
import type { Plan } from '../engine/plan/plan-record.ts';
import { computeVars } from '../engine/plan/vars.ts';
import { checksOnly } from '../engine/recovery/checks-only.ts';
import { startRun } from '../engine/run/start.ts';
import { type RunRow, runRow } from '../engine/run/summary.ts';
import type { ScheduleRule } from '../engine/schedule/stored-schedule.ts';
import type { ServerContext } from './context.ts';
import type { Caller } from './identify.ts';
import type { HashedPlan } from './plans.ts';
import { runFacts } from './run-facts.ts';
import { isReplay } from './start.ts';

/** How the reason of a slot begins whose run was refused. */
export const NO_RUN = 'no run was started';

/** The schedule of a runbook's readiness checks. Ids of written schedules hold no hyphen, so it can be none of them. */
export function readinessSchedule(runbook: string): string {
  return `${runbook}.readiness-checks`;
}

/** The rule by which the checks of a runbook are made on their own; none where it does not say how often. */
export function readinessRule(runbook: Runbook): readonly ScheduleRule[] {
  const everyMs = runbook.readiness?.everyMs;
  if (everyMs === undefined) return [];
  return [
    {
      id: readinessSchedule(runbook.name),
      runbook: runbook.name,
      environment: runbook.environment,
      checks: true,
      everyMs,
      cron: `every ${formatDuration(everyMs)}`,
      timezone: 'UTC',
      dayMatch: 'or',
      // Checks of many runbooks with the same period must not ask Azure in the same second.
      jitterMs: Math.min(Math.floor(everyMs / 10), CHECKS_JITTER_MAX_MS),
      inputs: checkInputs(runbook),
      overlap: 'skip',
      // A period that nobody looked at in time still gets its checks, as long as it lasts.
      missed: { run: 'latest', withinMs: everyMs, max: 1 },
      enabled: true,
    },
  ];
}

/** What the checks of a runbook are made with beside its defaults: the inputs on which all its schedules agree. */
export function checkInputs({ schedules }: Pick<Runbook, 'schedules'>): ScheduleDefinition['inputs'] {
  const [first, ...others] = schedules;
  const agreed = Object.entries(first?.inputs ?? {}).filter(([name, value]) =>
    others.every(({ inputs }) => canonicalJson(inputs[name] ?? null) === canonicalJson(value)),
  );
  return Object.fromEntries(agreed);
}

/** A plan that makes the readiness checks of a runbook alone, or why there is none. Throws NOT_FOUND_RUNBOOK, ARM_REFUSED. */
export async function planChecks(
  context: ServerContext,
  { runbook, inputs }: { readonly runbook: string; readonly inputs: JsonObject },
): Promise<{ readonly kind: 'planned'; readonly made: HashedPlan } | { readonly kind: 'refused'; readonly reason: string }> {
  const project = await context.projects.current();
  const loaded = project.runbooks.get(runbook);
  if (loaded === undefined) return { kind: 'refused', reason: `runbook ${runbook} is not published any more` };
  const known = Object.fromEntries(Object.entries(inputs).filter(([name]) => Object.hasOwn(loaded.runbook.inputs, name)));
  const only = checksOnly(loaded.runbook, known);
  if (only.runbook.readiness?.checks.length === 0) {
    const reasons = [...new Set(only.unasked.map(({ reason }) => reason))];
    return { kind: 'refused', reason: reasons.join('; ') || `runbook ${runbook} has no readiness checks` };
  }
  const { timeScale } = context.config.azure;
  const made = await makePlan(context.ports, {
    project: { ...project, runbooks: new Map([...project.runbooks, [runbook, { ...loaded, runbook: only.runbook }]]) },
    runbook,
    inputs: known,
    signal: context.closing,
    ...(timeScale === undefined ? {} : { simulatedScale: timeScale }),
  });
  if (made.kind === 'planned') return { kind: 'planned', made };
  return { kind: 'refused', reason: made.findings.map(({ code, message }) => `${code} ${message}`).join('; ') };
}

/** Why checks of recovery plans are left out for a period: a run that moves or tests their machines holds them. Undefined when none does. */
export async function recoveryUnderWay({ ports }: ServerContext, { recoveryPlans }: Plan): Promise<string | undefined> {
  const held = Object.entries(recoveryPlans ?? {}).flatMap(([planId, machines]) => [
    planId,
    ...machines.map(({ lockId }) => lockId.toLowerCase()),
  ]);
  if (held.length === 0) return undefined;
  const lock = (await ports.store.listLocks()).find(({ lockId }) => held.includes(lockId.toLowerCase()));
  const holder = lock === undefined ? undefined : await ports.store.readRun(lock.runId);
  if (holder === undefined) return undefined;
  const { number, runbook } = holder.run;
  return `the checks were left out: run ${number} of ${runbook} holds machines of the recovery plan, and what it makes of them would be judged`;
}

/** Makes the checks of runbooks now: one run for each runbook that has any. Repeating it with the same key starts nothing more. */
export async function startChecks(
  context: ServerContext,
  { principal }: Caller,
  asked: { readonly key: string; readonly runbooks: readonly Runbook[]; readonly inputs: Readonly<Record<string, unknown>> },
) {
  const { ports } = context;
  const runs: RunRow[] = [];
  const refused: { readonly runbook: string; readonly reason: string }[] = [];
  for (const runbook of asked.runbooks.filter(({ readiness }) => readiness !== undefined)) {
    const runId = ports.ids.uuid5(principal.id, asked.key, runbook.name) as RunId;
    const requestDigest = ports.ids.sha256(canonicalJson({ checks: runbook.name, inputs: asked.inputs as JsonObject }));
    if (!(await isReplay(context, runId, requestDigest))) {
      const given = { ...computeVars(checkInputs(runbook), {}, await ports.store.nowMs()).vars, ...asked.inputs } as JsonObject;
      const planned = await planChecks(context, { runbook: runbook.name, inputs: given });
      if (planned.kind === 'refused') {
        refused.push({ runbook: runbook.name, reason: planned.reason });
        continue;
      }
      const { made } = planned;
      await startRun(ports, { plan: made, runId, requester: principal, trigger: 'api', requestDigest, ...runFacts(context, made.plan) });
      ports.log.info('run accepted', { runId, runbook: runbook.name, planHash: made.hash, principal: principal.id });
    }
    const stored = await ports.store.readRun(runId);
    if (stored !== undefined) runs.push(runRow(stored.run, context.baseUrl()));
  }
  return { runs, refused };
}
