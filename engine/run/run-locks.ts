import type { Hold } from '../gates/hold.ts';
import { changedTargets, namedTargets } from './changed-targets.ts';
import { enterRun } from './enter-run.ts';
import type { Holder } from './holder.ts';
import { allNames, idleNames, type LockWant, nameId, takeNames } from './named-locks.ts';
import { returnTargets } from './target-locks.ts';
import type { Engine } from './turn.ts';

/** What the holder of a run has taken for it, as this process knows it: the store knows more, and taking it again changes nothing. */
export interface RunLocks {
  /** Whether the run has its place and its named locks, or what it waits for; undefined: not asked yet. */
  entry: Hold | 'entered' | undefined;
  /** Paths of steps that have their named locks. */
  readonly granted: Set<string>;
  /** Targets that steps to come may change. */
  targets: readonly string[];
}

/** Nothing is known to be taken. */
export function noLocks(holder: Holder): RunLocks {
  return { entry: undefined, granted: new Set(), targets: changedTargets(holder.plan) };
}

/** Asks for what the run needs for its whole time. */
export async function enter(engine: Engine, holder: Holder, locks: RunLocks): Promise<void> {
  locks.entry = (await enterRun(engine.ports.store, holder.view().run, holder.plan.definition)) ?? 'entered';
}

/** Asks for the named locks of steps: each gets them, or its record says what it waits for. */
export async function grant(
  engine: Engine,
  holder: Holder,
  at: { readonly locks: RunLocks; readonly wants: readonly LockWant[] },
): Promise<void> {
  for (const want of at.wants) if (await takeNames(engine, holder, want)) at.locks.granted.add(want.path);
}

/** Gives back what no later step of the run can need: once after a claim, because the holder before may have died first, and after each change. */
export async function giveBackIdle(engine: Engine, holder: Holder, locks: RunLocks): Promise<void> {
  const { store } = engine.ports;
  const isCalled = holder.view().run.parent !== undefined;
  const names = isCalled ? [] : idleNames(holder.plan, holder.view());
  if (names.length > 0) await store.unlock(names.map(nameId), holder.runId);
  locks.targets = await returnTargets(engine, holder, locks.targets);
}

/**
 * Gives everything back at the end of a run; what a called run holds is its caller's. Where a person gave up the cleanup, nobody has looked at what the targets are left with: they
 * stay locked until a person releases them.
 */
export async function giveBackAll(engine: Engine, holder: Holder): Promise<void> {
  const { store } = engine.ports;
  const { plan, runId } = holder;
  const { run, steps } = holder.view();
  const { concurrency } = plan.definition;
  if (run.parent === undefined) await store.unlock(allNames(plan).map(nameId), runId);
  if (run.parent === undefined && run.cleanup !== 'incomplete') {
    const named = [...steps.values()].flatMap(({ input }) => namedTargets(input ?? {}));
    const targets = changedTargets(plan, { view: holder.view(), nowMs: holder.nowMs() });
    await store.unlock([...new Set([...targets, ...named])], runId);
  }
  if (concurrency !== undefined) await store.leaveGroup(concurrency.group, runId);
}
