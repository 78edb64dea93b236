import { z } from 'zod';
import {
  effectAction,
  type EffectAction,
  type Failure,
  type FindOutcome,
  type PollOutcome,
  type SubmitOutcome,
  type VerifyOutcome,
} from '../actions/action.ts';
import { RunwardError } from '../errors.ts';
import type { RunId } from '../ids.ts';
import type { JsonObject } from '../json.ts';
import { canonicalJson } from '../json.ts';
import type { Step } from '../language/runbook.ts';
import { CALL_POLL_MS, UNANSWERED_MS } from '../limits.ts';
import { planForCall } from './call-plan.ts';
import { PASSED_DOWN, readCommand } from './command.ts';
import type { Holder } from './holder.ts';
import type { ParentRun, RunRecord, StepRecord } from './record.ts';
import { hasEnded, type RunOutcome } from './run-state.ts';
import { startRun } from './start.ts';
import type { Engine } from './turn.ts';

/**
 * The action behind a `call` step: its effect is a run of another runbook under an id that follows from the step, so that creating it
 * again finds it. The run is followed to its end; what people say to the caller is passed down to it.
 */
export function callAction(engine: Engine, holder: Holder, leaf: { readonly step: Step; readonly record: StepRecord }): EffectAction {
  const { step, record } = leaf;
  const name = step.body.kind === 'call' ? step.body.runbook : '';
  const pinned = holder.plan.calls?.[name]?.definition;
  const called: Called = { engine, holder, record, name, runId: calledRunId(engine, record) };
  return effectAction<JsonObject>({
    name: 'call',
    summary: `Run ${name}`,
    effect: 'named',
    severity: 'mild',
    target: 'none',
    input: z.record(z.string(), z.json()) as unknown as z.ZodType<JsonObject>,
    result: {},
    timeoutMs: (pinned?.timeoutMs ?? 0) + (pinned?.finallyTimeoutMs ?? 0),
    permissions: [],
    quietMs: 0,
    precheck: async () => ({ kind: 'proceed' }),
    submit: async (_, context) => create(called, { step, input: context.input }),
    find: async () => find(called),
    poll: async () => poll(called),
    verify: async () => verify(called),
  });
}

/** The id of the run that an attempt of a step calls: it names the same run for ever. */
export function calledRunId(engine: Pick<Engine, 'ports'>, record: Pick<StepRecord, 'key' | 'attempt'>): RunId {
  return engine.ports.ids.uuid5('call', record.key, String(record.attempt)) as RunId;
}

interface Called {
  readonly engine: Engine;
  readonly holder: Holder;
  readonly record: StepRecord;
  readonly name: string;
  readonly runId: RunId;
}

async function create(called: Called, { step, input }: { readonly step: Step; readonly input: JsonObject }): Promise<SubmitOutcome> {
  const { engine, holder, record, runId } = called;
  const { run } = holder.view();
  const planned = planForCall(engine, { plan: holder.plan, step, record, inputs: input, runId });
  if (planned.kind === 'refused') return { kind: 'refused', failure: { kind: 'expression', message: planned.message } };
  const text = canonicalJson(planned.plan);
  const endByMs = endOfCall(holder, { step, record });
  const parent: ParentRun = {
    runId: run.runId,
    number: run.number,
    runbook: run.runbook,
    step: record.path,
    ancestors: [...(run.parent?.ancestors ?? []), run.runId],
    ...(endByMs === undefined ? {} : { endByMs }),
  };
  try {
    const started = await startRun(engine.ports, {
      plan: { plan: planned.plan, text, hash: engine.ports.ids.sha256(text) },
      runId,
      requester: run.requester,
      trigger: 'call',
      parent,
      ...(run.freezeExempt === true ? { freezeExempt: true } : {}),
      ...(run.simulatedScale === undefined ? {} : { simulatedScale: run.simulatedScale }),
      ...(run.publicUrl === undefined ? {} : { publicUrl: run.publicUrl }),
      ...(run.reasonGiven === undefined ? {} : { reason: run.reasonGiven }),
      ...(run.outageAtMs === undefined ? {} : { outageAtMs: run.outageAtMs }),
    });
    return { kind: 'accepted', handle: { runId, runNumber: started.number, inboxPosition: run.inboxPosition } };
  } catch (error) {
    if (!(error instanceof RunwardError)) throw error;
    if (error.code === 'STORE_BUSY') return { kind: 'not_sent', message: error.message, retryAfterMs: UNANSWERED_MS };
    if (error.code === 'CONFLICT_IDEMPOTENCY_MISMATCH')
      return { kind: 'refused', failure: { kind: 'stale_plan', message: `run ${runId} was created from another plan` } };
    return { kind: 'ambiguous', message: error.message };
  }
}

