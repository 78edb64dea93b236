import { isHourly, wallTimes, type CronPattern } from './cron.ts';
import { instantsOf, offsetMs, wallMs } from './zone.ts';

/** When a schedule is due. Times are milliseconds since 1970; `jitterMs` delays each slot by an amount that follows from the slot. */
export interface SlotRule extends CronPattern {
  readonly id: string;
  /** Slots at every multiple of so many milliseconds since 1970; the pattern is then only the words for it. */
  readonly everyMs?: number;
  readonly timezone: string;
  readonly jitterMs: number;
  readonly fromMs?: number;
  readonly untilMs?: number;
}

// The largest step back of a clock that a pattern is followed over.
const STEP_BACK_MAX_MS = 4 * 3_600_000;
// A pattern that lies in the gap of a change every year has no slot for that long; further on nobody looks.
const GAPS_MAX = 400;

/**
 * The first slot after an instant; undefined when there is none. Preview, firing and catch-up all use it, so that what was shown is what
 * happens. A wall time that a change of the clock leaves out is skipped, one that comes twice is taken at the first; a pattern that goes
 * through every hour follows elapsed time and takes both.
 */
export function nextSlot(rule: SlotRule, afterMs: number): number | undefined {
  const from = rule.fromMs === undefined ? afterMs : Math.max(afterMs, rule.fromMs - 1);
  const slot = rule.everyMs === undefined ? nextInstant(rule, from) : (Math.floor(from / rule.everyMs) + 1) * rule.everyMs;
  return slot === undefined || (rule.untilMs !== undefined && slot > rule.untilMs) ? undefined : slot;
}

/** Slots after an instant, in order, at most `count`. */
export function nextSlots(rule: SlotRule, afterMs: number, count: number): readonly number[] {
  const slots: number[] = [];
  for (let slot = nextSlot(rule, afterMs); slot !== undefined && slots.length < count; slot = nextSlot(rule, slot)) slots.push(slot);
  return slots;
}

/** When the run of a slot begins: the slot and its share of the jitter, the same on every machine. */
export function dueAtMs(rule: Pick<SlotRule, 'id' | 'jitterMs'>, slotMs: number): number {
  return rule.jitterMs === 0 ? slotMs : slotMs + (spread(`${rule.id} ${slotMs}`) % rule.jitterMs);
}

/** Wall times of a pattern between two instants that no clock of its zone shows, as milliseconds of the wall: a change leaves them out. */
export function skippedWalls(rule: SlotRule, afterMs: number, untilMs: number): readonly number[] {
  if (rule.everyMs !== undefined) return [];
  const last = wallMs(rule.timezone, untilMs);
  const skipped: number[] = [];
  for (const wall of wallTimes(rule, wallMs(rule.timezone, afterMs))) {
    if (wall > last || skipped.length >= GAPS_MAX) break;
    if (instantsOf(rule.timezone, wall).length === 0) skipped.push(wall);
  }
  return isHourly(rule) ? [] : skipped;
}

function nextInstant(rule: SlotRule, afterMs: number): number | undefined {
  const { timezone } = rule;
  const both = isHourly(rule);
  const stepBack = both ? Math.max(0, offsetMs(timezone, afterMs) - offsetMs(timezone, afterMs + STEP_BACK_MAX_MS)) : 0;
  let repeated: number | undefined;
  let gaps = 0;
  for (const wall of wallTimes(rule, wallMs(timezone, afterMs) - stepBack)) {
    const [first, second] = instantsOf(timezone, wall);
    if (first === undefined) {
      gaps += 1;
      if (gaps > GAPS_MAX) return undefined;
      continue;
    }
    // First showings rise with the wall time, so nothing after this one can be earlier, except a repetition that was passed.
    if (first > afterMs) return repeated === undefined ? first : Math.min(first, repeated);
    if (both && second !== undefined && second > afterMs) repeated ??= second;
  }
  return repeated;
}

// FNV-1a over 32 bits: even enough to spread starts, and the same everywhere.
function spread(text: string): number {
  let hash = 0x811c9dc5;
  for (const character of text) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  return hash;
}
