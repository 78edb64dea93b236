const formats = new Map<string, Intl.DateTimeFormat>();

/** Difference between the wall clock of a zone and UTC at an instant (milliseconds; east is positive). Throws RangeError for an unknown zone. */
export function offsetMs(zone: string, atMs: number): number {
  const text = formatOf(zone).format(atMs);
  const [, sign, hours, minutes = '0', seconds = '0'] = /GMT(?:([+-])(\d{2}):(\d{2})(?::(\d{2}))?)?$/.exec(text) ?? [];
  if (sign === undefined) return 0;
  const size = ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000;
  return sign === '-' ? -size : size;
}

/** The wall clock of a zone as milliseconds: what a clock in UTC would show the same digits at. */
export function wallMs(zone: string, atMs: number): number {
  return atMs + offsetMs(zone, atMs);
}

/** The instants at which a zone's clock shows a wall time, in order: none in the gap of a change, two in a repeated hour. */
export function instantsOf(zone: string, wall: number): readonly number[] {
  const offsets = new Set([offsetMs(zone, wall - DAY_AND_MORE_MS), offsetMs(zone, wall + DAY_AND_MORE_MS)]);
  return [...offsets]
    .map((offset) => wall - offset)
    .filter((instant) => wallMs(zone, instant) === wall)
    .toSorted((left, right) => left - right);
}

// Offsets lie between -12 h and +14 h, so that one of the two looks is before the instant and one behind it.
const DAY_AND_MORE_MS = 15 * 3_600_000;

// A formatter costs a thousand times what one of its answers costs.
function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone) ?? new Intl.DateTimeFormat('en', { timeZone: zone, timeZoneName: 'longOffset', year: 'numeric' });
  formats.set(zone, known);
  return known;
}
