import { Queue } from 'bullmq';
import type { JobsOptions } from 'bullmq';
import type { RunId } from '../../engine/ids.ts';
import type { Log, WakeUps } from '../../engine/ports.ts';
import { connect, storeError } from './connection.ts';
import { runKeys } from './keys.ts';

/** BullMQ's name of the queue and the prefix of its keys; the braces keep all of them in one slot. */
export const WAKE_QUEUE = { name: 'wake', prefix: '{runward}' } as const;

const WAITING: ReadonlySet<string> = new Set(['waiting', 'delayed', 'prioritized']);

/** Wake-ups on BullMQ, with what a main file needs to end them. */
export interface QueuedWakeUps extends WakeUps {
  readonly close: () => Promise<void>;
}

/** Long enough that a number is not given twice while its job exists. */
const NUMBER_KEPT_S = 7 * 24 * 3_600;

/**
 * The sending side, in three kinds. Without a delay wake-ups of a run fold into one, and one that comes while the run is being looked at is
 * kept for afterwards. With 0 the run is looked at although BullMQ believes that somebody does so, as after the death of a holder: nothing
 * is added only while such a wake-up still waits. With more it is a timer of its own, which swallows no other wake-up.
 * A wake-up that cannot be sent is logged and lost: the scan finds the run. Throws STORE_UNAVAILABLE when there is no connection at first.
 */
export async function openWakeUps(options: { readonly url: string; readonly log: Log }): Promise<QueuedWakeUps> {
  const { url, log } = options;
  const connection = await connect(url, 'wake-ups', log);
  const queue = new Queue(WAKE_QUEUE.name, { connection, prefix: WAKE_QUEUE.prefix, streams: { events: { maxLen: 100 } } });
  // The connection's own listener has logged the loss; without a listener here the event would end the process.
  queue.on('error', () => {});

  const nextNumber = async (runId: RunId, kind: 'again' | 'timer'): Promise<number> => {
    const { wake } = runKeys(runId);
    const number = await connection.hincrby(wake, kind, 1);
    await connection.expire(wake, NUMBER_KEPT_S);
    return number;
  };
  const add = async (runId: RunId, own: JobsOptions): Promise<void> => {
    const data = { runId } satisfies WakeData;
    await queue.add('wake', data, { attempts: 1, removeOnComplete: true, removeOnFail: true, ...own });
  };
  const addAgain = async (runId: RunId): Promise<void> => {
    const last = Number((await connection.hget(runKeys(runId).wake, 'again')) ?? 0);
    if (WAITING.has(await queue.getJobState(`again-${runId}-${last}`))) return;
    await add(runId, { jobId: `again-${runId}-${await nextNumber(runId, 'again')}` });
  };

  return {
    async wake(runId, afterMs) {
      try {
        if (afterMs === undefined) await add(runId, { deduplication: { id: `run-${runId}`, keepLastIfActive: true } });
        else if (afterMs <= 0) await addAgain(runId);
        else await add(runId, { jobId: `timer-${runId}-${await nextNumber(runId, 'timer')}`, delay: Math.ceil(afterMs) });
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
