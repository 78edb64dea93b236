import { formatDuration } from '../language/duration.ts';
import { formatInstant } from '../language/instant.ts';
import { ON_TIME_MS } from '../limits.ts';
import { dueAtMs } from './slots.ts';
import type { ScheduleRule } from './stored-schedule.ts';

/** Slots that have passed, oldest first, with what decides about them. Times are milliseconds since 1970. */
export interface Owed {
  readonly rule: ScheduleRule;
  readonly slots: readonly number[];
  readonly nowMs: number;
  /** Earlier slots whose runs have not ended, oldest first; with `queue` the second one is waiting. */
  readonly open: readonly number[];
  /** Slots before `untilMs` are left out, for this reason. */
  readonly paused?: { readonly reason: string; readonly untilMs: number };
}

/** What a slot comes to. A slot that runs `afterMs` waits for the run of that earlier slot. */
export type SlotDecision =
  | { readonly slotMs: number; readonly to: 'run'; readonly afterMs?: number }
  | { readonly slotMs: number; readonly to: 'skipped' | 'missed'; readonly reason: string };

/** Decides about every slot that has passed: pauses first, then lateness, then overlap. */
export function decideSlots(owed: Owed): readonly SlotDecision[] {
  const { paused } = owed;
  const left = owed.slots.filter((slot) => paused === undefined || slot >= paused.untilMs);
  const missed = new Map(missedOf({ ...owed, slots: left }).map((decision) => [decision.slotMs, decision]));
  const wanted = left.filter((slot) => !missed.has(slot));
  const overlapping = new Map(overlapOf(owed, wanted).map((decision) => [decision.slotMs, decision]));
  return owed.slots.map(
    (slotMs) =>
      missed.get(slotMs) ??
      overlapping.get(slotMs) ?? { slotMs, to: 'skipped' as const, reason: `the schedule is paused: ${paused?.reason ?? ''}` },
  );
}

function missedOf({ rule, slots, nowMs }: Owed): readonly SlotDecision[] {
  const { run, withinMs, max } = rule.missed;
  const late = slots.filter((slot) => nowMs - dueAtMs(rule, slot) > ON_TIME_MS);
  const inTime = slots.length > late.length;
  const near = late.filter((slot) => nowMs - dueAtMs(rule, slot) <= withinMs);
  const caughtUp = new Set(run === 'all' ? near.slice(-max) : run === 'latest' && !inTime ? near.slice(-1) : []);
  return late
    .filter((slot) => !caughtUp.has(slot))
    .map((slotMs) => ({
      slotMs,
      to: 'missed',
      reason: whyMissed(rule, { lateMs: nowMs - dueAtMs(rule, slotMs), near: near.includes(slotMs) }),
    }));
}

function whyMissed({ missed }: ScheduleRule, { lateMs, near }: { readonly lateMs: number; readonly near: boolean }): string {
  const late = `nobody looked until ${formatDuration(Math.round(lateMs / 1000) * 1000)} later`;
  if (missed.run === 'none') return `${late}, and this schedule does not catch up`;
  if (!near) return `${late}, and it catches up within ${formatDuration(missed.withinMs)}`;
  return missed.run === 'latest' ? `${late}, and a later slot runs instead` : `${late}, and at most ${missed.max} slots are caught up`;
}

function overlapOf({ rule, open }: Owed, wanted: readonly number[]): readonly SlotDecision[] {
  if (rule.overlap === 'allow') return wanted.map((slotMs) => ({ slotMs, to: 'run' }));
  const placeMax = rule.overlap === 'queue' ? 2 : 1;
  const under = [...open];
  return wanted.map((slotMs): SlotDecision => {
    const before = under.at(-1);
    if (under.length >= placeMax && before !== undefined) return { slotMs, to: 'skipped', reason: whyOverlapping(before, placeMax) };
    under.push(slotMs);
    return { slotMs, to: 'run', ...(before === undefined ? {} : { afterMs: before }) };
  });
}

function whyOverlapping(beforeMs: number, placeMax: number): string {
  const before = formatInstant(beforeMs);
  return placeMax === 1 ? `the run of ${before} has not ended` : `the slot ${before} waits already, and at most one does`;
}
