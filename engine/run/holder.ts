import { chainFacts } from '../audit/chain.ts';
import { follow } from '../edges.ts';
import { assert, RunwardError } from '../errors.ts';
import type { RunId } from '../ids.ts';
import type { JsonObject } from '../json.ts';
import { INTENT_LEASE_MS, LEASE_MS, SEND_MARGIN_MS } from '../limits.ts';
import type { Plan } from '../plan/plan-record.ts';
import type { Ports } from '../ports.ts';
import type { EventDraft, Fence, InboxEntry, StoredRun, TransitionAnswer, TransitionRequest } from '../store.ts';
import type { RunChange, StepChange } from './change.ts';
import type { RunFields, RunRecord, RunView, StepRecord } from './record.ts';
import { RUN_EDGES } from './run-state.ts';

/** The lease times of a holder, in milliseconds; the defaults are those of the limits. */
export interface LeaseTimes {
  readonly leaseMs: number;
  readonly intentLeaseMs: number;
  readonly sendMarginMs: number;
}

/** Lease times as designed; a demo may run with shorter ones, in the same proportion. */
export const LEASE_TIMES: LeaseTimes = { leaseMs: LEASE_MS, intentLeaseMs: INTENT_LEASE_MS, sendMarginMs: SEND_MARGIN_MS };

/** The right to write one run, and the run as its holder knows it. Every write goes through `commit`, one at a time. */
export interface Holder {
  readonly runId: RunId;
  readonly plan: Plan;
  readonly worker: string;
  readonly fence: Fence;
  readonly view: () => RunView;
  /** The store's time, estimated from its last answer and the monotonic clock. */
  readonly nowMs: () => number;
  /** Builds a change from the state at its turn and stores it; a builder that answers undefined changes nothing. Throws RUN_STALE_EPOCH. */
  readonly commit: (build: (view: RunView, nowMs: number) => RunChange | undefined) => Promise<void>;
  /** True while a request may leave: the lease, by this process's own clock, lasts longer than the request can take. */
  readonly maySend: () => boolean;
  readonly inbox: () => readonly InboxEntry[];
  readonly takeInbox: (entries: readonly InboxEntry[]) => void;
  /** Renews the lease; answers false when it is lost. */
  readonly renew: () => Promise<boolean>;
  readonly release: (wakeAtMs: number) => Promise<void>;
  /** Aborts when the lease is lost or given back. */
  readonly lost: AbortSignal;
}

interface Claimed {
  readonly plan: Plan;
  readonly worker: string;
  readonly fence: Fence;
  readonly stored: StoredRun;
  readonly times: LeaseTimes;
  /** The monotonic time before the claim left, in milliseconds. */
  readonly askedAtMs: number;
}

type HolderPorts = Pick<Ports, 'clock' | 'ids' | 'store' | 'log'>;

/** Makes the holder of a run that was just claimed. */
export function holderOf(ports: HolderPorts, claimed: Claimed): Holder {
  const runId = claimed.stored.run.runId;
  const lost = new AbortController();
  let view: RunView = { run: claimed.stored.run, steps: new Map(claimed.stored.steps.map((step) => [step.path, step])) };
  let inbox = claimed.stored.inbox;
  let skewMs = claimed.stored.nowMs - ports.clock.monotonicMs();
  let leaseEndsAtMs = claimed.askedAtMs + claimed.times.leaseMs;
  let turn: Promise<void> = Promise.resolve();
  const nowMs = (): number => Math.round(ports.clock.monotonicMs() + skewMs);
  const sync = (storeNowMs: number): void => {
    skewMs = storeNowMs - ports.clock.monotonicMs();
  };

  const commitNow = async (build: (at: RunView, atMs: number) => RunChange | undefined): Promise<void> => {
    if (lost.signal.aborted) throw stale(runId);
    const change = build(view, nowMs());
    if (change === undefined) return;
    const askedAtMs = ports.clock.monotonicMs();
    const request = requestOf(ports, { change, view, runId, claimed, nowMs: nowMs() });
    const answer = await applied(ports, request);
    if (isLostBy(answer)) {
      lost.abort();
      throw stale(runId);
    }
    assertApplied(answer, runId);
    sync(answer.nowMs);
    if (request.leaseFloorMs > 0) leaseEndsAtMs = Math.max(leaseEndsAtMs, askedAtMs + request.leaseFloorMs);
    view = afterwards(view, change, { request, answer });
    logEdges(ports, claimed, change);
  };

  return {
    runId,
    plan: claimed.plan,
    worker: claimed.worker,
    fence: claimed.fence,
    view: () => view,
    nowMs,
    commit: (build) => {
      const mine = turn.then(() => commitNow(build));
      turn = mine.catch(() => undefined);
      return mine;
    },
    maySend: () => !lost.signal.aborted && leaseEndsAtMs - ports.clock.monotonicMs() >= claimed.times.sendMarginMs,
    inbox: () => inbox,
    takeInbox: (entries) => {
      const known = new Set(inbox.map(({ position }) => position));
      inbox = [...inbox, ...entries.filter(({ position }) => !known.has(position))];
    },
    renew: async () => {
      const askedAtMs = ports.clock.monotonicMs();
      const answer = await ports.store.renew(runId, claimed.fence, claimed.times.leaseMs);
      if (answer.kind === 'stale') {
        lost.abort();
        return false;
      }
      sync(answer.nowMs);
      leaseEndsAtMs = Math.max(leaseEndsAtMs, askedAtMs + claimed.times.leaseMs);
      return true;
    },
    release: async (wakeAtMs) => {
      await turn;
      if (lost.signal.aborted) return;
      lost.abort();
      await ports.store.release(runId, claimed.fence, wakeAtMs);
    },
    lost: lost.signal,
  };
}

