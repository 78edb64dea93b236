import { SCAN_MS } from '../limits.ts';
import type { Ports } from '../ports.ts';

/** Looks for runs that are due and that nobody holds, and wakes them: once at the start after a full sweep, then about every 15 s with jitter. */
export async function scanForever(
  ports: Pick<Ports, 'store' | 'queue' | 'clock' | 'random' | 'log'>,
  options: { readonly everyMs?: number; readonly signal: AbortSignal },
): Promise<void> {
  const everyMs = options.everyMs ?? SCAN_MS;
  const sweepEvery = 20;
  for (let round = 0; !options.signal.aborted; round += 1) {
    try {
      if (round % sweepEvery === 0) await ports.store.sweep();
      await scanOnce(ports);
    } catch {
      ports.log.warn('the scan for waiting runs failed and will be repeated', {});
    }
    await ports.clock.sleep(everyMs * (0.8 + 0.4 * ports.random()), options.signal);
  }
}

/** Wakes the runs that are due now; returns how many. Throws STORE_UNAVAILABLE. */
export async function scanOnce(ports: Pick<Ports, 'store' | 'queue'>): Promise<number> {
  const due = await ports.store.due(100);
  // With a delay, even of 0, a wake-up stands alone: one without would fold into the job of a worker that has died.
  for (const runId of due) await ports.queue.wake(runId, 0);
  return due.length;
}
