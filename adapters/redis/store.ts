import type { Log } from '../../engine/ports.ts';
import type { Store } from '../../engine/store.ts';
import { makeAsides } from './asides.ts';
import { makeDue, readNowMs } from './due.ts';
import { makeDrift } from './drift.ts';
import { makeEventWatch } from './event-watch.ts';
import { makeGates } from './gates.ts';
import { makeLimits } from './limits.ts';
import { makeLocks } from './locks.ts';
import { makeLogLines } from './log-lines.ts';
import { makeRemovals } from './removals.ts';
import { makeRunReads } from './run-reads.ts';
import { makeRunWrites } from './run-writes.ts';
import { makeSchedules } from './schedules.ts';
import { openServer } from './server.ts';
import { makeSystemAudit } from './system-audit.ts';
import { makeTokens } from './tokens.ts';

/**
 * The store on one Redis server (standalone, or a primary with replicas; no Cluster). `url` is redis:// or rediss://. Every method throws
 * STORE_UNAVAILABLE when no answer came, which leaves open whether a change was applied: the caller repeats it with the same ids.
 */
export async function openRedisStore(options: { readonly url: string; readonly log: Log }): Promise<Store> {
  const { url, log } = options;
  const server = await openServer(url, log);
  const watch = makeEventWatch(url, server.commands, log);
  return {
    ...makeRunWrites(server),
    ...makeRunReads(server),
    ...makeRemovals(server),
    ...makeDue(server),
    ...makeLocks(server),
    ...makeLogLines(server),
    ...makeAsides(server),
    ...makeLimits(server),
    ...makeDrift(server),
    ...makeTokens(server),
    ...makeSchedules(server),
    ...makeGates(server),
    ...makeSystemAudit(server),
    awaitEvents: (runId, after, waitMs, signal) => watch.wait({ runId, after }, waitMs, signal),
    nowMs: () => readNowMs(server),
    durability: server.durability,
    tier: server.tier,
    async close() {
      watch.close();
      await server.close();
    },
  };
}
