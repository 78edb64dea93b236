import type { RunId } from '../../engine/ids.ts';
import type { Clock } from '../../engine/ports.ts';

/** Readers that wait for events of runs. */
export interface EventWatch {
  readonly moved: (runId: RunId, eventSeq: number) => void;
  readonly wait: (wanted: { readonly runId: RunId; readonly after: number }, waitMs: number, signal: AbortSignal) => Promise<void>;
}

/** A watch without readers. `sleep` measures the longest wait; left out, real time does. */
export function makeEventWatch(sleep: Clock['sleep'] = realSleep): EventWatch {
  const waiting = new Set<{ readonly runId: RunId; readonly after: number; readonly wake: () => void }>();
  return {
    moved(runId, eventSeq) {
      for (const reader of waiting) if (reader.runId === runId && eventSeq > reader.after) reader.wake();
    },
    async wait({ runId, after }, waitMs, signal) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const enough = new AbortController();
      const reader = { runId, after, wake: resolve };
      waiting.add(reader);
      await Promise.race([promise, sleep(waitMs, AbortSignal.any([signal, enough.signal]))]);
      waiting.delete(reader);
      enough.abort();
    },
  };
}

function realSleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    signal?.addEventListener('abort', done, { once: true });
    if (signal?.aborted === true) done();
    function done(): void {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    }
  });
}
