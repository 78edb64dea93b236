import type { RunId } from '../../engine/ids.ts';
import type { HeldLock, LockAnswer } from '../../engine/store.ts';

/** Exclusive claims of runs on targets. */
export interface Locks {
  readonly lock: (lockIds: readonly string[], runId: RunId, nowMs: number) => LockAnswer;
  readonly unlock: (lockIds: readonly string[], runId: RunId) => void;
  readonly list: () => readonly HeldLock[];
}

/** No locks are held. */
export function makeLocks(): Locks {
  const held = new Map<string, { readonly by: RunId; readonly sinceMs: number }>();
  return {
    lock(lockIds, runId, nowMs) {
      for (const lockId of lockIds.toSorted()) {
        const holder = held.get(lockId);
        if (holder !== undefined && holder.by !== runId) return { kind: 'held', by: holder.by, lockId, sinceMs: holder.sinceMs };
      }
      for (const lockId of lockIds) if (!held.has(lockId)) held.set(lockId, { by: runId, sinceMs: nowMs });
      return { kind: 'locked' };
    },
    unlock(lockIds, runId) {
      for (const lockId of lockIds) if (held.get(lockId)?.by === runId) held.delete(lockId);
    },
    list() {
      const all = [...held].map(([lockId, { by, sinceMs }]) => ({ lockId, runId: by, sinceMs }));
      return all.toSorted((left, right) => (left.lockId < right.lockId ? -1 : 1));
    },
  };
}
