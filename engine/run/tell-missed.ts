import { formatInstant } from '../language/instant.ts';
import { NOTICE_LOST_MS, SCAN_MS } from '../limits.ts';
import type { Ports } from '../ports.ts';
import type { SlotNotice } from '../schedule/stored-schedule.ts';
import { type NoticePorts, sendNotice } from './send-notice.ts';

type TellPorts = NoticePorts['ports'] & Pick<Ports, 'store' | 'random'>;

/** Sends what is owed about missed slots at every look until the signal aborts. Any number of workers may do this at the same time. */
export async function tellMissedForever(
  ports: TellPorts,
  options: { readonly everyMs?: number; readonly signal: AbortSignal },
): Promise<void> {
  const { everyMs = SCAN_MS, signal } = options;
  while (!signal.aborted) {
    try {
      await tellMissed(ports, signal);
    } catch {
      ports.log.warn('notices about missed slots could not be looked at and will be again', {});
    }
    await ports.clock.sleep(everyMs * (0.8 + 0.4 * ports.random()), signal);
  }
}

/**
 * Sends each message once: only who has taken it sends it, and what a worker took and did not end is told as an error and never sent again,
 * because it may have arrived. Throws STORE_UNAVAILABLE.
 */
export async function tellMissed(ports: TellPorts, signal: AbortSignal): Promise<void> {
  const { store } = ports;
  const notices = await store.slotNotices();
  if (notices.length === 0) return;
  const nowMs = await store.nowMs();
  for (const notice of notices) {
    if (notice.takenAtMs !== undefined) {
      await giveUp(ports, notice, nowMs - notice.takenAtMs);
      continue;
    }
    if (signal.aborted || !(await store.takeSlotNotice(notice, nowMs))) continue;
    await sendNotice({ ports }, { notice, about: { schedule: notice.id, slot: formatInstant(notice.slotMs) }, signal });
    await store.endSlotNotice(notice);
  }
}

async function giveUp({ store, log }: TellPorts, notice: SlotNotice, sinceMs: number): Promise<void> {
  if (sinceMs < NOTICE_LOST_MS || !(await store.endSlotNotice(notice))) return;
  const problem = 'the worker that was sending it has stopped: it may not have arrived, and it is not sent again';
  log.error('a notice was not delivered', { schedule: notice.id, slot: formatInstant(notice.slotMs), channel: notice.to, problem });
}
