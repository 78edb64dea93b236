import { formatInstant } from '../language/instant.ts';
import type { ScheduleRule, SlotNotice, SlotRecord } from './stored-schedule.ts';

/** What the channels of a runbook are told about the slots that one decision has found missed: one message, however many they are. Pure. */
export function missedNotices({ id, tells }: Pick<ScheduleRule, 'id' | 'tells'>, records: readonly SlotRecord[]): readonly SlotNotice[] {
  const missed = records.filter(({ outcome }) => outcome === 'missed');
  const [first] = missed;
  const last = missed.at(-1);
  if (tells === undefined || first === undefined || last === undefined) return [];
  const slots =
    missed.length === 1
      ? `missed its slot ${formatInstant(first.slotMs)}`
      : `missed ${missed.length} slots from ${formatInstant(first.slotMs)} to ${formatInstant(last.slotMs)}`;
  const text = `${tells.title} ${slots} (${last.reason ?? 'nobody looked'}): runward schedule show ${id}`;
  return tells.missed.map((to) => ({ id, slotMs: first.slotMs, to, text }));
}

/** The same about a schedule that owes too many slots to decide about: nothing of it runs before a person has looked. Pure. */
export function parkedNotices({ id, tells }: Pick<ScheduleRule, 'id' | 'tells'>, slotMs: number, reason: string): readonly SlotNotice[] {
  const text = `${tells?.title ?? id} is parked (${reason}): runward schedule show ${id}`;
  return (tells?.missed ?? []).map((to) => ({ id, slotMs, to, text }));
}