/** A called run ends with its caller at the latest: with the step's own time, that of the blocks around it, and that of the run. */
function endOfCall(holder: Holder, { step, record }: { readonly step: Step; readonly record: StepRecord }): number | undefined {
  const { run, steps } = holder.view();
  const around = [...steps.values()].filter(({ path, deadlineAtMs }) => deadlineAtMs !== undefined && record.path.startsWith(`${path}/`));
  const own = step.timeoutMs === undefined ? [] : [(record.createdAtMs ?? holder.nowMs()) + step.timeoutMs];
  const limits = [
    ...own,
    ...around.flatMap(({ deadlineAtMs }) => deadlineAtMs ?? []),
    ...(run.deadlineAtMs === undefined ? [] : [run.deadlineAtMs]),
  ];
  return limits.length === 0 ? undefined : Math.min(...limits);
}

async function find({ engine, runId, holder }: Called): Promise<FindOutcome> {
  const stored = await engine.ports.store.readRun(runId);
  if (stored === undefined) return { kind: 'absent' };
  return { kind: 'found', handle: { runId, runNumber: stored.run.number, inboxPosition: holder.view().run.inboxPosition } };
}

async function poll(called: Called): Promise<PollOutcome> {
  const stored = await called.engine.ports.store.readRun(called.runId);
  if (stored === undefined) return { kind: 'unclear', message: `run ${called.runId} is not in the store any more`, candidates: [] };
  const { run } = stored;
  if (hasEnded(run.state)) return ended(run);
  await passDown(called);
  const own = called.holder.view().run;
  const handle = { ...called.record.handle, inboxPosition: own.inboxPosition, nudges: own.nudges ?? 0 };
  return { kind: 'running', handle, ...reasonFor(run), retryAfterMs: CALL_POLL_MS };
}

function reasonFor({ state, number, reason }: RunRecord): { readonly reason?: string } {
  const why = reason === undefined ? '' : `: ${reason}`;
  if (state === 'waiting' || state === 'paused') return { reason: `run ${number} is ${state}${why}` };
  return state === 'unknown' ? { reason: `run ${number} waits for a person${why}` } : {};
}

/** The words of people that the caller has applied since the last look, as a server signed them. A word that is there already changes nothing. */
async function passDown({ engine, holder, record, runId }: Called): Promise<void> {
  const { run } = holder.view();
  const from = record.handle?.inboxPosition ?? 0;
  if (from >= run.inboxPosition) return;
  const { store, queue, signer } = engine.ports;
  for (const entry of await store.readInbox(run.runId, from)) {
    const word = entry.position > run.inboxPosition ? undefined : readCommand(signer, run, entry);
    if (word === undefined || !PASSED_DOWN.has(word.kind)) continue;
    await store.command(runId, { id: `from ${run.runId} ${entry.position}`, body: entry.body, signature: entry.signature });
  }
  await queue.wake(runId);
}

const FAILURES = {
  failed: 'target',
  cancelled: 'target',
  rejected: 'denied',
  timed_out: 'timed_out',
} as const satisfies Partial<Record<RunOutcome, Failure['kind']>>;

function ended(run: RunRecord): PollOutcome {
  const { state, number, reason, outputs } = run;
  if (state === 'succeeded' || state === 'partially_failed') return { kind: 'ended_well', result: { status: state } };
  const kind = state in FAILURES ? FAILURES[state as keyof typeof FAILURES] : 'target';
  const message = `run ${number} (${run.runbook}) ${state.replace('_', ' ')}${reason === undefined ? '' : `: ${reason}`}`;
  return { kind: 'failed', failure: { kind, message }, ...(outputs === undefined ? {} : { result: outputs }) };
}

async function verify({ engine, runId }: Called): Promise<VerifyOutcome> {
  const stored = await engine.ports.store.readRun(runId);
  if (stored === undefined) return { kind: 'unanswered', message: `run ${runId} is not in the store`, retryAfterMs: UNANSWERED_MS };
  return { kind: 'succeeded', result: stored.run.outputs ?? {} };
}
