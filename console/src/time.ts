const SECOND_MS = 1000;
const MINUTE_S = 60;
const HOUR_S = 3600;
const DAY_S = 86_400;

/** A duration as `m:ss` or `h:mm:ss`. */
export function clockText(ms: number): string {
  const whole = Math.max(0, Math.floor(ms / SECOND_MS));
  const seconds = String(whole % MINUTE_S).padStart(2, '0');
  const minutes = Math.floor(whole / MINUTE_S) % MINUTE_S;
  const hours = Math.floor(whole / HOUR_S);
  return hours === 0 ? `${minutes}:${seconds}` : `${hours}:${String(minutes).padStart(2, '0')}:${seconds}`;
}

/** A measured time, rounded up, so that it never looks shorter than it was. */
export function measuredText(ms: number): string {
  return clockText(Math.ceil(ms / SECOND_MS) * SECOND_MS);
}

/** How long ago (or until) an instant is, in one unit. */
export function relativeText(at: string, nowMs: number): string {
  const seconds = Math.round((nowMs - Date.parse(at)) / SECOND_MS);
  const distance = Math.abs(seconds);
  const text = unitText(distance);
  return seconds >= 0 ? `${text} ago` : `in ${text}`;
}

function unitText(seconds: number): string {
  if (seconds < MINUTE_S) return `${seconds} s`;
  if (seconds < HOUR_S) return `${Math.floor(seconds / MINUTE_S)} min`;
  if (seconds < DAY_S) return `${Math.floor(seconds / HOUR_S)} h`;
  return `${Math.floor(seconds / DAY_S)} d`;
}

const ABSOLUTE = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'long' });

/** An instant in the reader's zone, with the zone named. */
export function absoluteText(at: string): string {
  return ABSOLUTE.format(new Date(at));
}

/** The time of day in UTC with milliseconds, as logs have it. */
export function logTime(at: string): string {
  return at.slice(11, 23);
}
