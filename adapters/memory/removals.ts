import type { AuditEntry } from '../../engine/audit/chain.ts';
import type { RunId } from '../../engine/ids.ts';
import type { KeptBecause, Removal, RemovalStore, RemovedRun } from '../../engine/retention/removal-store.ts';
import { hasEnded } from '../../engine/run/run-state.ts';
import { copy } from './copy.ts';
import type { LogTail } from './log-lines.ts';
import { hasUnread, type RunCell, type RunCells } from './run-cell.ts';

/** Everything in which something of a run is kept, and the chain of the installation. */
interface Kept {
  readonly cells: RunCells;
  readonly logs: Map<RunId, LogTail>;
  readonly chain: AuditEntry[];
}

/** Runs that made readiness checks, and their removal. */
export function makeRemovals({ cells, logs, chain }: Kept): RemovalStore {
  const { runs, due, nowMs } = cells;
  const removed: (RemovedRun & { readonly number: number })[] = [];
  return {
    async endedChecks(after, limit) {
      const checks = [...runs.values()].filter(({ run }) => run.purpose === 'readiness' && run.number > after && hasEnded(run.state));
      return copy(
        checks
          .toSorted((left, right) => left.run.number - right.run.number)
          .slice(0, limit)
          .map(({ run }) => run),
      );
    },
    async referTo(runId) {
      const cell = runs.get(runId);
      if (cell === undefined || !hasEnded(cell.run.state)) return false;
      cell.run = { ...cell.run, referredAtMs: cell.run.referredAtMs ?? nowMs() };
      return true;
    },
    async removeRuns(request) {
      const now = nowMs();
      for (const removal of request.runs) {
        const why = keptBecause(cells, removal, now - request.keepMs);
        if (why !== undefined) return { kind: 'kept', runId: removal.runId, why };
      }
      const { entry } = request;
      if (entry.seq !== chain.length + 1 || entry.prev !== (chain.at(-1)?.hash ?? entry.prev)) return { kind: 'behind' };
      chain.push(copy(entry));
      for (const { runId } of request.runs) {
        removed.push({ runId, number: runs.get(runId)?.run.number ?? 0, entrySeq: entry.seq });
        for (const place of [runs, due, logs]) place.delete(runId);
      }
      return { kind: 'removed' };
    },
    async findRemoved(reference) {
      const isWanted = ({ runId, number }: (typeof removed)[number]): boolean =>
        String(number) === reference || (reference.length >= 8 && runId.startsWith(reference));
      const found = removed.filter(isWanted).map(({ runId, entrySeq }) => ({ runId, entrySeq }));
      return found.length === 1 ? found[0] : undefined;
    },
  };
}

function keptBecause({ runs }: RunCells, removal: Removal, endedByMs: number): KeptBecause | undefined {
  const cell = runs.get(removal.runId);
  if (cell === undefined) return 'absent';
  const { run } = cell;
  if (run.purpose !== 'readiness') return 'purpose';
  if (!hasEnded(run.state)) return 'open';
  if (run.version !== removal.version || run.auditHead !== removal.auditHead) return 'changed';
  if (run.endedAtMs === undefined || run.endedAtMs > endedByMs) return 'young';
  if (hasUnread(cell)) return 'unread';
  if (run.parent !== undefined || run.group !== undefined || run.cleanup !== undefined) return 'tied';
  if (run.referredAtMs !== undefined) return 'referred';
  const tellAsMuch = removal.newer.length > 0 && removal.newer.every((runId) => isNewer(runs.get(runId), cell));
  return tellAsMuch ? undefined : 'newest';
}

function isNewer(other: RunCell | undefined, { run }: RunCell): boolean {
  if (other === undefined || other.run.purpose !== 'readiness' || !hasEnded(other.run.state)) return false;
  return other.run.runbook === run.runbook && other.run.number > run.number;
}
