import type { RunId } from '../../engine/ids.ts';
import type { Store, StoredDocument, StoredPlan, WorkerBeat } from '../../engine/store.ts';
import { copy } from './copy.ts';
import { makeLocks } from './locks.ts';
import type { LogTail } from './log-lines.ts';
import { makeLogTail } from './log-lines.ts';

type Asides = Pick<
  Store,
  | 'lock'
  | 'unlock'
  | 'listLocks'
  | 'appendLog'
  | 'readLog'
  | 'putRunbooks'
  | 'listDocuments'
  | 'putPlan'
  | 'getPlan'
  | 'beatWorker'
  | 'listWorkers'
>;

/** Everything the store keeps beside runs: locks, logs (in `logs`), documents, plans, heartbeats. */
export function makeAsides(nowMs: () => number, logs: Map<RunId, LogTail>): Asides {
  const locks = makeLocks();
  const documents = new Map<string, StoredDocument>();
  const plans = new Map<string, { readonly plan: StoredPlan; readonly untilMs: number }>();
  const workers = new Map<string, { readonly beat: WorkerBeat; readonly untilMs: number }>();
  const logOf = (runId: RunId): LogTail => {
    const tail = logs.get(runId) ?? makeLogTail();
    logs.set(runId, tail);
    return tail;
  };

  return {
    lock: async (lockIds, runId) => locks.lock(lockIds, runId, nowMs()),
    unlock: async (lockIds, runId) => locks.unlock(lockIds, runId),
    listLocks: async () => locks.list(),
    appendLog: async (runId, lines) => logOf(runId).append(copy(lines)),
    readLog: async (runId, query) => copy(logOf(runId).read(query)),
    async putRunbooks(added) {
      for (const document of added) documents.set(document.path, copy(document));
    },
    listDocuments: async () => copy([...documents.values()].toSorted((left, right) => (left.path < right.path ? -1 : 1))),
    async putPlan(planHash, plan, keepMs) {
      plans.set(planHash, { plan: copy(plan), untilMs: nowMs() + keepMs });
    },
    async getPlan(planHash) {
      const kept = plans.get(planHash);
      return kept !== undefined && kept.untilMs > nowMs() ? copy(kept.plan) : undefined;
    },
    async beatWorker(beat, keepMs) {
      workers.set(beat.worker, { beat: copy(beat), untilMs: nowMs() + keepMs });
    },
    async listWorkers() {
      const live = [...workers.values()].filter((entry) => entry.untilMs > nowMs()).map((entry) => entry.beat);
      return copy(live.toSorted((left, right) => (left.worker < right.worker ? -1 : 1)));
    },
  };
}
