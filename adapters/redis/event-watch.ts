import { Redis } from 'ioredis';
import type { RunId } from '../../engine/ids.ts';
import type { Log } from '../../engine/ports.ts';
import { guarded, logLosses, WORKER_PROFILE } from './connection.ts';
import { EVENT_CHANNEL, runKeys } from './keys.ts';

/** Any number of readers that wait for events of runs, over one connection a process. */
export interface EventWatch {
  readonly wait: (wanted: { readonly runId: RunId; readonly after: number }, waitMs: number, signal: AbortSignal) => Promise<void>;
  readonly close: () => void;
}

/** A watch that subscribes with its first reader. What is told on the channel is a hint: readers look into the stream afterwards. */
export function makeEventWatch(url: string, commands: Redis, log: Log): EventWatch {
  const waiting = new Map<RunId, Set<Reader>>();
  let subscriber: Redis | undefined;
  const wakeAll = (): void => {
    for (const readers of waiting.values()) for (const reader of readers) reader.wake();
  };
  const start = (): void => {
    subscriber = new Redis(url, { ...WORKER_PROFILE, connectionName: 'runward-events' });
    logLosses(subscriber, 'events', log);
    // Whatever was told while the connection was down is lost, so everybody looks again.
    subscriber.on('ready', wakeAll);
    subscriber.on('message', (_, message: string) => {
      const [runId = '', eventSeq = '0'] = message.split(' ');
      for (const reader of waiting.get(runId as RunId) ?? []) if (Number(eventSeq) > reader.after) reader.wake();
    });
    // Rejects only when the watch is closed first.
    subscriber.subscribe(EVENT_CHANNEL).then(wakeAll, () => {});
  };

  return {
    async wait({ runId, after }, waitMs, signal) {
      if (signal.aborted) return;
      if (subscriber === undefined) start();
      const reader = makeReader(after, waitMs, signal);
      const readers = waiting.get(runId) ?? new Set();
      waiting.set(runId, readers.add(reader));
      try {
        // Asked after registering: an event between the two would otherwise be missed.
        const eventSeq = await guarded(() => commands.hget(runKeys(runId).run, 'eventSeq'));
        if (Number(eventSeq ?? 0) <= after) await reader.woken;
      } finally {
        reader.stop();
        readers.delete(reader);
        if (readers.size === 0 && waiting.get(runId) === readers) waiting.delete(runId);
      }
    },
    close() {
      wakeAll();
      subscriber?.disconnect();
    },
  };
}

interface Reader {
  readonly after: number;
  readonly woken: Promise<void>;
  readonly wake: () => void;
  readonly stop: () => void;
}

function makeReader(after: number, waitMs: number, signal: AbortSignal): Reader {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, waitMs);
  const wake = (): void => resolve();
  signal.addEventListener('abort', wake, { once: true });
  return {
    after,
    woken: promise,
    wake,
    stop() {
      clearTimeout(timer);
      signal.removeEventListener('abort', wake);
    },
  };
}
