import type { Clock } from '../engine/ports.ts';
import { RunwardError } from '../engine/errors.ts';

const WINDOW_MS = 60_000;
const HOLDERS_MAX = 10_000;

/** What is counted apart, so that nobody can starve a cancel with reads. */
export type BudgetName = 'start' | 'write' | 'read' | 'control' | 'sign_in';

/** Counts requests per holder and kind in windows of a minute. */
export interface Budget {
  /** Takes one; throws LIMIT_RATE with the seconds until the next window when nothing is left. */
  readonly take: (name: BudgetName, holder: string) => void;
}

/** A budget with the given number of requests a minute for each kind. */
export function makeBudget(clock: Pick<Clock, 'monotonicMs'>, perMinute: Readonly<Record<BudgetName, number>>): Budget {
  const windows = new Map<string, { startMs: number; count: number }>();

  const current = (key: string) => {
    const nowMs = clock.monotonicMs();
    const window = windows.get(key);
    if (window !== undefined && nowMs - window.startMs < WINDOW_MS) return window;
    if (windows.size >= HOLDERS_MAX) dropOld(windows, nowMs);
    const fresh = { startMs: nowMs, count: 0 };
    windows.set(key, fresh);
    return fresh;
  };

  return {
    take(name, holder) {
      const window = current(`${name} ${holder}`);
      const retryAfterSeconds = Math.max(1, Math.ceil((WINDOW_MS - (clock.monotonicMs() - window.startMs)) / 1000));
      if (window.count >= perMinute[name]) {
        const text = `more than ${perMinute[name]} requests of this kind in a minute; try again in ${retryAfterSeconds} s`;
        throw new RunwardError('LIMIT_RATE', text, { retryAfterSeconds });
      }
      window.count += 1;
    },
  };
}

// Holders are unauthenticated addresses too: the table must not grow with their number.
function dropOld(windows: Map<string, { startMs: number }>, nowMs: number): void {
  for (const [key, window] of windows) if (nowMs - window.startMs >= WINDOW_MS) windows.delete(key);
  if (windows.size >= HOLDERS_MAX) windows.clear();
}
