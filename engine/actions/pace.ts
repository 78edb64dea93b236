import type { ActionContext } from './action.ts';

/** A simulated estate may be much faster than Azure, but nothing is asked more often than this. */
const PACE_MIN_MS = 100;

/** How long to wait for something that takes Azure `ms` milliseconds, at the pace of the estate. */
export function pacedMs(context: Pick<ActionContext<unknown>, 'timeScale'>, ms: number): number {
  return Math.max(Math.min(ms, PACE_MIN_MS), Math.ceil(ms / (context.timeScale ?? 1)));
}
