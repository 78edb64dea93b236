import { decide, isProduction, startPermission } from '../engine/access/decide.ts';
import type { Permission } from '../engine/access/roles.ts';
import { tokenSchema } from '../engine/access/tokens.ts';
import { actions } from '../engine/actions/registry.ts';
import { ERRORS, RunwardError } from '../engine/errors.ts';
import type { JsonObject } from '../engine/json.ts';
import type { Loaded } from '../engine/language/load.ts';
import type { Runbook } from '../engine/language/runbook.ts';
import { CATCH_UP_MAX_MS } from '../engine/limits.ts';
import { openToSevere } from '../engine/plan/open-severe.ts';
import { makePlan } from '../engine/plan/plan.ts';
import { computeVars } from '../engine/plan/vars.ts';
import type { Principal } from '../engine/run/record.ts';
import { startRun } from '../engine/run/start.ts';
import { allSteps } from '../engine/run/step-path.ts';
import { slotRunId } from '../engine/schedule/decide.ts';
import type { SlotRuns } from '../engine/schedule/fire.ts';
import { registerSchedules } from '../engine/schedule/register.ts';
import { dueAtMs, nextSlots, type SlotRule } from '../engine/schedule/slots.ts';
import type { ScheduleRule, StoredSchedule } from '../engine/schedule/stored-schedule.ts';
import type { ServerContext } from './context.ts';
import { isSimulated } from './loopback.ts';
import type { HashedPlan } from './plans.ts';
import type { SentFile } from './projects.ts';
import { NO_RUN, planChecks, readinessRule, recoveryUnderWay } from './readiness.ts';
import { testedAt } from './restore-tests.ts';
import { runFacts } from './run-facts.ts';
import { calledBy, takeGroupPlace } from './start.ts';

/** Who publishes when a server starts with a project: its operator. */
export const OPERATOR: Principal = { id: 'server', name: 'server', kind: 'engine', groups: [] };

// A Monday: the period of a pattern is measured from a fixed day, so that registering it again gives the same rule.
const REFERENCE_MS = 1_704_067_200_000;
const PERIODS_LOOKED_AT = 8;

/** Registers the schedules of published runbooks; those that did not change are not written. */
export async function publishSchedules(
  { ports }: ServerContext,
  loaded: Loaded,
  by: { readonly writer: Principal; readonly files: readonly SentFile[] },
): Promise<void> {
  const { writer } = by;
  const paths = new Set(by.files.map(({ path }) => path));
  const published = new Set([...loaded.runbooks.values()].flatMap(({ path, runbook }) => (paths.has(path) ? [runbook.name] : [])));
  const runbooks = [...loaded.runbooks.values()].map(({ runbook }) => runbook);
  const rules = runbooks.flatMap((runbook) => [...rulesOf(runbook), ...readinessRule(runbook)]);
  const names = new Set(runbooks.map(({ name }) => name));
  const { changed, removed, unknown } = await registerSchedules(ports, { runbooks: names, rules, writer, published });
  if (unknown.length > 0) ports.log.warn('schedules that nobody answers for: publish their runbooks again', { schedules: [...unknown] });
  if (changed.length + removed.length > 0)
    ports.log.info('schedules registered', { changed: [...changed], removed: [...removed], principal: writer.id });
}

/** The plan of a slot's run. */
interface SlotPlan extends HashedPlan {
  readonly slotMs: number;
}

/** Plans a slot's run with what is published and true now, and creates it in the name of who published the schedule. */
export function slotRuns(context: ServerContext): SlotRuns<SlotPlan> {
  const { ports } = context;
  return {
    async plan(schedule, slotMs) {
      try {
        return await planSlot(context, schedule, slotMs);
      } catch (error) {
        if (error instanceof RunwardError && ERRORS[error.code].retry === 'never')
          return { kind: 'refused', reason: `${NO_RUN}: ${error.message}` };
        throw error;
      }
    },
    async create({ id, writer, rule }, runId, planned) {
      await startRun(ports, {
        plan: planned,
        runId,
        requester: { ...writer, name: `schedule ${id}` },
        trigger: rule.checks === true ? 'readiness' : 'schedule',
        slotMs: planned.slotMs,
        ...(rule.checks === true ? {} : { slotDueAtMs: dueAtMs(rule, planned.slotMs) }),
        ...runFacts(context, planned.plan),
      }).catch(onlyOtherPlan);
      ports.log.info('run accepted', { runId, runbook: rule.runbook, planHash: planned.hash, schedule: id });
    },
  };
}

