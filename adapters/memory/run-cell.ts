import type { AuditEntry } from '../../engine/audit/chain.ts';
import type { RunId } from '../../engine/ids.ts';
import type { RunRecord, StepRecord } from '../../engine/run/record.ts';
import { hasEnded } from '../../engine/run/run-state.ts';
import type { InboxEntry, RunEvent, StoredPlan, StoredRun, TransitionAnswer } from '../../engine/store.ts';
import type { EventWatch } from './event-watch.ts';

/** Everything the memory store holds about one run; `run` and the step records are replaced, never changed in place. */
export interface RunCell {
  run: RunRecord;
  readonly plan: StoredPlan;
  readonly steps: Map<string, StepRecord>;
  readonly inbox: InboxEntry[];
  readonly audit: AuditEntry[];
  readonly events: RunEvent[];
  /** The nudges that the last claim has seen. */
  nudgesSeen?: number;
  last?: { readonly txId: string; readonly answer: TransitionAnswer };
}

/** All runs, with the index of when somebody must look at them. */
export interface RunCells {
  readonly runs: Map<RunId, RunCell>;
  readonly due: Map<RunId, number>;
  /** How many runs were ever created: numbers of removed ones are not given again. */
  created: number;
  readonly watch: EventWatch;
  readonly nowMs: () => number;
}

/** The run with its steps in order of their paths and the inbox entries that the run has not applied yet. */
export function storedRun(cell: RunCell, nowMs: number): StoredRun {
  const steps = [...cell.steps.values()].toSorted((left, right) => (left.path < right.path ? -1 : 1));
  return { run: cell.run, steps, inbox: cell.inbox.filter((entry) => entry.position > cell.run.inboxPosition), nowMs };
}

/** Brings the index of due runs in line with the run's record. */
export function indexRun(cells: RunCells, cell: RunCell): void {
  const atMs = nextLookMs(cell);
  if (atMs === undefined) cells.due.delete(cell.run.runId);
  else cells.due.set(cell.run.runId, atMs);
}

/** When somebody must look at the run should its holder vanish, in ms since 1970; undefined once it has ended. */
function nextLookMs(cell: RunCell): number | undefined {
  if (hasEnded(cell.run.state)) return undefined;
  return hasUnread(cell) ? cell.run.leaseUntilMs : Math.max(cell.run.leaseUntilMs, cell.run.wakeAtMs);
}

/** True when a command waits that the run has not applied. */
export function hasUnread(cell: RunCell): boolean {
  return cell.inbox.length > cell.run.inboxPosition;
}
