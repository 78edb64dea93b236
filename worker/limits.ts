import type { AzureLimits } from '../engine/azure-calls.ts';
import { LIMITS_POLL_MS } from '../engine/limits.ts';
import type { Ports } from '../engine/ports.ts';

/**
 * Tells the other workers which limits of Azure are used up, and hears it from them every second, until the signal aborts. What is lost on the
 * way costs one request that Azure refuses, so a store that does not answer stops nothing.
 */
export async function shareLimits(ports: Pick<Ports, 'store' | 'clock' | 'log'>, limits: AzureLimits, signal: AbortSignal): Promise<void> {
  limits.onClosed((bucket, forMs) => {
    ports.store.closeLimit(bucket, forMs).catch(() => ports.log.debug('a limit of Azure that is used up was not shared', { bucket }));
  });
  while (!signal.aborted) {
    try {
      for (const { bucket, forMs } of await ports.store.closedLimits()) limits.hear(bucket, forMs);
    } catch {
      ports.log.debug('limits of Azure that others used up could not be read', {});
    }
    await ports.clock.sleep(LIMITS_POLL_MS, signal);
  }
}
