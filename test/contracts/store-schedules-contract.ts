import { describe, expect, it } from 'vitest';
import { SLOTS_KEPT } from '../../engine/limits.ts';
import type { PendingSlot, ScheduleChange, SlotRecord, StoredSchedule } from '../../engine/schedule/stored-schedule.ts';
import type { Store } from '../../engine/store.ts';
import { newHex } from './store-requests.ts';

/** What a store keeps of schedules. */
export function exerciseSchedules(store: () => Store): void {
  describe('schedules', () => {
    it('are written by who has seen the last revision, and by nobody else', async () => {
      const first = makeSchedule();
      expect(await store().readSchedule(first.id)).toBeUndefined();
      expect(await store().writeSchedule(changeTo(first, 0))).toBe('written');
      expect(await store().writeSchedule(changeTo({ ...first, failures: 9 }, 0))).toBe('stale');
      expect(await store().writeSchedule(changeTo({ ...first, rev: 2, open: [5] }, 1))).toBe('written');
      expect(await store().writeSchedule(changeTo({ ...first, rev: 2 }, 1))).toBe('stale');
      expect(await store().readSchedule(first.id)).toEqual({ ...first, rev: 2, open: [5] });
      expect(await store().listSchedules()).toContainEqual({ ...first, rev: 2, open: [5] });

      const { schedule: _, ...removal } = changeTo(first, 2);
      expect(await store().writeSchedule(removal)).toBe('written');
      expect(await store().readSchedule(first.id)).toBeUndefined();
    });

    it('of two that decide at the same time one is refused, and of its decision nothing is left', async () => {
      const { id, ...schedule } = makeSchedule();
      await store().writeSchedule(changeTo({ id, ...schedule }, 0));
      const decide = (slotMs: number) =>
        store().writeSchedule({
          ...changeTo({ id, ...schedule, rev: 2 }, 1),
          run: [pending(id, slotMs)],
          records: [skipped(slotMs + 1)],
        });
      const answers = await Promise.all([decide(10), decide(20)]);
      expect(answers.toSorted()).toEqual(['stale', 'written']);
      const winner = answers[0] === 'written' ? 10 : 20;
      expect(await own(id)).toEqual([pending(id, winner)]);
      expect(await store().listSlots(id, { limit: 10 })).toEqual([skipped(winner + 1)]);
    });

    it('are due by the clock of the store, the longest overdue first', async () => {
      const nowMs = await store().nowMs();
      const [late, later, early] = [makeSchedule(), makeSchedule(), makeSchedule()];
      await store().writeSchedule(changeTo(late, 0, nowMs - 2_000));
      await store().writeSchedule(changeTo(later, 0, nowMs - 1_000));
      await store().writeSchedule(changeTo(early, 0, nowMs + 600_000));
      const due = await store().dueSchedules(1_000);
      expect(due.nowMs).toBeGreaterThanOrEqual(nowMs);
      expect(due.ids.filter((id) => [late.id, later.id, early.id].includes(id))).toEqual([late.id, later.id]);

      await store().writeSchedule(changeTo({ ...late, rev: 2 }, 1));
      expect((await store().dueSchedules(1_000)).ids).not.toContain(late.id);
    });

    it('a slot that is to run gets one record, and is not skipped once its run was begun', async () => {
      const schedule = makeSchedule();
      const { id } = schedule;
      await store().writeSchedule({ ...changeTo(schedule, 0), run: [pending(id, 10), { ...pending(id, 20), afterMs: 10 }] });
      expect(await own(id)).toEqual(expect.arrayContaining([pending(id, 10), { ...pending(id, 20), afterMs: 10 }]));

      expect(await store().beginSlot(id, 10)).toBe(true);
      expect(await own(id)).toContainEqual({ ...pending(id, 10), begun: true });
      expect(await store().endSlot(id, skipped(10))).toBe('begun');
      await store().noteSlot(id, 10, { reason: 'refused', sinceMs: 5 });
      await store().noteSlot(id, 10, { reason: 'refused again', sinceMs: 9 });
      expect(await own(id)).toContainEqual({ ...pending(id, 10), begun: true, trouble: { reason: 'refused again', sinceMs: 5 } });
      expect(await store().endSlot(id, ran(10))).toBe('ended');
      expect(await store().endSlot(id, ran(10))).toBe('gone');
      expect(await store().beginSlot(id, 10)).toBe(false);

      expect(await store().endSlot(id, skipped(20))).toBe('ended');
      expect(await own(id)).toEqual([]);
      expect(await store().listSlots(id, { limit: 10 })).toEqual([skipped(20), ran(10)]);
      expect(await store().listSlots(id, { limit: 10, beforeMs: 20 })).toEqual([ran(10)]);
    });

    it('owe each message about slots until one caller has taken it and ended it', async () => {
      const schedule = makeSchedule();
      const { id } = schedule;
      const [dr, pager] = ['teams:dr', 'pager:night'].map((to) => ({ id, slotMs: 10, to, text: 'slot missed ☁' }));
      if (dr === undefined || pager === undefined) throw new Error('two messages');
      const owed = async () => (await store().slotNotices()).filter((notice) => notice.id === id);
      const change = { ...changeTo(schedule, 0), run: [pending(id, 30)], records: [skipped(10), skipped(20)], notices: [dr, pager] };
      expect(await store().writeSchedule(change)).toBe('written');
      expect(await store().writeSchedule({ ...change, notices: [{ ...dr, to: 'mail:late' }] })).toBe('stale');
      expect(await owed()).toHaveLength(2);
      expect(await owed()).toEqual(expect.arrayContaining([dr, pager]));
      expect(await store().listSlots(id, { limit: 10 })).toEqual([skipped(20), skipped(10)]);
      expect(await own(id)).toEqual([pending(id, 30)]);

      const taken = await Promise.all([1, 2, 3].map((atMs) => store().takeSlotNotice(dr, atMs)));
      expect(taken.filter(Boolean)).toHaveLength(1);
      expect(await owed()).toEqual(expect.arrayContaining([{ ...dr, takenAtMs: expect.any(Number) }, pager]));
      expect(await Promise.all([store().endSlotNotice(dr), store().endSlotNotice(dr)])).toEqual(expect.arrayContaining([true, false]));
      expect(await store().takeSlotNotice(dr, 9)).toBe(false);
      expect(await owed()).toEqual([pager]);
    });

    it('keep one record of a slot and only the newest of all', async () => {
      const schedule = makeSchedule();
      const records = Array.from({ length: SLOTS_KEPT + 5 }, (_, index) => skipped(index * 60_000));
      await store().writeSchedule({ ...changeTo(schedule, 0), records: [...records, ran(600_000)] });
      const kept = await store().listSlots(schedule.id, { limit: SLOTS_KEPT * 2 });
      expect(kept).toHaveLength(SLOTS_KEPT);
      expect(kept.at(-1)?.slotMs).toBe(5 * 60_000);
      expect(kept.filter(({ slotMs }) => slotMs === 600_000)).toEqual([ran(600_000)]);
    });
  });

  async function own(id: string): Promise<readonly PendingSlot[]> {
    return (await store().pendingSlots()).filter((slot) => slot.id === id);
  }
}

