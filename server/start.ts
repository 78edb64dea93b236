import { decide, isProduction, startPermission } from '../engine/access/decide.ts';
import { RunwardError } from '../engine/errors.ts';
import type { RunId } from '../engine/ids.ts';
import type { JsonObject } from '../engine/json.ts';
import { canonicalJson } from '../engine/json.ts';
import { formatDuration } from '../engine/language/duration.ts';
import { formatInstant, parseInstantMs } from '../engine/language/instant.ts';
import type { Purpose } from '../engine/language/runbook.ts';
import { PURPOSES } from '../engine/language/schema-v1.ts';
import { freezeOf } from '../engine/gates/stops.ts';
import { OUTAGE_AGE_MAX_MS } from '../engine/limits.ts';
import type { Plan } from '../engine/plan/plan-record.ts';
import { makePlan } from '../engine/plan/plan.ts';
import { takePlace } from '../engine/run/enter-run.ts';
import type { RunState } from '../engine/run/run-state.ts';
import type { RunSummary } from '../engine/run/summary.ts';
import { timeText } from '../engine/run/summary.ts';
import { startRun } from '../engine/run/start.ts';
import type { ServerContext } from './context.ts';
import { confirmSevere } from './danger.ts';
import type { Caller } from './identify.ts';
import { demand } from './identify.ts';
import { isSimulated } from './loopback.ts';
import type { HashedPlan } from './plans.ts';
import { refusedByFindings } from './problem.ts';
import { runbookNamed } from './projects.ts';
import { testedAt } from './restore-tests.ts';
import { runFacts } from './run-facts.ts';
import { readRun, runView } from './run-view.ts';

const UNDER_WAY: readonly RunState[] = ['queued', 'running', 'waiting', 'paused', 'cancelling', 'unknown'];

/** What a plan is made from. */
export interface PlanRequest {
  readonly runbook: string;
  readonly as?: Purpose | undefined;
  readonly inputs?: Readonly<Record<string, unknown>> | undefined;
}

/** A start as it came in: from the hash of a plan, or from what to plan. */
export interface StartRequest {
  readonly runbook?: string | undefined;
  readonly as?: Purpose | undefined;
  readonly inputs?: Readonly<Record<string, unknown>> | undefined;
  readonly planHash?: string | undefined;
  readonly reason?: string | undefined;
  readonly confirm?: string | undefined;
  readonly outageAt?: string | undefined;
}

/** Makes a plan of a published runbook. Throws NOT_FOUND_RUNBOOK, and USAGE_DOCUMENT with the findings when inputs or targets do not hold. */
export async function planFor(context: ServerContext, caller: Caller, request: PlanRequest): Promise<HashedPlan> {
  const { runbook } = await runbookNamed(context.projects, caller, request.runbook);
  demand(caller, 'plan', { runbook: runbook.name, environment: runbook.environment });
  const { timeScale } = context.config.azure;
  const made = await makePlan(context.ports, {
    project: await context.projects.current(),
    runbook: runbook.name,
    inputs: (request.inputs ?? {}) as JsonObject,
    testedAtMs: (definition) => testedAt(context, definition),
    signal: context.closing,
    ...(request.as === undefined ? {} : { purpose: request.as }),
    ...(timeScale === undefined ? {} : { simulatedScale: timeScale }),
  });
  if (made.kind === 'refused') throw refusedByFindings(`no plan of ${runbook.name} can be made`, made.findings);
  for (const resource of calledBy(made)) demand(caller, 'plan', resource);
  return made;
}

/** The runbooks that a run of the plan will start by itself: whoever starts it must have the right to start them too. */
export function calledBy({ plan }: Pick<HashedPlan, 'plan'>): readonly { readonly runbook: string; readonly environment: string }[] {
  return Object.values(plan.calls ?? {}).map(({ definition }) => ({ runbook: definition.name, environment: definition.environment }));
}

