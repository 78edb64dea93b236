import { describe, expect, it } from 'vitest';
import { nextSlot, type SlotRule } from '../../../engine/schedule/slots.ts';

// Zones of every kind of change: none, whole hours, half an hour, a night around midnight, Ramadan, and rules that ended.
const ZONES =
  `Europe/Berlin Europe/London Europe/Dublin Europe/Lisbon Europe/Athens Europe/Chisinau Europe/Kyiv Europe/Moscow Europe/Istanbul
Europe/Paris Europe/Madrid Europe/Warsaw Europe/Helsinki Europe/Stockholm Atlantic/Azores Atlantic/Reykjavik Atlantic/Stanley America/New_York
America/Chicago America/Denver America/Phoenix America/Los_Angeles America/Anchorage America/Adak America/Halifax America/St_Johns America/Toronto
America/Havana America/Santiago America/Punta_Arenas America/Asuncion America/Sao_Paulo America/Bogota America/Mexico_City America/Tijuana
America/Nuuk America/Scoresbysund America/Miquelon America/Port-au-Prince Africa/Cairo Africa/Casablanca Africa/El_Aaiun Africa/Juba
Africa/Johannesburg Asia/Beirut Asia/Jerusalem Asia/Gaza Asia/Amman Asia/Damascus Asia/Tehran Asia/Kolkata Asia/Kathmandu Asia/Tokyo Asia/Almaty
Asia/Qyzylorda Australia/Sydney Australia/Lord_Howe Australia/Adelaide Pacific/Auckland Pacific/Chatham Pacific/Norfolk Pacific/Apia
Pacific/Fiji Pacific/Easter`.split(/\s+/);

const PATTERNS = ['30 2 * * *', '0 0 * * *', '15 1,2,3 * * *', '0 */3 * * *', '45 0-3,22-23 * * 0,6', '0 * * * *', '*/30 * * * 6,0,5,4'];
const QUARTER_MS = 900_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

describe('slots around changes of the clock', () => {
  it(`agree with clocks read one by one, in ${ZONES.length} zones and every change from 2020 to 2035`, { timeout: 120_000 }, () => {
    expect(ZONES.length).toBeGreaterThanOrEqual(60);
    let changes = 0;
    const differences: string[] = [];
    for (const zone of ZONES) {
      const clock = clockOf(zone);
      for (const at of changesOf(clock)) {
        changes += 1;
        const looks = readClock(clock, at - 40 * HOUR_MS, at + 14 * HOUR_MS);
        for (const cron of PATTERNS) {
          const [from, until] = [at - 12 * HOUR_MS, at + 14 * HOUR_MS];
          const expected = slotsByReading(looks, cron).filter((slot) => slot > from && slot <= until);
          const rule = { id: 'a.b', cron, timezone: zone, dayMatch: 'or', jitterMs: 0 } as const;
          const actual = slotsUntil(rule, from, until);
          if (actual.join() !== expected.join())
            differences.push(`${zone} "${cron}" ${iso(at)}: ${actual.map(iso).join()} and not ${expected.map(iso).join()}`);
        }
      }
    }
    expect(differences).toEqual([]);
    expect(changes).toBeGreaterThan(1000);
  });
});

function slotsUntil(rule: SlotRule, fromMs: number, untilMs: number): readonly number[] {
  const slots: number[] = [];
  for (let slot = nextSlot(rule, fromMs); slot !== undefined && slot <= untilMs; slot = nextSlot(rule, slot)) slots.push(slot);
  return slots;
}

interface Look {
  readonly atMs: number;
  readonly minute: number;
  readonly hour: number;
  readonly weekday: number;
  readonly text: string;
}

// The digits that a clock of the zone shows, read instant by instant: shares nothing with how slots are computed.
function readClock(clock: Intl.DateTimeFormat, fromMs: number, untilMs: number): readonly Look[] {
  const looks: Look[] = [];
  for (let atMs = Math.ceil(fromMs / QUARTER_MS) * QUARTER_MS; atMs <= untilMs; atMs += QUARTER_MS) {
    const text = clock.format(atMs);
    const [, month, day, year, hour, minute] = /(\d+)\/(\d+)\/(\d+), (\d+):(\d+)/.exec(text) ?? [];
    const weekday = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day))).getUTCDay();
    looks.push({ atMs, text, hour: Number(hour), minute: Number(minute), weekday });
  }
  return looks;
}

function slotsByReading(looks: readonly Look[], cron: string): readonly number[] {
  const [minutes = '', hours = '', , , weekdays = ''] = cron.split(' ');
  const seen = new Set<string>();
  return looks.flatMap((look) => {
    const fits = allows(minutes, look.minute, 60) && allows(hours, look.hour, 24) && allows(weekdays, look.weekday, 7);
    const again = seen.has(look.text);
    seen.add(look.text);
    return fits && (hours === '*' || !again) ? [look.atMs] : [];
  });
}

function allows(field: string, value: number, size: number): boolean {
  return field.split(',').some((part) => {
    const [range = '', step = '1'] = part.split('/');
    const [from, to] = range === '*' ? [0, size - 1] : [Number(range.split('-')[0]), Number(range.split('-').at(-1))];
    return value >= (from ?? 0) && value <= (to ?? 0) && (value - (from ?? 0)) % Number(step) === 0;
  });
}

function clockOf(zone: string): Intl.DateTimeFormat {
  const digits = '2-digit';
  return new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: digits,
    day: digits,
    hour: digits,
    minute: digits,
  });
}

// A day after which the digits did not move by a day holds a change; a quarter of an hour is as exact as any change is.
function changesOf(clock: Intl.DateTimeFormat): readonly number[] {
  const changes: number[] = [];
  for (let day = Date.UTC(2020, 0, 1); day < Date.UTC(2036, 0, 1); day += DAY_MS) {
    if (shift(clock, day) === shift(clock, day + DAY_MS)) continue;
    let [before, after] = [day, day + DAY_MS];
    while (after - before > QUARTER_MS) {
      const middle = before + Math.floor((after - before) / 2 / QUARTER_MS) * QUARTER_MS;
      if (shift(clock, middle) === shift(clock, day)) before = middle;
      else after = middle;
    }
    changes.push(after);
  }
  return changes;
}

function shift(clock: Intl.DateTimeFormat, atMs: number): number {
  const [, month, day, year, hour, minute] = /(\d+)\/(\d+)\/(\d+), (\d+):(\d+)/.exec(clock.format(atMs)) ?? [];
  return Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute)) - atMs;
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