function makeSchedule(): StoredSchedule {
  const id = `shop-drill.${newHex()}`;
  return {
    id,
    rev: 1,
    digest: 'a'.repeat(64),
    rule: {
      id,
      cron: '0 2 * * *',
      timezone: 'Europe/Berlin',
      dayMatch: 'or',
      jitterMs: 0,
      runbook: 'shop-drill',
      environment: 'test',
      inputs: { list: [], text: '☁' },
      overlap: 'skip',
      missed: { run: 'none', withinMs: 3_600_000, max: 10 },
      enabled: true,
    },
    writer: { id: 'anna', name: 'Anna', kind: 'token', groups: [] },
    state: 'active',
    nextSlotMs: 1_790_000_000_000,
    open: [],
    failures: 0,
  };
}

function changeTo(schedule: StoredSchedule, expectedRev: number, dueAtMs?: number): ScheduleChange {
  return { id: schedule.id, expectedRev, schedule, run: [], records: [], ...(dueAtMs === undefined ? {} : { dueAtMs }) };
}

function pending(id: string, slotMs: number): PendingSlot {
  return { id, slotMs, begun: false };
}

function skipped(slotMs: number): SlotRecord {
  return { slotMs, outcome: 'skipped', reason: 'the run of the slot before has not ended', atMs: slotMs + 1 };
}

function ran(slotMs: number): SlotRecord {
  return { slotMs, outcome: 'run', atMs: slotMs + 2 };
}
