import { assert, RunwardError } from '../errors.ts';
import type { RunId } from '../ids.ts';
import type { Ports } from '../ports.ts';
import type { Fence, TransitionAnswer, TransitionRequest } from '../store.ts';
import type { RunChange } from './change.ts';
import { type Build, type Company, nextBatch, type Waiting, withFollowing } from './commit-queue.ts';
import type { RunView } from './record.ts';
import { transitionOf, viewAfter } from './transition-of.ts';

/** What a holder knows of its run; every applied change brings it up to date. */
export interface HeldRun {
  view: RunView;
  /** The store's clock minus this process's monotonic clock, in milliseconds. */
  skewMs: number;
  /** When the lease ends, by the monotonic clock. */
  leaseEndsAtMs: number;
  /** How many words people have said to the run. */
  said: number;
}

/** Who writes: a claim of one run. */
export interface ChangeWriter {
  readonly runId: RunId;
  readonly worker: string;
  readonly fence: Fence;
  readonly intentLeaseMs: number;
  readonly lost: AbortController;
}

/** The one way in which a holder changes its run. */
export interface ChangeStore {
  readonly commit: (build: Build, company?: Company) => Promise<void>;
  readonly followWith: (following: Build) => void;
  /** Resolves when nothing waits to be stored any more. */
  readonly settled: () => Promise<void>;
}

type StorePorts = Pick<Ports, 'clock' | 'ids' | 'store' | 'log'>;

/** Stores changes of a held run, one transition at a time; what is asked for meanwhile waits and is stored together. */
export function changeStoreOf(ports: StorePorts, held: HeldRun, writer: ChangeWriter): ChangeStore {
  const queue: Waiting[] = [];
  let storing: Promise<void> | undefined;
  let following: Build | undefined;

  const storeAll = async (): Promise<void> => {
    // Who speaks in the same turn of the event loop joins.
    await Promise.resolve();
    while (queue.length > 0) {
      if (writer.lost.signal.aborted) for (const { reject } of queue.splice(0)) reject(stale(writer.runId));
      const batch = batchOf(ports, held, { queue, following });
      if (batch.members.length === 0) continue;
      try {
        await storeTogether(ports, held, { writer, changes: batch.changes });
        for (const { resolve } of batch.members) resolve();
      } catch (error) {
        for (const { reject } of batch.members) reject(error);
      }
    }
    storing = undefined;
  };

  return {
    commit: (build, company = 'alone') =>
      new Promise((resolve, reject) => {
        queue.push({ build, company, resolve, reject });
        storing ??= storeAll();
      }),
    followWith: (build) => {
      following = build;
    },
    settled: async () => storing,
  };
}

function batchOf(ports: StorePorts, held: HeldRun, given: { readonly queue: Waiting[]; readonly following: Build | undefined }) {
  const stored = held.view;
  const nowMs = Math.round(ports.clock.monotonicMs() + held.skewMs);
  // Builders look at the run through its holder as well: they see it with the changes before theirs, and nobody else runs meanwhile.
  const asking = { nowMs, show: (seen: RunView) => void (held.view = seen) };
  try {
    const batch = nextBatch(given.queue, stored, asking);
    const isIntent = batch.changes.some(({ writesIntent }) => writesIntent === true);
    return batch.members.length === 0 || isIntent ? batch : withFollowing(batch, given.following, asking);
  } finally {
    held.view = stored;
  }
}

async function storeTogether(
  ports: StorePorts,
  held: HeldRun,
  { writer, changes }: { readonly writer: ChangeWriter; readonly changes: readonly RunChange[] },
): Promise<void> {
  const { runId, lost } = writer;
  const together = { view: held.view, changes };
  const askedAtMs = ports.clock.monotonicMs();
  const request = transitionOf(ports.ids, together, { ...writer, nowMs: Math.round(askedAtMs + held.skewMs) });
  const answer = await applied(ports, request);
  if (isLostBy(answer)) {
    lost.abort();
    throw stale(runId);
  }
  assertApplied(answer, runId);
  held.skewMs = answer.nowMs - ports.clock.monotonicMs();
  held.said = Math.max(held.said, answer.inboxLength);
  if (request.leaseFloorMs > 0) held.leaseEndsAtMs = Math.max(held.leaseEndsAtMs, askedAtMs + request.leaseFloorMs);
  held.view = viewAfter(together, request, answer);
  for (const change of changes) logEdges(ports, writer, change);
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
async function applied(ports: StorePorts, request: TransitionRequest): Promise<TransitionAnswer> {
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

function logEdges(ports: StorePorts, { runId, fence }: ChangeWriter, change: RunChange): void {
  const head = { runId, epoch: fence.epoch };
  for (const { to, event } of change.steps ?? []) {
    const level = to.state === 'unknown' ? 'error' : to.state === 'failed' ? 'warn' : event === 'still_running' ? 'debug' : 'info';
    ports.log[level]('step moved', { ...head, stepPath: to.path, stepKey: to.key, attempt: to.attempt, event, state: to.state });
  }
  if (change.event !== undefined) ports.log.info('run moved', { ...head, event: change.event });
  assert(fence.claim.length > 0, 'a holder has a claim token');
}
