import { RunwardError } from '../engine/errors.ts';
import { hasEnded } from '../engine/run/run-state.ts';
import { timeText } from '../engine/run/summary.ts';
import type { HeldLock, StoredRun } from '../engine/store.ts';
import type { ServerContext } from './context.ts';
import { type Caller, demand, sees } from './identify.ts';
import { resourceOf } from './run-view.ts';

/** A lock with the run that holds it; the run is absent where the store does not have it any more. */
export interface LockView {
  readonly lock: HeldLock;
  readonly stored: StoredRun | undefined;
  readonly nowMs: number;
}

/** Every lock that the caller may see, oldest first. */
export async function listLocks({ ports }: ServerContext, caller: Caller): Promise<readonly LockView[]> {
  const nowMs = await ports.store.nowMs();
  const locks = await ports.store.listLocks();
  const views = await Promise.all(locks.map(async (lock) => ({ lock, stored: await ports.store.readRun(lock.runId), nowMs })));
  const seen = views.filter(({ stored }) => sees(caller, stored === undefined ? {} : resourceOf(stored.run)));
  return seen.toSorted((left, right) => left.lock.sinceMs - right.lock.sinceMs);
}

/** The lock on a target, which the caller may release. Throws NOT_FOUND_LOCK, ACCESS_DENIED, and CONFLICT_STATE while its run works on. */
export async function lockToRelease(context: ServerContext, caller: Caller, target: string): Promise<LockView> {
  const found = (await listLocks(context, caller)).find(({ lock }) => lock.lockId === target.toLowerCase());
  if (found === undefined) throw new RunwardError('NOT_FOUND_LOCK', `no run holds ${target}`);
  demand(caller, 'stop:off', found.stored === undefined ? {} : resourceOf(found.stored.run));
  const why = whyNotRelease(found);
  if (why !== undefined) throw new RunwardError('CONFLICT_STATE', why);
  return found;
}

/** A lock as the API shows it. */
export function lockView(view: LockView) {
  const { lock, stored, nowMs } = view;
  const whyNot = whyNotRelease(view);
  return {
    target: lock.lockId,
    name: nameOf(lock.lockId),
    ...(stored === undefined ? {} : { run: runOf(stored) }),
    since: timeText(lock.sinceMs),
    ageMs: nowMs - lock.sinceMs,
    releasable: whyNot === undefined,
    ...(whyNot === undefined ? {} : { whyNot }),
  };
}

/** How people name a target: the last part of its id. */
export function nameOf(lockId: string): string {
  return lockId.split('/').findLast((part) => part !== '') ?? lockId;
}

// A run that works on would change its targets without the lock.
function whyNotRelease({ stored }: LockView): string | undefined {
  if (stored === undefined || hasEnded(stored.run.state) || ['paused', 'unknown'].includes(stored.run.state)) return undefined;
  return `run ${stored.run.number} is ${stored.run.state} and works on it: pause or cancel the run first`;
}

function runOf({ run }: StoredRun) {
  return { id: run.runId, number: run.number, runbook: run.runbook, status: run.state };
}
