import { endOfNextWindow } from '../gates/windows.ts';
import type { WindowDefinition } from '../language/runbook.ts';
import { APPROVAL_EFFECTS_MS, APPROVAL_USE_MS, APPROVAL_USE_WINDOW_MS } from '../limits.ts';
import type { RunView, StepRecord } from './record.ts';

/** The approval that was given last in a run. */
export function lastApproval(view: RunView): StepRecord | undefined {
  let last: StepRecord | undefined;
  for (const record of view.steps.values()) {
    if (record.node !== 'person' || record.state !== 'succeeded' || !record.decisions?.some(({ answer }) => answer === 'approve')) continue;
    if (last === undefined || (record.endedAtMs ?? 0) > (last.endedAtMs ?? 0)) last = record;
  }
  return last;
}

/**
 * Why the last approval counts no more, or undefined. The first effect behind it starts within an hour, or before the end of the first window
 * that opens after it (at most four days); effects go on for eight hours from then. It is bound to this run and plan, also after a crash.
 */
export function spentApproval(view: RunView, windows: readonly WindowDefinition[], nowMs: number): string | undefined {
  const atMs = lastApproval(view)?.endedAtMs;
  if (atMs === undefined) return undefined;
  const uses = [...view.steps.values()].flatMap(({ firstIntentAtMs }) =>
    firstIntentAtMs !== undefined && firstIntentAtMs >= atMs ? [firstIntentAtMs] : [],
  );
  if (uses.length > 0)
    return nowMs - Math.min(...uses) <= APPROVAL_EFFECTS_MS
      ? undefined
      : 'the approval was first used more than 8 hours ago: it is asked for again';
  const byWindow = windows.length === 0 ? 0 : Math.min(endOfNextWindow(windows, atMs) ?? 0, atMs + APPROVAL_USE_WINDOW_MS);
  if (nowMs <= Math.max(atMs + APPROVAL_USE_MS, byWindow)) return undefined;
  return windows.length === 0
    ? 'the approval was not used within an hour: it is asked for again'
    : 'the approval was not used before its window closed: it is asked for again';
}
