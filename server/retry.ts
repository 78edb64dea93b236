import { startPermission } from '../engine/access/decide.ts';
import { RunwardError } from '../engine/errors.ts';
import type { RunId } from '../engine/ids.ts';
import type { JsonObject, JsonValue } from '../engine/json.ts';
import { canonicalJson } from '../engine/json.ts';
import { dateOf } from '../engine/language/instant.ts';
import { carryOver, type RetryAnswer } from '../engine/run/carry-over.ts';
import { openRollbacks } from '../engine/run/open-rollbacks.ts';
import type { RetryOf } from '../engine/run/record.ts';
import { readersOfChanges } from '../engine/run/retry-reach.ts';
import { hasEnded } from '../engine/run/run-state.ts';
import { startRun } from '../engine/run/start.ts';
import { storedDurationMs, storedTimeMs } from '../engine/values.ts';
import type { ServerContext } from './context.ts';
import { confirmSevere } from './danger.ts';
import { type Caller, demand } from './identify.ts';
import type { HashedPlan } from './plans.ts';
import { runFacts } from './run-facts.ts';
import { type RunView, readRun, resourceOf } from './run-view.ts';
import { admitStart, answerOf, calledBy, isReplay, planFor } from './start.ts';

/** What of an ended run shall be done again, as it came in. `planHash` binds the start to the preview that was shown. */
export interface RetryBody {
  readonly mode: RetryOf['mode'];
  readonly step?: string | undefined;
  readonly inputs?: Readonly<Record<string, unknown>> | undefined;
  readonly reason?: string | undefined;
  readonly confirm?: string | undefined;
  readonly planHash?: string | undefined;
}

/** A retry that was decided and not started. */
interface Prepared {
  readonly view: RunView;
  readonly made: HashedPlan;
  readonly runId: RunId;
  readonly carried: Extract<RetryAnswer, { readonly kind: 'planned' }>;
}

/** What a retry would do: the steps that run again and those whose results are kept. Changes nothing. Throws CONFLICT_STATE. */
export async function previewRetry(
  context: ServerContext,
  caller: Caller,
  asked: { readonly reference: string; readonly body: RetryBody },
) {
  const view = await readRun(context, caller, asked.reference);
  const { made, carried } = await prepare(context, caller, { view, body: asked.body, runId: view.stored.run.runId });
  const { run } = view.stored;
  const again = carried.rows.filter(({ becomes }) => becomes !== 'kept' && becomes !== 'left_out');
  return {
    apiVersion: 'runward/v1' as const,
    kind: 'RetryPreview' as const,
    run: { id: run.runId, number: run.number, runbook: run.runbook, status: run.state },
    mode: asked.body.mode,
    planHash: made.hash,
    samePlan: made.hash === run.planHash,
    severity: made.plan.severity,
    environment: made.plan.environment,
    steps: carried.rows,
    changing: again.filter(({ kind }) => kind === 'MUTATES' || kind === 'UNKNOWN').length,
    inputs: changedInputs(view.plan.inputs, made.plan.inputs),
    notes: [
      'readiness, approvals, locks and finally begin anew; the clocks of recovery time and point are those of the new run',
      ...(run.cleanup === 'incomplete' ? ['its cleanup was given up: its targets are locked until a person releases them'] : []),
    ],
  };
}

/** Starts the new run, or finds the one that the same key and body started. Throws USAGE_CONFIRM, CONFLICT_STATE and CONFLICT_STALE_PLAN. */
export async function startRetry(
  context: ServerContext,
  caller: Caller,
  asked: { readonly reference: string; readonly key: string; readonly body: RetryBody },
) {
  const { ports } = context;
  const { body } = asked;
  const view = await readRun(context, caller, asked.reference);
  const { run } = view.stored;
  const runId = ports.ids.uuid5(caller.principal.id, asked.key) as RunId;
  const requestDigest = ports.ids.sha256(canonicalJson({ retry: run.runId, ...(body as unknown as JsonObject) }));
  if (await isReplay(context, runId, requestDigest)) return answerOf(context, caller, { runId, replayed: true });

  for (const each of [resourceOf(run), ...calledBy(view)]) demand(caller, startPermission(each.environment), each);
  const { made, carried } = await prepare(context, caller, { view, body, runId });
  if (body.planHash !== undefined && body.planHash !== made.hash)
    throw new RunwardError('CONFLICT_STALE_PLAN', 'the plan is not the one of the preview any more: look at the preview again');
  if (made.plan.severity === 'severe') {
    const { name } = made.plan.definition;
    confirmSevere(
      { what: `a ${body.mode === 'rollback' ? 'rollback' : 'retry'} of run ${run.number}`, expected: name, planHash: made.hash },
      body,
    );
  }
  const { freezeExempt } = await admitStart(context, caller, { plan: made.plan, runId });
  const retryOf = { runId: run.runId, number: run.number, mode: body.mode, ...(body.step === undefined ? {} : { step: body.step }) };
  // The new run names the old one as where it comes from.
  if (run.purpose === 'readiness' && !(await ports.store.referTo(run.runId)))
    throw new RunwardError('NOT_FOUND_RUN', `run ${run.number} is gone`);
  const started = await startRun(ports, {
    plan: made,
    runId,
    requester: caller.principal,
    trigger: 'retry',
    requestDigest,
    freezeExempt,
    retryOf,
    steps: carried.steps,
    ...(body.reason === undefined ? {} : { reason: body.reason }),
    ...(run.outageAtMs === undefined ? {} : { outageAtMs: run.outageAtMs }),
    ...runFacts(context, made.plan),
  });
  ports.log.info('run accepted', { runId, number: started.number, runbook: run.runbook, planHash: made.hash, retryOf: run.runId });
  return answerOf(context, caller, { runId, replayed: started.kind === 'exists' });
}

