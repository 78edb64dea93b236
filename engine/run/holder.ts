import type { RunId } from '../ids.ts';
import { INTENT_LEASE_MS, LEASE_MS, SEND_MARGIN_MS } from '../limits.ts';
import type { Plan } from '../plan/plan-record.ts';
import type { Ports } from '../ports.ts';
import type { Fence, InboxEntry, StoredRun } from '../store.ts';
import type { Build, Company } from './commit-queue.ts';
import type { RunView } from './record.ts';
import { changeStoreOf, type HeldRun } from './store-changes.ts';

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

/** Makes the holder of a run that was just claimed. */
export function holderOf(ports: Pick<Ports, 'clock' | 'ids' | 'store' | 'log'>, claimed: Claimed): Holder {
  const { plan, worker, fence, stored, times } = claimed;
  const { runId } = stored.run;
  const lost = new AbortController();
  let { inbox } = stored;
  const lastRead = (): number => Math.max(held.view.run.inboxPosition, ...inbox.map(({ position }) => position));
  const held: HeldRun = {
    view: { run: stored.run, steps: new Map(stored.steps.map((step) => [step.path, step])) },
    skewMs: stored.nowMs - ports.clock.monotonicMs(),
    leaseEndsAtMs: claimed.askedAtMs + times.leaseMs,
    said: 0,
  };
  const changes = changeStoreOf(ports, held, { runId, worker, fence, intentLeaseMs: times.intentLeaseMs, lost });
  return {
    runId,
    plan,
    worker,
    fence,
    view: () => held.view,
    nowMs: () => Math.round(ports.clock.monotonicMs() + held.skewMs),
    commit: changes.commit,
    followWith: changes.followWith,
    maySend: () => !lost.signal.aborted && held.leaseEndsAtMs - ports.clock.monotonicMs() >= times.sendMarginMs,
    inbox: () => inbox,
    takeInbox: (entries) => {
      const known = new Set(inbox.map(({ position }) => position));
      inbox = [...inbox, ...entries.filter(({ position }) => !known.has(position))];
    },
    hasUnread: () => held.said > lastRead(),
    renew: async () => {
      const askedAtMs = ports.clock.monotonicMs();
      const answer = await ports.store.renew(runId, fence, times.leaseMs);
      if (answer.kind === 'stale') {
        lost.abort();
        return false;
      }
      held.skewMs = answer.nowMs - ports.clock.monotonicMs();
      held.said = Math.max(held.said, answer.inboxLength);
      held.leaseEndsAtMs = Math.max(held.leaseEndsAtMs, askedAtMs + times.leaseMs);
      return true;
    },
    release: async (wakeAtMs) => {
      await changes.settled();
      if (lost.signal.aborted) return;
      lost.abort();
      await ports.store.release(runId, fence, wakeAtMs);
    },
    lost: lost.signal,
  };
}