/**
 * Starts a run, or finds the one that the same key and body started before. Throws USAGE_CONFIRM for a severe plan without the
 * runbook's name and a reason, and CONFLICT_IDEMPOTENCY_MISMATCH when the key stands for another body.
 */
export async function start(context: ServerContext, caller: Caller, request: { readonly key: string; readonly body: StartRequest }) {
  const { ports } = context;
  const { key, body } = request;
  const runId = ports.ids.uuid5(caller.principal.id, key) as RunId;
  const requestDigest = ports.ids.sha256(canonicalJson(body));
  if (await isReplay(context, runId, requestDigest)) return answerOf(context, caller, { runId, replayed: true });

  const kept = body.planHash === undefined ? undefined : await context.plans.kept(body.planHash);
  const made = kept ?? (await planFor(context, caller, named(body)));
  const { plan, hash } = made;
  const resource = { runbook: plan.definition.name, environment: plan.environment };
  for (const each of [resource, ...calledBy(made)]) demand(caller, startPermission(each.environment), each);
  confirmStart(made, body);
  const outageAtMs = body.outageAt === undefined ? undefined : outageOf(plan, body.outageAt, await ports.store.nowMs());
  const { freezeExempt } = await admitStart(context, caller, { plan, runId });

  const started = await startRun(ports, {
    plan: made,
    runId,
    requester: caller.principal,
    trigger: 'api',
    requestDigest,
    freezeExempt,
    ...(kept === undefined ? {} : { plannedAtMs: kept.plannedAtMs }),
    ...(body.reason === undefined ? {} : { reason: body.reason }),
    ...(outageAtMs === undefined ? {} : { outageAtMs }),
    ...runFacts(context, plan),
  });
  ports.log.info('run accepted', {
    runId,
    number: started.number,
    runbook: plan.definition.name,
    planHash: hash,
    principal: caller.principal.id,
  });
  return answerOf(context, caller, { runId, replayed: started.kind === 'exists' });
}

/** When a declared outage began. Throws USAGE_BODY where none can be declared, and for a time that cannot be meant. */
function outageOf({ purpose }: Plan, text: string, nowMs: number): number {
  const ms = parseInstantMs(text);
  if (ms === undefined)
    throw new RunwardError('USAGE_BODY', 'outageAt is an RFC 3339 time with an offset, such as 2026-11-24T02:41:00+01:00');
  if (purpose !== 'failover')
    throw new RunwardError('USAGE_BODY', `an outage is declared for a failover, and this is a run for ${purpose}: leave it out`);
  if (ms > nowMs) throw new RunwardError('USAGE_BODY', `the outage is said to begin at ${formatInstant(ms)}: that is still to come`);
  if (nowMs - ms <= OUTAGE_AGE_MAX_MS) return ms;
  const most = formatDuration(OUTAGE_AGE_MAX_MS);
  throw new RunwardError(
    'USAGE_BODY',
    `the outage is said to have begun at ${formatInstant(ms)}: more than ${most} ago is taken for a mistake`,
  );
}

interface Started {
  readonly run: RunSummary;
  readonly replayed: boolean;
}

/** The run as the API shows it, and whether the same request has started it before. */
export async function answerOf(context: ServerContext, caller: Caller, found: { runId: RunId; replayed: boolean }): Promise<Started> {
  return { run: runView(context, await readRun(context, caller, found.runId)), replayed: found.replayed };
}

/** True when the same request has started the run. Throws CONFLICT_IDEMPOTENCY_MISMATCH when another one has. */
export async function isReplay({ ports }: ServerContext, runId: RunId, requestDigest: string): Promise<boolean> {
  const earlier = await ports.store.readRun(runId);
  if (earlier === undefined) return false;
  if (earlier.run.requestDigest === requestDigest) return true;
  throw new RunwardError(
    'CONFLICT_IDEMPOTENCY_MISMATCH',
    `this Idempotency-Key started run ${earlier.run.number} with another request; use a new one`,
  );
}

