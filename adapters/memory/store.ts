import type { AuditEntry } from '../../engine/audit/chain.ts';
import type { RunId } from '../../engine/ids.ts';
import type { Clock } from '../../engine/ports.ts';
import type { Durability, Store } from '../../engine/store.ts';
import { makeAsides } from './asides.ts';
import { makeDrift } from './drift.ts';
import { makeEventWatch } from './event-watch.ts';
import { makeGates } from './gates.ts';
import { makeLimits } from './limits.ts';
import type { LogTail } from './log-lines.ts';
import { makeRemovals } from './removals.ts';
import type { RunCell } from './run-cell.ts';
import { makeRunReads } from './run-reads.ts';
import { makeRunWrites } from './run-writes.ts';
import { makeSchedules } from './schedules.ts';
import { makeSystemAudit } from './system-audit.ts';
import { makeTokens } from './tokens.ts';

/** `nowMs` is the store's clock; `sleep` bounds `awaitEvents` (left out: real time). `busy` refuses new runs while it answers true. */
export interface MemoryStoreOptions {
  readonly nowMs: () => number;
  readonly sleep?: Clock['sleep'];
  readonly tier?: Durability['tier'];
  readonly busy?: () => boolean;
}

/** The store's contract in memory: deterministic, nothing shared by reference, lost with the process. */
export function makeMemoryStore(options: MemoryStoreOptions): Store {
  const { nowMs, tier = 'none', busy = () => false } = options;
  const watch = makeEventWatch(options.sleep);
  const cells = { runs: new Map<RunId, RunCell>(), due: new Map<RunId, number>(), created: 0, watch, nowMs };
  const logs = new Map<RunId, LogTail>();
  const chain: AuditEntry[] = [];
  return {
    ...makeRunWrites(cells, { tier, busy }),
    ...makeRunReads(cells),
    ...makeAsides(nowMs, logs),
    ...makeRemovals({ cells, logs, chain }),
    ...makeLimits(nowMs),
    ...makeDrift(nowMs),
    ...makeTokens(),
    ...makeSchedules(nowMs),
    ...makeGates(),
    ...makeSystemAudit(nowMs, chain),
    nowMs: async () => nowMs(),
    tier: () => tier,
    durability: async () => ({ tier, server: 'memory', findings: ['everything is lost when the process ends'] }),
    close: async () => {},
  };
}
