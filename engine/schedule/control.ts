import { follow } from '../edges.ts';
import { RunwardError } from '../errors.ts';
import { formatInstant } from '../language/instant.ts';
import type { Ports } from '../ports.ts';
import { SCHEDULE_EDGES, type ScheduleEvent } from './schedule-state.ts';
import { dueAtMs, nextSlot } from './slots.ts';
import type { SlotRecord, StoredSchedule } from './stored-schedule.ts';

const TRIES_MAX = 5;

/** Pauses a schedule; its slots are skipped with the reason until `untilMs` or until somebody resumes it. Throws NOT_FOUND_SCHEDULE, CONFLICT_STATE. */
export async function pauseSchedule(
  ports: Pick<Ports, 'store'>,
  id: string,
  pause: { readonly by: string; readonly reason: string; readonly untilMs?: number },
): Promise<StoredSchedule> {
  return change(ports, id, (stored, nowMs) => ({ schedule: { ...moved(stored, 'paused'), pause: { ...pause, atMs: nowMs } } }));
}

/** Lets a schedule fire again. Slots that a parked one owes are not made up for: one record stands for them. Throws NOT_FOUND_SCHEDULE, CONFLICT_STATE. */
export async function resumeSchedule(ports: Pick<Ports, 'store'>, id: string): Promise<StoredSchedule> {
  return change(ports, id, (stored, nowMs) => {
    const { pause, nextSlotMs, ...rest } = moved(stored, 'resumed');
    const owes = stored.state === 'parked' && nextSlotMs !== undefined;
    const next = owes ? nextSlot(stored.rule, nowMs) : nextSlotMs;
    const schedule = { ...rest, failures: 0, ...(next === undefined ? {} : { nextSlotMs: next }) };
    if (!owes) return { schedule };
    const reason = `stands for every slot until ${formatInstant(nowMs)}: ${pause?.reason ?? 'the schedule was parked'}`;
    return { schedule, record: { slotMs: nextSlotMs, outcome: 'missed', reason, atMs: nowMs } };
  });
}

/** Turns on a schedule that its document leaves off; it fires from the next slot on. Throws NOT_FOUND_SCHEDULE, CONFLICT_STATE. */
export async function enableSchedule(
  ports: Pick<Ports, 'store'>,
  id: string,
  said: { readonly by: string; readonly reason?: string },
): Promise<StoredSchedule> {
  return change(ports, id, (stored, nowMs) => {
    const next = nextSlot(stored.rule, nowMs);
    if (next === undefined) throw new RunwardError('CONFLICT_STATE', `schedule ${id} has no slot any more: it cannot be enabled`);
    return { schedule: { ...moved(stored, 'enabled'), nextSlotMs: next, enabled: { ...said, atMs: nowMs } } };
  });
}

interface Changed {
  readonly schedule: StoredSchedule;
  readonly record?: SlotRecord;
}

async function change(
  { store }: Pick<Ports, 'store'>,
  id: string,
  decide: (stored: StoredSchedule, nowMs: number) => Changed,
): Promise<StoredSchedule> {
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    const nowMs = await store.nowMs();
    const stored = await store.readSchedule(id);
    if (stored === undefined) throw new RunwardError('NOT_FOUND_SCHEDULE', `no schedule "${id}"`);
    const { schedule, record } = decide(stored, nowMs);
    const next = { ...schedule, rev: stored.rev + 1 };
    const answer = await store.writeSchedule({
      id,
      expectedRev: stored.rev,
      schedule: next,
      run: [],
      records: record === undefined ? [] : [record],
      ...(next.nextSlotMs === undefined ? {} : { dueAtMs: dueAtMs(next.rule, next.nextSlotMs) }),
    });
    if (answer === 'written') return next;
  }
  throw new RunwardError('STORE_BUSY', `schedule ${id} changes all the time: nothing was written, try again`);
}

function moved(stored: StoredSchedule, event: ScheduleEvent): StoredSchedule {
  const edges: Partial<Record<ScheduleEvent, unknown>> = SCHEDULE_EDGES[stored.state];
  if (edges[event] === undefined)
    throw new RunwardError('CONFLICT_STATE', `schedule ${stored.id} is ${stored.state}: it cannot be ${event}`);
  return { ...stored, state: follow(SCHEDULE_EDGES, stored.state, event) };
}
