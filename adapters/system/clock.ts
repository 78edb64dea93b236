import type { Clock } from '../../engine/ports.ts';

const TIMER_MAX_MS = 2_147_483_647;

/** The clock of this machine. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep,
};

function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) {
      resolve();
      return;
    }
    // Node turns a longer delay into 1 ms; whoever sleeps looks again anyway.
    const timer = setTimeout(done, Math.min(Math.max(ms, 0), TIMER_MAX_MS));
    signal?.addEventListener('abort', done, { once: true });
    function done(): void {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    }
  });
}
