import { Worker } from 'bullmq';
import { Redis } from 'ioredis';
import type { RunId } from '../../engine/ids.ts';
import { parseRunId } from '../../engine/ids.ts';
import type { Log } from '../../engine/ports.ts';
import { logLosses, WORKER_PROFILE } from './connection.ts';
import { WAKE_QUEUE } from './wake-ups.ts';

const LOCK_MS = 30_000;
const STALLED_INTERVAL_MS = 15_000;

/** What a consumer needs: `handle` looks at one run and returns when it waits, ends or is lost; its signal aborts when the process drains. */
export interface ConsumerOptions {
  readonly url: string;
  readonly concurrency: number;
  readonly handle: (runId: RunId, signal: AbortSignal) => Promise<void>;
  readonly log: Log;
}

/** The receiving side of wake-ups. */
export interface Consumer {
  /** Stops fetching, tells the handlers to give their runs back and waits for them, at most `withinMs`. */
  readonly drain: (withinMs: number) => Promise<'drained' | 'cut'>;
  /** How many handlers are at work. */
  readonly active: () => number;
}

/** Starts to fetch wake-ups. An error of a handler is logged and ends nothing but its wake-up: the scan finds the run again. */
export function startConsumer(options: ConsumerOptions): Consumer {
  const { url, concurrency, handle, log } = options;
  const connection = new Redis(url, { ...WORKER_PROFILE, connectionName: 'runward-consumer' });
  logLosses(connection, 'consumer', log);
  const draining = new AbortController();
  let active = 0;

  const look = async (job: { readonly data: unknown }): Promise<void> => {
    const runId = readRunId(job.data);
    if (runId === undefined) return;
    active += 1;
    try {
      await handle(runId, draining.signal);
    } catch (error) {
      log.error('a wake-up ended in an error', { runId, reason: error instanceof Error ? error.message : String(error) });
    } finally {
      active -= 1;
    }
  };
  const worker = new Worker(WAKE_QUEUE.name, look, {
    connection,
    prefix: WAKE_QUEUE.prefix,
    concurrency,
    lockDuration: LOCK_MS,
    stalledInterval: STALLED_INTERVAL_MS,
    // Zero: a stalled job fails instead of running a second time, so that taking over has one path, the scan.
    maxStalledCount: 0,
  });
  // The connection's own listener has logged the loss; without a listener here the event would end the process.
  worker.on('error', () => {});

  return {
    active: () => active,
    async drain(withinMs) {
      draining.abort();
      const cut = Promise.withResolvers<'cut'>();
      const timer = setTimeout(() => cut.resolve('cut'), withinMs);
      const drained = worker.close().then(() => 'drained' as const);
      const how = await Promise.race([drained, cut.promise]);
      clearTimeout(timer);
      connection.disconnect();
      return how;
    },
  };
}

function readRunId(data: unknown): RunId | undefined {
  if (typeof data !== 'object' || data === null || !('runId' in data) || typeof data.runId !== 'string') return undefined;
  return parseRunId(data.runId);
}
