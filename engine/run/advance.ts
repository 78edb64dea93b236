import { DROPPED } from '../actions/action.ts';
import { RunwardError } from '../errors.ts';
import type { RunId } from '../ids.ts';
import { HOLD_MAX_MS, INBOX_POLL_MS, LEAVES_AT_ONCE } from '../limits.ts';
import { applyCommands, fetchCommands } from './apply-commands.ts';
import { claim, type Claimed, parkRun } from './claim.ts';
import { executeStep } from './execute-step.ts';
import { finishRun } from './finish-run.ts';
import type { Holder } from './holder.ts';
import { nextMoves, type Moves } from './next-steps.ts';
import type { RunView } from './record.ts';
import { enter, giveBackIdle, grant, noLocks, type RunLocks } from './run-locks.ts';
import { isLost } from './submit-step.ts';
import { tell } from './tell.ts';
import type { Engine } from './turn.ts';
import { statusOf, stepHasEnded } from './verdict.ts';

/** How a visit to a run ended. */
export type Visit = Claimed['kind'] | 'waits' | 'lost' | 'drained' | 'failed';

interface Work {
  readonly engine: Engine;
  readonly holder: Holder;
  readonly drain: AbortSignal;
  readonly busy: Map<string, BusyLeaf>;
  readonly locks: RunLocks;
  /** The run as people were told of it last, and the messages that are still on their way. */
  told: RunView;
  telling: Promise<void>;
  /** Errors of leaves, in the order in which they came up. */
  readonly errors: unknown[];
}

/** A leaf that this process works on, and the means to give it up. */
interface BusyLeaf {
  readonly done: Promise<void>;
  readonly drop: AbortController;
}

/**
 * Claims a run and works on it until it ends, waits for longer than a minute, is taken over, or the process drains. Never throws: what goes
 * wrong here is found by the next claim, because everything that was done stands in the record.
 */
export async function advance(engine: Engine, runId: RunId, drain: AbortSignal): Promise<Visit> {
  try {
    const claimed = await claim(engine, runId);
    if (claimed.kind !== 'claimed') return claimed.kind;
    const { holder } = claimed;
    const told = { told: holder.view(), telling: Promise.resolve() };
    return await visit({ engine, holder, drain, busy: new Map(), locks: noLocks(holder), errors: [], ...told });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    engine.ports.log.error('a visit to a run broke off', {
      runId,
      message,
      ...(error instanceof RunwardError ? { code: error.code } : {}),
    });
    return 'failed';
  }
}

async function visit(work: Work): Promise<Visit> {
  const { engine, holder } = work;
  const ended = new AbortController();
  const renewals = keepLease(work, ended.signal);
  holder.followWith((view, nowMs) => (isSpokenTo(holder) || work.drain.aborted ? undefined : changeNow(work, { view, nowMs })));
  try {
    return await moveOn(work);
  } catch (error) {
    if (isLost(error)) return 'lost';
    const message = error instanceof Error ? error.message : String(error);
    engine.ports.log.error('a run stopped at an error', { runId: holder.runId, message });
    if (isStoreError(error)) return 'failed';
    const isStale = error instanceof RunwardError && error.code === 'CONFLICT_STALE_PLAN';
    const reason = isStale ? message : `an error of runward itself, which a person must look at: ${message}`;
    await parkRun(holder, reason).catch(() => undefined);
    tellNews(work);
    return 'parked';
  } finally {
    ended.abort();
    await allDone(work);
    await renewals;
    await work.telling;
  }
}

/** A store that does not answer will: the run goes on with the next claim. Everything else is a mistake that repeating does not mend. */
function isStoreError(error: unknown): boolean {
  return error instanceof RunwardError && error.code.startsWith('STORE_');
}

async function moveOn(work: Work): Promise<Visit> {
  const { engine, holder, busy, drain, locks } = work;
  await giveBackIdle(engine, holder, locks);
  for (;;) {
    if (holder.lost.aborted) return 'lost';
    if (work.errors.length > 0) throw work.errors[0];
    await applyCommands(engine, holder);
    tellNews(work);
    const moves = movesNow(work);
    if (moves.kind === 'ended') return end(work);
    if (moves.kind === 'enter') {
      await enter(engine, holder, locks);
      continue;
    }
    if (moves.kind === 'change') {
      const before = holder.view();
      await holder.commit((view, nowMs) => changeNow(work, { view, nowMs }));
      dropCancelled(work);
      tellNews(work);
      if (someEnded(before, holder.view())) await giveBackIdle(engine, holder, locks);
      continue;
    }
    if (drain.aborted) return giveBack(work, moves.wakeAtMs);
    if (moves.wants.length > 0) {
      await grant(engine, holder, { locks, wants: moves.wants });
      continue;
    }
    for (const leaf of moves.due.slice(0, LEAVES_AT_ONCE - busy.size)) begin(work, leaf);
    if (busy.size === 0 && isLongWait(holder, moves)) return giveBack(work, moves.wakeAtMs);
    await somethingHappens(work, moves);
  }
}

/** A person has said something that is not applied yet: it comes before anything that opens. */
function isSpokenTo(holder: Holder): boolean {
  const { inboxPosition } = holder.view().run;
  return holder.hasUnread() || holder.inbox().some(({ position }) => position > inboxPosition);
}

function someEnded(before: RunView, after: RunView): boolean {
  return [...after.steps.values()].some((record) => before.steps.get(record.path) !== record && stepHasEnded(statusOf(record)));
}

