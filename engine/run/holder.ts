import { assert, RunwardError } from '../errors.ts';
import type { RunId } from '../ids.ts';
import { INTENT_LEASE_MS, LEASE_MS, SEND_MARGIN_MS } from '../limits.ts';
import type { Plan } from '../plan/plan-record.ts';
import type { Ports } from '../ports.ts';
import type { Fence, InboxEntry, StoredRun, TransitionAnswer, TransitionRequest } from '../store.ts';
import type { RunChange } from './change.ts';
import { type Build, type Company, nextBatch, type Waiting, withFollowing } from './commit-queue.ts';
import type { RunView } from './record.ts';
import { transitionOf, viewAfter } from './transition-of.ts';

/** The lease times of a holder, in milliseconds; the defaults are those of the limits. */
export interface LeaseTimes {
  readonly leaseMs: number;
  readonly intentLeaseMs: number;
  readonly sendMarginMs: number;
}

/** Lease times as designed; a demo may run with shorter ones, in the same proportion. */
export const LEASE_TIMES: LeaseTimes = { leaseMs: LEASE_MS, intentLeaseMs: INTENT_LEASE_MS, sendMarginMs: SEND_MARGIN_MS };

/** The right to write one run, and the run as its holder knows it. Every write goes through `commit`, one transition at a time. */
export interface Holder {
  readonly runId: RunId;
  readonly plan: Plan;
  readonly worker: string;
  readonly fence: Fence;
  readonly view: () => RunView;
  /** The store's time, estimated from its last answer and the monotonic clock. */
  readonly nowMs: () => number;
  /** Builds a change from the state at its turn and stores it; a builder that answers undefined changes nothing. Throws RUN_STALE_EPOCH. */
  readonly commit: (build: Build, company?: Company) => Promise<void>;
  /** Sets what is asked after each change for steps that open because of it: they are stored with it. */
  readonly followWith: (following: Build) => void;
  /** True while a request may leave: the lease, by this process's own clock, lasts longer than the request can take. */
  readonly maySend: () => boolean;
  readonly inbox: () => readonly InboxEntry[];
  readonly takeInbox: (entries: readonly InboxEntry[]) => void;
  /** The store has said that there are words which this process has not read. */
  readonly hasUnread: () => boolean;
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
  let said = Math.max(claimed.stored.run.inboxPosition, ...inbox.map(({ position }) => position));
  let skewMs = claimed.stored.nowMs - ports.clock.monotonicMs();
  let leaseEndsAtMs = claimed.askedAtMs + claimed.times.leaseMs;
  let storing: Promise<void> | undefined;
  let following: Build | undefined;
  const queue: Waiting[] = [];
  const nowMs = (): number => Math.round(ports.clock.monotonicMs() + skewMs);
  const sync = (storeNowMs: number): void => {
    skewMs = storeNowMs - ports.clock.monotonicMs();
  };

  const batchNow = () => {
    const stored = view;
    // Builders look at the run through the holder as well: they see it with the changes before theirs, and nobody else runs meanwhile.
    const at = { nowMs: nowMs(), show: (seen: RunView) => void (view = seen) };
    try {
      const batch = nextBatch(queue, stored, at);
      const isIntent = batch.changes.some(({ writesIntent }) => writesIntent === true);
      const full = batch.members.length === 0 || isIntent ? batch : withFollowing(batch, following, at);
      return { members: full.members, together: { view: stored, changes: full.changes } };
    } finally {
      view = stored;
    }
  };

  const storeBatch = async ({ members, together }: ReturnType<typeof batchNow>): Promise<void> => {
    const askedAtMs = ports.clock.monotonicMs();
    const { worker, fence, times } = claimed;
    const request = transitionOf(ports.ids, together, { runId, worker, fence, intentLeaseMs: times.intentLeaseMs, nowMs: nowMs() });
    const answer = await applied(ports, request);
    if (isLostBy(answer)) {
      lost.abort();
      throw stale(runId);
    }
    assertApplied(answer, runId);
    sync(answer.nowMs);
    if (request.leaseFloorMs > 0) leaseEndsAtMs = Math.max(leaseEndsAtMs, askedAtMs + request.leaseFloorMs);
    view = viewAfter(together, request, answer);
    said = Math.max(said, answer.inboxLength);
    for (const change of together.changes) logEdges(ports, claimed, change);
    for (const { resolve } of members) resolve();
  };

  const storeAll = async (): Promise<void> => {
    // Who speaks in the same turn of the event loop joins.
    await Promise.resolve();
    while (queue.length > 0) {
      if (lost.signal.aborted) for (const { reject } of queue.splice(0)) reject(stale(runId));
      const batch = batchNow();
      if (batch.members.length === 0) continue;
      await storeBatch(batch).catch((error: unknown) => {
        for (const { reject } of batch.members) reject(error);
      });
    }
    storing = undefined;
  };

  return {
    runId,
    plan: claimed.plan,
    worker: claimed.worker,
    fence: claimed.fence,
    view: () => view,
    nowMs,
    commit: (build, company = 'alone') =>
      new Promise((resolve, reject) => {
        queue.push({ build, company, resolve, reject });
        storing ??= storeAll();
      }),
    followWith: (build) => {
      following = build;
    },
    maySend: () => !lost.signal.aborted && leaseEndsAtMs - ports.clock.monotonicMs() >= claimed.times.sendMarginMs,
    inbox: () => inbox,
    hasUnread: () => said > Math.max(view.run.inboxPosition, ...inbox.map(({ position }) => position)),
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
      said = Math.max(said, answer.inboxLength);
      leaseEndsAtMs = Math.max(leaseEndsAtMs, askedAtMs + claimed.times.leaseMs);
      return true;
    },
    release: async (wakeAtMs) => {
      await storing;
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

function logEdges(ports: HolderPorts, claimed: Claimed, change: RunChange): void {
  const head = { runId: claimed.stored.run.runId, epoch: claimed.fence.epoch };
  for (const { to, event } of change.steps ?? []) {
    const level = to.state === 'unknown' ? 'error' : to.state === 'failed' ? 'warn' : event === 'still_running' ? 'debug' : 'info';
    ports.log[level]('step moved', { ...head, stepPath: to.path, stepKey: to.key, attempt: to.attempt, event, state: to.state });
  }
  if (change.event !== undefined) ports.log.info('run moved', { ...head, event: change.event });
  assert(claimed.fence.claim.length > 0, 'a holder has a claim token');
}