async function prepare(
  context: ServerContext,
  caller: Caller,
  at: { readonly view: RunView; readonly body: RetryBody; readonly runId: RunId },
): Promise<Prepared> {
  const { view, body, runId } = at;
  const { run, steps } = view.stored;
  if (!hasEnded(run.state))
    throw new RunwardError('CONFLICT_STATE', `run ${run.number} is ${run.state}: only a run that has ended is gone on from`);
  if (run.parent !== undefined)
    throw new RunwardError('CONFLICT_STATE', `run ${run.number} was called by run ${run.parent.number}: retry that one`);
  const made = await planOf(context, caller, { view, body });
  const { ports } = context;
  const source = {
    old: { run, steps: new Map(steps.map((record) => [record.path, record])) },
    plan: made.plan,
    newRunId: runId,
    nowMs: await ports.store.nowMs(),
    uuid5: ports.ids.uuid5,
    gone: await goneMachines(context, view),
    edited: readersOfChanges(view.plan, made.plan),
  };
  const { mode, step } = body;
  const asked = step === undefined ? {} : { step };
  const carried = mode === 'rollback' ? openRollbacks(made.plan, source.old) : carryOver(source, { mode, ...asked });
  if (carried.kind === 'refused') throw new RunwardError('CONFLICT_STATE', `run ${run.number}: ${carried.why}`);
  return { view, made, runId, carried };
}

/** The plan of the run itself; with edited inputs a new one of the same text. */
async function planOf(
  context: ServerContext,
  caller: Caller,
  { view, body }: { readonly view: RunView; readonly body: RetryBody },
): Promise<HashedPlan> {
  if (body.inputs === undefined || Object.keys(body.inputs).length === 0) return { plan: view.plan, text: view.text, hash: view.hash };
  const { plan } = view;
  const before = Object.fromEntries(Object.entries(plan.inputs).map(([name, value]) => [name, asGiven(value ?? null)]));
  const made = await planFor(context, caller, { runbook: plan.definition.name, as: plan.purpose, inputs: { ...before, ...body.inputs } });
  if (made.plan.runbookDigest === plan.runbookDigest) return made;
  throw new RunwardError('CONFLICT_STALE_PLAN', `${plan.definition.name} was changed since run ${view.stored.run.number}: start a new run`);
}

/** An input as people write it, from the form in which a plan keeps it. */
function asGiven(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map((each) => asGiven(each ?? null));
  const durationMs = storedDurationMs(value);
  if (durationMs !== undefined) return `${durationMs / 1000}s`;
  const timeMs = storedTimeMs(value);
  return timeMs === undefined ? value : dateOf(timeMs).toISOString();
}

/** Machines that the run produced and that are not there any more, by their ids in lower case. Throws CONFLICT_STATE when Azure does not tell. */
async function goneMachines({ ports, closing }: ServerContext, { stored }: RunView): Promise<ReadonlySet<string>> {
  const made = new Map(
    stored.steps.flatMap(({ produced }) => (produced ?? []).map((target) => [target.id.toLowerCase(), target] as const)),
  );
  const gone = new Set<string>();
  for (const [id, target] of made) {
    if (!id.includes('/virtualmachines/')) continue;
    const answer = await ports.azure.read({ kind: 'vm.get', vmId: target.id }, closing);
    if (answer.kind === 'missing') gone.add(id);
    else if (answer.kind !== 'found')
      throw new RunwardError('CONFLICT_STATE', `it cannot be told whether ${target.name} still exists (${answer.message}): try again`);
  }
  return gone;
}

function changedInputs(before: JsonObject, after: JsonObject) {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].toSorted();
  const pairs = names.map((name) => ({ name, before: before[name] ?? null, after: after[name] ?? null }));
  const changed = pairs.filter((pair) => canonicalJson(pair.before) !== canonicalJson(pair.after));
  return changed.map((pair) => ({ name: pair.name, before: asGiven(pair.before), after: asGiven(pair.after) }));
}
