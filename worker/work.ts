import { actions } from '../engine/actions/registry.ts';
import { scriptAction } from '../engine/actions/script-run.ts';
import type { AzureLimits } from '../engine/azure-calls.ts';
import type { Config } from '../engine/config.ts';
import type { RunId } from '../engine/ids.ts';
import { INTENT_LEASE_MS, LEASE_MS, SEND_MARGIN_MS } from '../engine/limits.ts';
import type { Ports } from '../engine/ports.ts';
import { advance } from '../engine/run/advance.ts';
import { scanForever } from '../engine/run/scan.ts';
import { tellMissedForever } from '../engine/run/tell-missed.ts';
import type { Engine } from '../engine/run/turn.ts';
import { shareLimits } from './limits.ts';
import { heartbeat } from './heartbeat.ts';
import { makeStopWatch, type StopWatch } from './stops.ts';

/** What fetches wake-ups: calls `handle` for each and tells it through the signal when the process drains. */
export type StartConsumer = (handle: (runId: RunId, drain: AbortSignal) => Promise<void>) => {
  readonly drain: (withinMs: number) => Promise<'drained' | 'cut'>;
  readonly active: () => number;
};

export interface WorkOptions {
  readonly config: Config;
  readonly ports: Ports;
  readonly limits: AzureLimits;
  readonly name: string;
  readonly host: string;
  readonly ticketStore: string;
  readonly version: string;
  readonly startConsumer: StartConsumer;
}

/** A worker at work. `drain` gives its runs back so that another one goes on at once; it takes at most `withinMs`. */
export interface Work {
  readonly drain: (withinMs: number) => Promise<'drained' | 'cut'>;
}

/** Fetches wake-ups, works on their runs, scans for runs that nobody holds, and says every few seconds that it is alive. */
export function startWork(options: WorkOptions): Work {
  const { config, ports } = options;
  const stops = makeStopWatch(ports, config);
  // Before the first look nothing may be changed, and a run that is claimed then would be held for nothing.
  const firstLook = stops.look();
  const engine = engineOf(options, stops);
  const stopped = new AbortController();
  const consumer = options.startConsumer(async (runId, drain) => {
    await firstLook;
    const visit = await advance(engine, runId, drain);
    ports.log.debug('visit ended', { runId, visit });
  });
  const scan = scanForever(ports, { everyMs: config.scanMs, signal: stopped.signal });
  const telling = tellMissedForever(ports, { everyMs: config.scanMs, signal: stopped.signal });
  const watching = stops.watch(stopped.signal);
  const sharing = shareLimits(ports, options.limits, stopped.signal);
  const beat = heartbeat({ ...options, active: consumer.active, stopped: () => stops.now().kill?.reason, signal: stopped.signal });
  return {
    async drain(withinMs) {
      const end = await consumer.drain(withinMs);
      stopped.abort();
      await Promise.all([scan, telling, beat, watching, sharing]);
      return end;
    },
  };
}

function engineOf({ config, ports, name }: WorkOptions, stops: StopWatch): Engine {
  const share = config.leaseMs / LEASE_MS;
  return {
    ports,
    actions,
    script: scriptAction,
    times: { leaseMs: config.leaseMs, intentLeaseMs: INTENT_LEASE_MS * share, sendMarginMs: SEND_MARGIN_MS * share },
    stops,
    timeScale: config.azure.timeScale ?? 1,
    worker: name,
  };
}
