import { randomUUID } from 'node:crypto';
import { Queue } from 'bullmq';
import type { RunId } from '../../engine/ids.ts';
import type { Log, WakeUps } from '../../engine/ports.ts';
import { connect, storeError } from './connection.ts';

/** BullMQ's name of the queue and the prefix of its keys; the braces keep all of them in one slot. */
export const WAKE_QUEUE = { name: 'wake', prefix: '{runward}' } as const;

/** Wake-ups on BullMQ, with what a main file needs to end them. */
export interface QueuedWakeUps extends WakeUps {
  readonly close: () => Promise<void>;
}

/**
 * The sending side. Without a delay wake-ups of a run fold into one, and one that comes while the run is being looked at is kept for
 * afterwards; with a delay (0 too) each stands alone, so that a timer cannot swallow an immediate one and a dead holder's job hides nothing.
 * A wake-up that cannot be sent is logged and lost: the scan finds the run. Throws STORE_UNAVAILABLE when there is no connection at first.
 */
export async function openWakeUps(options: { readonly url: string; readonly log: Log }): Promise<QueuedWakeUps> {
  const { url, log } = options;
  const connection = await connect(url, 'wake-ups', log);
  const queue = new Queue(WAKE_QUEUE.name, { connection, prefix: WAKE_QUEUE.prefix, streams: { events: { maxLen: 100 } } });
  // The connection's own listener has logged the loss; without a listener here the event would end the process.
  queue.on('error', () => {});
  const self = randomUUID().slice(0, 8);
  let timers = 0;

  return {
    async wake(runId, afterMs) {
      timers += 1;
      const once = { attempts: 1, removeOnComplete: true, removeOnFail: true } as const;
      const own =
        afterMs === undefined
          ? { deduplication: { id: `run-${runId}`, keepLastIfActive: true } }
          : { jobId: `timer-${runId}-${self}-${timers}`, delay: Math.max(0, Math.ceil(afterMs)) };
      try {
        await queue.add('wake', { runId } satisfies WakeData, { ...once, ...own });
      } catch (error) {
        log.warn('wake-up may be lost', { runId, reason: storeError(error).message });
      }
    },
    async close() {
      await queue.close().catch(() => {});
      connection.disconnect();
    },
  };
}

/** All that a job carries. */
interface WakeData {
  readonly runId: RunId;
}
