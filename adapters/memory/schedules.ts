import { SLOTS_KEPT } from '../../engine/limits.ts';
import type { PendingSlot, ScheduleStore, SlotNotice, SlotRecord, StoredSchedule } from '../../engine/schedule/stored-schedule.ts';
import { copy } from './copy.ts';

/** Schedules, which of them are due, slots that are to run, and what became of slots. */
export function makeSchedules(nowMs: () => number): ScheduleStore {
  const schedules = new Map<string, StoredSchedule>();
  const due = new Map<string, number>();
  const pending = new Map<string, PendingSlot>();
  const records = new Map<string, Map<number, SlotRecord>>();
  const notices = new Map<string, SlotNotice>();

  const keep = (id: string, record: SlotRecord): void => {
    const known = records.get(id) ?? new Map<number, SlotRecord>();
    known.set(record.slotMs, copy(record));
    const dropped = [...known.keys()].toSorted((left, right) => left - right).slice(0, Math.max(0, known.size - SLOTS_KEPT));
    for (const slotMs of dropped) known.delete(slotMs);
    records.set(id, known);
  };

  return {
    async readSchedule(id) {
      const found = schedules.get(id);
      return found === undefined ? undefined : copy(found);
    },
    listSchedules: async () => copy([...schedules.values()].toSorted((left, right) => (left.id < right.id ? -1 : 1))),
    async writeSchedule({ id, expectedRev, schedule, dueAtMs, run, records: added, notices: told = [] }) {
      if ((schedules.get(id)?.rev ?? 0) !== expectedRev) return 'stale';
      if (schedule === undefined) schedules.delete(id);
      else schedules.set(id, copy(schedule));
      if (dueAtMs === undefined) due.delete(id);
      else due.set(id, dueAtMs);
      for (const slot of run) pending.set(slotName(slot.id, slot.slotMs), copy(slot));
      for (const record of added) keep(id, record);
      for (const notice of told) notices.set(noticeName(notice), copy(notice));
      return 'written';
    },
    async dueSchedules(limit) {
      const now = nowMs();
      const owed = [...due.entries()].filter(([, atMs]) => atMs <= now);
      const ids = owed.toSorted(([leftId, left], [rightId, right]) => left - right || (leftId < rightId ? -1 : 1)).map(([id]) => id);
      return { nowMs: now, ids: ids.slice(0, limit) };
    },
    pendingSlots: async () => copy([...pending.values()]),
    async beginSlot(id, slotMs) {
      const slot = pending.get(slotName(id, slotMs));
      if (slot !== undefined) pending.set(slotName(id, slotMs), { ...slot, begun: true });
      return slot !== undefined;
    },
    async noteSlot(id, slotMs, trouble) {
      const name = slotName(id, slotMs);
      const slot = pending.get(name);
      if (slot !== undefined) pending.set(name, { ...slot, trouble: { ...trouble, sinceMs: slot.trouble?.sinceMs ?? trouble.sinceMs } });
    },
    async endSlot(id, record, knows) {
      const slot = pending.get(slotName(id, record.slotMs));
      if (slot === undefined) return 'gone';
      if (slot.begun && record.outcome !== 'run' && knows?.begun !== true) return 'begun';
      pending.delete(slotName(id, record.slotMs));
      keep(id, record);
      return 'ended';
    },
    ...slotNotices(notices),
    async listSlots(id, { limit, beforeMs = Number.POSITIVE_INFINITY }) {
      const known = [...(records.get(id)?.values() ?? [])].filter(({ slotMs }) => slotMs < beforeMs);
      return copy(known.toSorted((left, right) => right.slotMs - left.slotMs).slice(0, limit));
    },
  };
}

type SlotNotices = Pick<ScheduleStore, 'slotNotices' | 'takeSlotNotice' | 'endSlotNotice'>;

function slotNotices(notices: Map<string, SlotNotice>): SlotNotices {
  return {
    slotNotices: async () => copy([...notices.values()]),
    async takeSlotNotice(notice, atMs) {
      const found = notices.get(noticeName(notice));
      if (found === undefined || found.takenAtMs !== undefined) return false;
      notices.set(noticeName(notice), { ...found, takenAtMs: atMs });
      return true;
    },
    endSlotNotice: async (notice) => notices.delete(noticeName(notice)),
  };
}

function noticeName({ id, slotMs, to }: SlotNotice): string {
  return `${slotName(id, slotMs)} ${to}`;
}

function slotName(id: string, slotMs: number): string {
  return `${id} ${slotMs}`;
}
