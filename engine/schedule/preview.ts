// oxlint-disable no-restricted-globals -- calendar arithmetic on given instants; the clock is never read here
import { formatInstant, parseInstantMs } from '../language/instant.ts';
import { isHourly } from './cron.ts';
import { dueAtMs, nextSlots, skippedWalls, type SlotRule } from './slots.ts';
import { instantsOf, offsetMs, wallMs } from './zone.ts';

/** One coming slot as it is shown: in the zone of the schedule, in the reader's, and in UTC. A wall time that does not exist has no instants. */
export interface PreviewRow {
  readonly slotMs?: number;
  readonly startsAtMs?: number;
  readonly local: string;
  readonly yours?: string;
  readonly note?: string;
}

/** What is asked: slots after `fromMs`, and the zone of who reads. */
export interface PreviewRequest {
  readonly fromMs: number;
  readonly count: number;
  readonly zone?: string;
}

/** The next slots as firing will take them, with those that a change of the clock leaves out; at most `count` rows. */
export function previewSlots(rule: SlotRule, { fromMs, count, zone }: PreviewRequest): readonly PreviewRow[] {
  const slots = nextSlots(rule, fromMs, count);
  const last = slots.at(-1);
  const gaps = last === undefined ? [] : skippedWalls(rule, Math.max(fromMs, rule.fromMs ?? fromMs), last);
  const rows = [
    ...slots.map((slotMs) => ({ wall: wallMs(rule.timezone, slotMs), row: slotRow(rule, slotMs, zone) })),
    ...gaps.map((wall): { readonly wall: number; readonly row: PreviewRow } => ({
      wall,
      row: { local: `${dayText(wall)} -`, note: `skipped: no ${hourText(wall)} (DST)` },
    })),
  ];
  return rows
    .toSorted((left, right) => left.wall - right.wall || (left.row.slotMs ?? 0) - (right.row.slotMs ?? 0))
    .map(({ row }) => row)
    .slice(0, count);
}

/** An instant as the clock of a zone shows it: `Sat 2027-03-27 02:30 +01:00`. */
export function zonedText(zone: string, atMs: number): string {
  const wall = wallMs(zone, atMs);
  const minutes = offsetMs(zone, atMs) / 60_000;
  const two = (value: number): string => String(value).padStart(2, '0');
  const size = Math.abs(minutes);
  return `${dayText(wall)} ${hourText(wall)} ${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(Math.floor(size % 60))}`;
}

/** The instant to look from: RFC 3339, or a date, whose midnight in the zone is included. Undefined when it is neither. */
export function lookFromMs(text: string, zone: string): number | undefined {
  const midnight = parseInstantMs(`${text}T00:00:00Z`);
  if (midnight === undefined) return parseInstantMs(text);
  return (instantsOf(zone, midnight)[0] ?? midnight - offsetMs(zone, midnight)) - 1;
}

function slotRow(rule: SlotRule, slotMs: number, zone: string | undefined): PreviewRow & { readonly slotMs: number } {
  const note = isHourly(rule) ? undefined : repeatNote(rule.timezone, slotMs);
  return {
    slotMs,
    startsAtMs: dueAtMs(rule, slotMs),
    local: zonedText(rule.timezone, slotMs),
    ...(zone === undefined ? {} : { yours: zonedText(zone, slotMs) }),
    ...(note === undefined ? {} : { note }),
  };
}

function repeatNote(zone: string, slotMs: number): string | undefined {
  const wall = wallMs(zone, slotMs);
  return instantsOf(zone, wall).length < 2 ? undefined : `the first of two ${hourText(wall)} (DST)`;
}

function dayText(wall: number): string {
  const weekday = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'][new Date(wall).getUTCDay()] ?? '';
  return `${weekday} ${formatInstant(wall).slice(0, 10)}`;
}

function hourText(wall: number): string {
  return formatInstant(wall).slice(11, 16);
}