/** `late`: the lease ran out before an intent could be stored. Nothing was written; the next holder begins where the record stands. */
function isLostBy(answer: TransitionAnswer): boolean {
  return answer.kind === 'stale' || answer.kind === 'late';
}

function assertApplied(answer: TransitionAnswer, runId: RunId): asserts answer is Extract<TransitionAnswer, { kind: 'applied' }> {
  if (answer.kind === 'applied') return;
  const why = 'detail' in answer ? `${answer.kind} ${answer.detail}` : answer.kind;
  throw new RunwardError('INTERNAL_INVARIANT', `the store refused a change: ${why}`, { runId });
}

function stale(runId: RunId): RunwardError {
  return new RunwardError('RUN_STALE_EPOCH', 'another worker has this run now; this one drops it', { runId });
}

/** Stores a change. A store that does not answer is asked again with the same txId until it answers: the answer of a target must not be lost. */
async function applied(ports: HolderPorts, request: TransitionRequest): Promise<TransitionAnswer> {
  for (let delayMs = 250; ; delayMs = Math.min(delayMs * 2, 5_000)) {
    try {
      return await ports.store.transition(request);
    } catch (error) {
      const code = error instanceof RunwardError ? error.code : undefined;
      if (code !== 'STORE_UNAVAILABLE' && code !== 'STORE_UNCONFIRMED') throw error;
      if (request.writesIntent) throw error;
      ports.log.warn('store does not answer, the change is kept and sent again', { runId: request.runId });
      await ports.clock.sleep(delayMs);
    }
  }
}

function requestOf(
  ports: HolderPorts,
  at: { readonly change: RunChange; readonly view: RunView; readonly runId: RunId; readonly claimed: Claimed; readonly nowMs: number },
): TransitionRequest {
  const { change, view, claimed } = at;
  const { run } = view;
  const to = change.event === undefined ? run.state : follow(RUN_EDGES, run.state, change.event);
  const facts = auditFacts(at);
  const audit = chainFacts(ports.ids.sha256, { seq: run.auditSeq, hash: run.auditHead }, facts);
  return {
    txId: ports.ids.newToken(),
    runId: at.runId,
    fence: claimed.fence,
    version: run.version,
    state: { from: run.state, to },
    fields: change.fields ?? {},
    stampFields: change.stampFields ?? [],
    steps: (change.steps ?? []).map(({ from, to: record, stamp }) => ({ from: from?.state, fromRev: from?.rev ?? 0, record, stamp })),
    audit,
    auditHead: run.auditHead,
    events: eventsOf(change, to),
    leaseFloorMs: change.writesIntent === true ? claimed.times.intentLeaseMs : 0,
    writesIntent: change.writesIntent ?? false,
    inboxPosition: change.inboxPosition ?? run.inboxPosition,
    wakeAtMs: change.wakeAtMs ?? at.nowMs,
  };
}

function auditFacts(at: { readonly change: RunChange; readonly view: RunView; readonly claimed: Claimed; readonly nowMs: number }) {
  const { change, claimed, nowMs } = at;
  const actor = `worker ${claimed.worker}`;
  const run = change.event === undefined ? [] : [{ at: nowMs, actor, event: `run.${change.event}`, data: runData(change) }];
  const steps = (change.steps ?? []).map((step) => ({ at: nowMs, actor, event: `step.${step.event}`, data: stepData(step) }));
  const given = (change.audit ?? []).map((fact) => ({ ...fact, at: nowMs }));
  return [...given, ...run, ...steps];
}