/** Messages go out in their order and beside the work, which waits for none of them. */
function tellNews(work: Work): void {
  const { engine, holder, drain } = work;
  const views = { before: work.told, after: holder.view() };
  if (views.before === views.after) return;
  work.told = views.after;
  work.telling = work.telling.then(() => tell(engine, holder, { ...views, signal: drain }));
}

/** The change is computed again inside the commit: between the decision and its turn a leaf may have moved. */
function changeNow(work: Work, at: { readonly view: ReturnType<Holder['view']>; readonly nowMs: number }) {
  const moves = nextMoves({
    plan: work.holder.plan,
    busy: new Set(work.busy.keys()),
    stops: work.engine.stops.now(),
    entry: work.locks.entry,
    granted: work.locks.granted,
    uuid5: work.engine.ports.ids.uuid5,
    ...at,
  });
  return moves.kind === 'change' ? moves.change : undefined;
}

function movesNow({ engine, holder, busy, locks }: Work): Moves {
  return nextMoves({
    plan: holder.plan,
    view: holder.view(),
    nowMs: holder.nowMs(),
    busy: new Set(busy.keys()),
    stops: engine.stops.now(),
    entry: locks.entry,
    granted: locks.granted,
    uuid5: engine.ports.ids.uuid5,
  });
}

function begin({ engine, holder, busy, errors }: Work, leaf: Omit<Parameters<typeof executeStep>[2], 'signal'>): void {
  const drop = new AbortController();
  const signal = AbortSignal.any([holder.lost, drop.signal]);
  const done = executeStep(engine, holder, { ...leaf, signal })
    .catch((error: unknown) => void errors.push(error))
    .finally(() => busy.delete(leaf.path));
  busy.set(leaf.path, { done, drop });
}

/** A read whose step was cancelled under it is not waited for; what it still answers finds nobody. */
function dropCancelled({ holder, busy }: Work): void {
  for (const [path, { drop }] of busy) {
    if (holder.view().steps.get(path)?.state === 'cancelled') drop.abort(DROPPED);
  }
}

async function allDone({ busy }: Work): Promise<void> {
  await Promise.allSettled([...busy.values()].map(({ done }) => done));
}

function isLongWait(holder: Holder, moves: Extract<Moves, { kind: 'work' }>): boolean {
  const { state } = holder.view().run;
  if (state === 'unknown' || state === 'queued') return true;
  if (moves.due.length > 0) return false;
  if (moves.asked.length + moves.held.length > 0 && state === 'waiting') return true;
  if (waitsForCalls(holder)) return true;
  return (moves.wakeAtMs ?? Infinity) - holder.nowMs() > HOLD_MAX_MS;
}

/** All that is under way are runs that this one called: keeping it would take the place of one of them. */
function waitsForCalls(holder: Holder): boolean {
  const open = [...holder.view().steps.values()].filter(
    ({ node, state }) => node === 'leaf' && ['ready', 'intent', 'submitted'].includes(state),
  );
  return open.length > 0 && open.every(({ state, handle }) => state === 'submitted' && handle?.runId !== undefined);
}

// An abort without a reason makes an exception with its stack, thousands of times in a long run.
const WOKEN = 'something has happened';

/** Waits until a leaf is done, the next time is due, a person says something or the process drains. */
async function somethingHappens(work: Work, moves: Extract<Moves, { kind: 'work' }>): Promise<void> {
  const { engine, holder, busy, drain } = work;
  const dueInMs = Math.max(0, (moves.wakeAtMs ?? Infinity) - holder.nowMs());
  const woken = new AbortController();
  const signal = AbortSignal.any([drain, holder.lost, woken.signal]);
  const seen = holder.view();
  const timer = engine.ports.clock.sleep(Math.min(dueInMs, INBOX_POLL_MS), signal);
  await Promise.race([timer, ...[...busy.values()].map(({ done }) => done)]).finally(() => woken.abort(WOKEN));
  // Each change brings the news whether somebody has said something.
  const isNews = holder.hasUnread() || holder.view() === seen;
  if (!holder.lost.aborted && isNews) await fetchCommands(engine, holder);
}

async function giveBack(work: Work, wakeAtMs: number | undefined): Promise<Visit> {
  await allDone(work);
  const { drain, holder, engine } = work;
  const nowMs = holder.nowMs();
  const dueMs = drain.aborted ? nowMs : (wakeAtMs ?? Number.MAX_SAFE_INTEGER);
  await holder.release(dueMs);
  // A word that arrived while this process still held the run has found nobody: look once more after giving it back.
  const said = await engine.ports.store.readInbox(holder.runId, holder.view().run.inboxPosition);
  const now = drain.aborted || said.length > 0;
  if (now || wakeAtMs !== undefined) await engine.ports.queue.wake(holder.runId, now ? undefined : dueMs - nowMs).catch(() => undefined);
  return drain.aborted ? 'drained' : 'waits';
}

async function end(work: Work): Promise<Visit> {
  await finishRun(work.engine, work.holder);
  await work.holder.release(Number.MAX_SAFE_INTEGER);
  return 'ended';
}

async function keepLease({ engine, holder }: Work, ended: AbortSignal): Promise<void> {
  const everyMs = engine.times.leaseMs / 3;
  const signal = AbortSignal.any([ended, holder.lost]);
  while (!signal.aborted) {
    await engine.ports.clock.sleep(everyMs, signal);
    if (signal.aborted) return;
    await holder.renew().catch(() => engine.ports.log.warn('the lease was not renewed', { runId: holder.runId }));
  }
}
