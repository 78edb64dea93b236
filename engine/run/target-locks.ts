import { LOCK_POLL_MS, LOCK_WAIT_MS } from '../limits.ts';
import { namedTargets, neededTargets } from './changed-targets.ts';
import type { Holder } from './holder.ts';
import { holderOfLock, lockOwner } from './lock-holder.ts';
import { type Engine, recordOf, type Turn } from './turn.ts';

/** Whether a step may change its target now: all targets of the run's changing steps are held, or somebody else holds one. */
export type Locks =
  | { readonly kind: 'taken' }
  | { readonly kind: 'waiting'; readonly message: string; readonly sinceMs: number; readonly atMs: number }
  | { readonly kind: 'failed'; readonly message: string };

/** Locks everything that the plan may still change, in one call and all or none, before the run's first effect and again after a takeover. */
export async function takeTargets(turn: Turn): Promise<Locks> {
  const { holder, engine } = turn;
  const record = recordOf(turn);
  const own = record.effect === 'read' || turn.step.target !== undefined ? [] : namedTargets(record.input ?? {});
  const lockIds = [...new Set([...neededTargets(holder.plan, holder.view(), holder.nowMs()), ...own])].toSorted();
  if (lockIds.length === 0) return { kind: 'taken' };
  for (;;) {
    const answer = await engine.ports.store.lock(lockIds, lockOwner(holder.view().run));
    if (answer.kind === 'locked') return { kind: 'taken' };
    const other = await holderOfLock(engine.ports.store, answer);
    if (other.over) continue;
    const message = `waiting for ${other.name}, which holds ${answer.lockId}`;
    const nowMs = holder.nowMs();
    const sinceMs = record.lockWaitSinceMs ?? nowMs;
    if (nowMs - sinceMs > LOCK_WAIT_MS) return { kind: 'failed', message: `${message}: not given back within 10 minutes` };
    return { kind: 'waiting', message, sinceMs, atMs: nowMs + LOCK_POLL_MS };
  }
}

/** Gives targets back that no later step of the run can need. `before` is what was needed when this was asked last; answers what is needed now. */
export async function returnTargets(engine: Engine, holder: Holder, before: readonly string[]): Promise<readonly string[]> {
  const needed = neededTargets(holder.plan, holder.view(), holder.nowMs());
  const idle = before.filter((id) => !needed.includes(id));
  // A called run works under the locks of the first run that called, which knows what comes after it.
  const isCalled = holder.view().run.parent !== undefined;
  if (idle.length > 0 && !isCalled) await engine.ports.store.unlock(idle, holder.runId);
  return needed;
}