function named(body: StartRequest): PlanRequest {
  if (body.runbook === undefined) throw new RunwardError('USAGE_BODY', 'give either planHash or runbook');
  return { runbook: body.runbook, as: body.as, inputs: body.inputs };
}

function confirmStart({ plan, hash }: HashedPlan, body: StartRequest): void {
  if (plan.severity !== 'severe') return;
  const lacks = body.planHash === undefined ? ['the hash of a plan that was read (planHash)'] : [];
  const { name } = plan.definition;
  confirmSevere({ what: `a start of ${name}`, expected: name, lacks, planHash: hash }, body);
}

/**
 * Whether the run passes freezes: its runbook is exempt, and the caller has the permission. Without it the run starts as well, and obeys
 * freezes that begin later; while one holds its environment it is refused. Throws GATE_FREEZE.
 */
async function mayPassFreezes({ ports }: ServerContext, caller: Caller, { definition, purpose, environment }: Plan): Promise<boolean> {
  if (definition.freeze !== 'exempt' || purpose !== 'failover') return false;
  const verdict = decide(caller.grants, 'freeze:override', { runbook: definition.name, environment });
  if (verdict.kind === 'allowed') return true;
  const freeze = freezeOf(await ports.store.readStops(), environment, await ports.store.nowMs());
  if (freeze === undefined) return false;
  const until = timeText(freeze.toMs);
  throw new RunwardError(
    'GATE_FREEZE',
    `${environment} is frozen until ${until} (${freeze.reason}), and passing it is not allowed (RW511): ${verdict.reason}`,
  );
}

/** A runbook that rejects instead of waiting gets its place in the group now, or no run. Throws CONFLICT_GROUP_FULL. */
export async function takeGroupPlace({ ports }: ServerContext, runId: RunId, { definition }: Plan): Promise<void> {
  const { concurrency } = definition;
  if (concurrency?.onConflict !== 'reject') return;
  const hold = await takePlace(ports.store, runId, concurrency);
  if (hold === undefined) return;
  throw new RunwardError(
    'CONFLICT_GROUP_FULL',
    `${hold.message} (RW520); nothing was started: wait, or let the runbook say on_conflict: queue`,
  );
}

/**
 * Lets a start pass that is allowed now: production only on a durable store and within the limit of its person, freezes only with the right to
 * pass them, a group only with a place. Throws STORE_NOT_DURABLE, LIMIT_CONCURRENCY, GATE_FREEZE and CONFLICT_GROUP_FULL.
 */
export async function admitStart(
  context: ServerContext,
  caller: Caller,
  { plan, runId }: { readonly plan: Plan; readonly runId: RunId },
): Promise<{ readonly freezeExempt: boolean }> {
  if (isProduction(plan.environment)) await admitProduction(context, caller);
  const freezeExempt = await mayPassFreezes(context, caller, plan);
  await takeGroupPlace(context, runId, plan);
  return { freezeExempt };
}

async function admitProduction({ ports, config }: ServerContext, caller: Caller): Promise<void> {
  const { tier, findings } = await ports.store.durability();
  if (tier === 'none' && !isSimulated(config)) {
    throw new RunwardError(
      'STORE_NOT_DURABLE',
      `the store could lose an accepted run (${findings.join('; ')}): production runs are refused`,
    );
  }
  const open = await ports.store.listRuns({ limit: 500, states: UNDER_WAY, purposes: PURPOSES });
  const own = open.filter(
    (run) => run.parent === undefined && isProduction(run.environment) && run.requester.id === caller.principal.id,
  ).length;
  if (own < config.productionRunMax) return;
  const text = `${own} production runs of yours are under way, the limit is ${config.productionRunMax}; end one or wait`;
  throw new RunwardError('LIMIT_CONCURRENCY', text, { retryAfterSeconds: 60 });
}
