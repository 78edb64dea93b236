import type { RunId } from '../../engine/ids.ts';
import type { RunListQuery, Store } from '../../engine/store.ts';
import { copy } from './copy.ts';
import type { RunCell, RunCells } from './run-cell.ts';
import { indexRun, storedRun } from './run-cell.ts';

type RunReads = Pick<
  Store,
  'readRun' | 'readPlan' | 'readInbox' | 'readAudit' | 'readEvents' | 'awaitEvents' | 'listRuns' | 'findRun' | 'due' | 'sweep'
>;

/** The calls that read runs and keep the index of due ones. */
export function makeRunReads(cells: RunCells): RunReads {
  const { runs, due, watch, nowMs } = cells;
  return {
    async readRun(runId) {
      const cell = runs.get(runId);
      return cell === undefined ? undefined : copy(storedRun(cell, nowMs()));
    },
    async readPlan(runId) {
      const cell = runs.get(runId);
      // Its text is the whole plan, and a text cannot be changed.
      return cell === undefined ? undefined : { ...cell.plan, signature: copy(cell.plan.signature) };
    },
    readInbox: async (runId, after) => copy((runs.get(runId)?.inbox ?? []).filter((entry) => entry.position > after)),
    readAudit: async (runId) => copy(runs.get(runId)?.audit ?? []),
    readEvents: async (runId, after, limit) => copy((runs.get(runId)?.events ?? []).slice(after, after + limit)),
    awaitEvents: async (runId, after, waitMs, signal) => {
      if ((runs.get(runId)?.run.eventSeq ?? 0) > after) return;
      await watch.wait({ runId, after }, waitMs, signal);
    },
    listRuns: async (query) => copy(matching([...runs.values()], query).map((cell) => cell.run)),
    findRun: async (reference) => find([...runs.values()], reference),

    async due(limit) {
      const now = nowMs();
      const candidates = [...due].filter(([, atMs]) => atMs <= now).toSorted(byTimeThenId);
      return candidates.slice(0, limit).map(([runId]) => runId);
    },
    async sweep() {
      due.clear();
      for (const cell of runs.values()) indexRun(cells, cell);
      return due.size;
    },
  };
}

function matching(cells: readonly RunCell[], query: RunListQuery): readonly RunCell[] {
  return cells
    .filter(({ run }) => query.before === undefined || run.number < query.before)
    .filter(({ run }) => query.states === undefined || query.states.includes(run.state))
    .filter(({ run }) => query.runbook === undefined || run.runbook === query.runbook)
    .filter(({ run }) => query.purposes === undefined || query.purposes.includes(run.purpose))
    .toSorted((left, right) => right.run.number - left.run.number)
    .slice(0, query.limit);
}

function find(cells: readonly RunCell[], reference: string): RunId | undefined {
  const byNumber = cells.find(({ run }) => String(run.number) === reference);
  if (byNumber !== undefined) return byNumber.run.runId;
  const byPrefix = reference.length < 8 ? [] : cells.filter(({ run }) => run.runId.startsWith(reference));
  return byPrefix.length === 1 ? byPrefix[0]?.run.runId : undefined;
}

function byTimeThenId(left: readonly [string, number], right: readonly [string, number]): number {
  return left[1] - right[1] || (left[0] < right[0] ? -1 : 1);
}