function eventsOf(change: RunChange, state: string): readonly EventDraft[] {
  const steps = (change.steps ?? []).map((step): EventDraft => {
    const { stepId, itemKey, path } = step.to;
    const head = { type: `runward.step.${step.event}`, step: path, data: { ...stepData(step), stepId } };
    return itemKey === undefined ? head : { ...head, item: itemKey };
  });
  const run: readonly EventDraft[] =
    change.event === undefined ? [] : [{ type: `runward.run.${change.event}`, data: { ...runData(change), state } }];
  return [...steps, ...(change.events ?? []), ...run];
}

function runData(change: RunChange): JsonObject {
  const { phase, outcome, reason, rollback } = change.fields ?? {};
  return {
    ...(phase ? { phase } : {}),
    ...(outcome ? { outcome } : {}),
    ...(reason ? { reason } : {}),
    ...(rollback ? { rollback } : {}),
  };
}

function stepData({ to, data }: StepChange): JsonObject {
  return {
    path: to.path,
    state: to.state,
    stepKey: to.key,
    attempt: to.attempt,
    send: to.send,
    ...(to.reason === undefined ? {} : { reason: to.reason }),
    ...(to.error === undefined
      ? {}
      : { error: { kind: to.error.kind, message: to.error.message, ...(to.error.code === undefined ? {} : { code: to.error.code }) } }),
    ...(to.handle?.jobId === undefined ? {} : { jobId: to.handle.jobId }),
    ...(to.adopted === true ? { adopted: true } : {}),
    ...(to.percent === undefined ? {} : { percent: to.percent }),
    ...(to.verdict === undefined ? {} : { verdict: to.verdict }),
    ...(to.rolledBack === undefined ? {} : { rolledBack: to.rolledBack }),
    ...data,
  };
}

function afterwards(
  view: RunView,
  change: RunChange,
  stored: { readonly request: TransitionRequest; readonly answer: Extract<TransitionAnswer, { kind: 'applied' }> },
): RunView {
  const { request, answer } = stored;
  const steps = new Map(view.steps);
  for (const { to, stamp } of change.steps ?? []) steps.set(to.path, stampedStep(to, stamp, answer.nowMs));
  const head = request.audit.at(-1);
  const patched: Record<string, unknown> = { ...view.run };
  for (const [name, value] of Object.entries(request.fields)) {
    if (value === null) delete patched[name];
    else if (value !== undefined) patched[name] = value;
  }
  for (const name of request.stampFields) patched[name] = answer.nowMs;
  const fields = patched as unknown as RunFields;
  const run: RunRecord = {
    ...view.run,
    ...fields,
    state: request.state.to,
    version: answer.version,
    leaseUntilMs: answer.leaseUntilMs,
    eventSeq: answer.eventSeq,
    inboxPosition: request.inboxPosition,
    auditSeq: head?.seq ?? view.run.auditSeq,
    auditHead: head?.hash ?? view.run.auditHead,
  };
  return { run: withoutRemoved(run, request), steps };
}

function withoutRemoved(run: RunRecord, request: TransitionRequest): RunRecord {
  const removed = Object.entries(request.fields)
    .filter(([, value]) => value === null)
    .map(([name]) => name);
  return Object.fromEntries(Object.entries(run).filter(([name]) => !removed.includes(name))) as unknown as RunRecord;
}

function stampedStep(record: StepRecord, stamp: StepChange['stamp'], nowMs: number): StepRecord {
  return { ...record, ...Object.fromEntries(stamp.map((name) => [name, nowMs])) };
}

function logEdges(ports: HolderPorts, claimed: Claimed, change: RunChange): void {
  const head = { runId: claimed.stored.run.runId, epoch: claimed.fence.epoch };
  for (const { to, event } of change.steps ?? []) {
    const level = to.state === 'unknown' ? 'error' : to.state === 'failed' ? 'warn' : event === 'still_running' ? 'debug' : 'info';
    ports.log[level]('step moved', { ...head, stepPath: to.path, stepKey: to.key, attempt: to.attempt, event, state: to.state });
  }
  if (change.event !== undefined) ports.log.info('run moved', { ...head, event: change.event });
  assert(claimed.fence.claim.length > 0, 'a holder has a claim token');
}
