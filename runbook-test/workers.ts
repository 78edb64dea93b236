import type { VirtualTime } from '../adapters/memory/virtual-time.ts';
import type { RunId } from '../engine/ids.ts';
import type { Freeze, StopFacts } from '../engine/gates/stops.ts';
import { SCAN_MS } from '../engine/limits.ts';
import type { Ports } from '../engine/ports.ts';
import { advance, type Visit } from '../engine/run/advance.ts';
import { LEASE_TIMES } from '../engine/run/holder.ts';
import type { Engine } from '../engine/run/turn.ts';
import { type Life, workerPorts } from './case-world.ts';

const RESTART_MS = 1_000;

/** The workers of a case: one at a time; when it crashes, another one takes its place. */
export interface Workers {
  readonly ports: Ports;
  readonly wake: (runId: RunId, afterMs?: number) => void;
  readonly crash: () => void;
  readonly loseStore: (forMs: number) => void;
  /** Sets the kill switch; without a time nobody takes it off. */
  readonly kill: (forMs: number | undefined) => void;
  /** True while no visit to a run is under way. */
  readonly idle: () => boolean;
}

/** Starts the first worker. It looks at a run when it is woken, and again after a visit that could not end well. */
export function startWorkers(
  time: VirtualTime,
  world: Omit<Ports, 'queue'>,
  given: Pick<Engine, 'actions' | 'script'> & { readonly freezes: readonly Freeze[] },
): Workers {
  const { freezes, ...actions } = given;
  const visits = new Map<RunId, { again: boolean }>();
  let lostUntilMs = 0;
  let killedUntilMs = 0;
  let life: Life = { dead: false };
  let count = 1;

  const wake = (runId: RunId, afterMs = 0): void => time.at(afterMs, () => visit(runId));
  const ports: Ports = { ...world, queue: { wake: async (runId, afterMs) => wake(runId, afterMs) } };
  const isStoreLost = (): boolean => time.clock.nowMs() < lostUntilMs;

  const dueInMs = async (runId: RunId): Promise<number> => ((await world.store.readRun(runId))?.run.wakeAtMs ?? 0) - time.clock.nowMs();

  const stops = {
    now: (): StopFacts =>
      time.clock.nowMs() < killedUntilMs ? { kill: { reason: 'an event of the test', by: 'operator' }, freezes } : { freezes },
  };

  const visit = (runId: RunId): void => {
    const open = visits.get(runId);
    if (open !== undefined) {
      open.again = true;
      return;
    }
    const mine = { again: false };
    const own = life;
    visits.set(runId, mine);
    const engine = {
      ports: workerPorts(ports, own, isStoreLost),
      ...actions,
      times: LEASE_TIMES,
      stops,
      timeScale: 1,
      worker: `worker-${count}`,
    };
    void advance(engine, runId, new AbortController().signal).then(async (how) => {
      if (own.dead) return;
      visits.delete(runId);
      const afterMs = await nextLookMs(how, mine.again, () => dueInMs(runId));
      if (afterMs !== undefined) wake(runId, afterMs);
    });
  };

  return {
    ports,
    wake,
    crash: () => {
      life.dead = true;
      life = { dead: false };
      count += 1;
      const left = [...visits.keys()];
      visits.clear();
      for (const runId of left) wake(runId, RESTART_MS);
    },
    loseStore: (forMs) => {
      lostUntilMs = time.clock.nowMs() + forMs;
    },
    kill: (forMs) => {
      killedUntilMs = time.clock.nowMs() + (forMs ?? Infinity);
    },
    idle: () => visits.size === 0,
  };
}

// Nobody scans for runs that are due: one that waits for days would be looked at thousands of times.
async function nextLookMs(how: Visit, again: boolean, dueInMs: () => Promise<number>): Promise<number | undefined> {
  if (how === 'early') return dueInMs();
  if (how === 'held' || how === 'failed' || how === 'lost') return SCAN_MS;
  return again && how !== 'ended' ? 0 : undefined;
}
