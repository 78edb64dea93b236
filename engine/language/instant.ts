// oxlint-disable no-restricted-globals -- calendar arithmetic on given instants; the clock is never read here

const RFC3339 = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})$/;

/** Milliseconds since 1970 of an RFC 3339 text with an offset; undefined when it is not one. */
export function parseInstantMs(text: string): number | undefined {
  if (!RFC3339.test(text)) return undefined;
  const ms = Date.parse(text);
  return Number.isNaN(ms) || !dayExists(text) ? undefined : ms;
}

/** RFC 3339 text in UTC; milliseconds are written only when there are some. */
export function formatInstant(ms: number): string {
  return new Date(ms).toISOString().replace('.000Z', 'Z');
}

/** The library's value for an instant. */
export function dateOf(ms: number): Date {
  return new Date(ms);
}

/** Milliseconds since 1970 when the value is one of the library's instants. */
export function msOfDate(value: unknown): number | undefined {
  return value instanceof Date ? value.getTime() : undefined;
}

/** True for a name of the IANA time zone table, for example Europe/Berlin. */
export function isTimeZone(name: string): boolean {
  if (/^[+-]/.test(name)) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

/** Names of time zones that people write. */
export function timeZones(): readonly string[] {
  return ['UTC', ...Intl.supportedValuesOf('timeZone')];
}

// The parser moves 30 February to 2 March instead of refusing it.
function dayExists(text: string): boolean {
  const [year, month, day] = text.slice(0, 10).split('-').map(Number);
  if (year === undefined || month === undefined || day === undefined) return false;
  return day >= 1 && day <= new Date(Date.UTC(year, month, 0)).getUTCDate();
}