async function planSlot(
  context: ServerContext,
  { id, rule, writer }: StoredSchedule,
  slotMs: number,
): Promise<Awaited<ReturnType<SlotRuns<SlotPlan>['plan']>>> {
  const { ports, config } = context;
  const refuse = (reason: string) => ({ kind: 'refused' as const, reason: `${NO_RUN}: ${reason}` });
  const denied = await whyNotAllowed(context, writer, [rule], rule.checks === true ? 'plan' : undefined);
  if (denied !== undefined) return refuse(denied);
  const { vars, failed } = computeVars(rule.inputs, {}, slotMs);
  const [broken] = Object.entries(failed);
  if (broken !== undefined) return refuse(`input ${broken[0]}: ${broken[1]}`);
  if (rule.checks === true) {
    const checks = await planChecks(context, { runbook: rule.runbook, inputs: vars as JsonObject });
    if (checks.kind === 'refused') return refuse(checks.reason);
    const busy = await recoveryUnderWay(context, checks.made.plan);
    // The answer from before stays what is known: what a drill has made of the machines would look like something that is wrong.
    return busy === undefined ? { kind: 'planned', planned: { ...checks.made, slotMs } } : { kind: 'refused', reason: busy };
  }
  const { timeScale } = config.azure;
  const made = await makePlan(ports, {
    project: await context.projects.current(),
    runbook: rule.runbook,
    inputs: vars as JsonObject,
    testedAtMs: (definition) => testedAt(context, definition),
    signal: context.closing,
    ...(timeScale === undefined ? {} : { simulatedScale: timeScale }),
  });
  if (made.kind === 'refused') return refuse(made.findings.map(({ code, message }) => `${code} ${message}`).join('; '));
  const deniedCall = await whyNotAllowed(context, writer, calledBy(made));
  if (deniedCall !== undefined) return refuse(deniedCall);
  const open = openToSevere(made.plan);
  if (open !== undefined) return refuse(`${id} is severe, and ${open}: a schedule starts it only behind an approval`);
  if (isProduction(rule.environment) && !isSimulated(config) && (await ports.store.durability()).tier === 'none')
    return refuse('the store could lose an accepted run, and production runs are refused');
  try {
    await takeGroupPlace(context, slotRunId(ports.ids, id, slotMs), made.plan);
  } catch (error) {
    if (error instanceof RunwardError && error.code === 'CONFLICT_GROUP_FULL') return refuse(error.message);
    throw error;
  }
  return { kind: 'planned', planned: { ...made, slotMs } };
}

/** The rights of a schedule or webhook are those that its writer has now: why that is not enough, or undefined. Without a permission it is the one to start. */
export async function whyNotAllowed(
  { ports }: ServerContext,
  writer: Principal,
  resources: readonly Pick<ScheduleRule, 'runbook' | 'environment'>[],
  permission?: Permission,
): Promise<string | undefined> {
  if (writer.kind !== 'token') return undefined;
  const nowMs = await ports.store.nowMs();
  const tokens = (await ports.store.listTokens()).map((record) => tokenSchema.parse(record));
  const own = tokens.filter(({ owner, expiresAtMs }) => owner === writer.id && expiresAtMs > nowMs);
  const grants = own.flatMap((token) => token.grants);
  for (const { runbook, environment } of resources) {
    const verdict = decide(grants, permission ?? startPermission(environment), { runbook, environment });
    if (verdict.kind !== 'allowed')
      return `${writer.name}, who published it, may not ${permission ?? 'start'} ${runbook}: ${verdict.reason}`;
  }
  return undefined;
}

// Another server has made the run a moment ago, from a plan of its own: the slot has its run.
function onlyOtherPlan(error: unknown): void {
  if (error instanceof RunwardError && error.code === 'CONFLICT_IDEMPOTENCY_MISMATCH') return;
  throw error;
}

/** The rules of a runbook's schedules, with what follows from the runbook and the pattern where nothing is written. */
export function rulesOf(runbook: Runbook): readonly ScheduleRule[] {
  const run = catchesUp(runbook) ? ('latest' as const) : ('none' as const);
  const told = [...new Set(runbook.notify.flatMap(({ to, when }) => (when.includes('missed') ? [to] : [])))];
  return runbook.schedules.map(({ missed, id, ...schedule }): ScheduleRule => {
    const times: SlotRule = { ...schedule, id: `${runbook.name}.${id}` };
    return {
      ...schedule,
      id: times.id,
      runbook: runbook.name,
      environment: runbook.environment,
      ...(told.length === 0 ? {} : { tells: { title: runbook.title, missed: told } }),
      missed: {
        run: missed.run ?? run,
        withinMs: missed.withinMs ?? Math.min(CATCH_UP_MAX_MS, Math.floor(periodMs(times) / 2)),
        max: missed.max,
      },
    };
  });
}

// What changes nothing, or asks a person first, may come late; the rest must not surprise anybody at another hour.
function catchesUp({ readiness, steps, finally: last }: Runbook): boolean {
  const all = [...allSteps([...(readiness?.checks ?? []), ...steps, ...last])];
  const reads = all.every(({ body }) => {
    if (body.kind === 'run') return body.effect === 'read';
    return body.kind === 'uses' ? actions.get(body.action)?.effect === 'read' : body.kind !== 'call';
  });
  return reads || all.some(({ body }) => body.kind === 'approval');
}

function periodMs(rule: SlotRule): number {
  const { id, cron, timezone, dayMatch } = rule;
  const slots = nextSlots({ id, cron, timezone, dayMatch, jitterMs: 0 }, REFERENCE_MS, PERIODS_LOOKED_AT);
  return Math.min(CATCH_UP_MAX_MS * 2, ...slots.slice(1).map((slot, index) => slot - (slots[index] ?? slot)));
}
