const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/**
 * The expiry that one send asks for: `expiresFromMs` raised to the next full hour, with minute and second from the first 12 bits
 * of the request id. Two sends differ in it, so that a job can be told to be ours by it. Milliseconds since 1970.
 */
export function expiryMark(expiresFromMs: number, requestId: string): number {
  const bits = Number.parseInt(requestId.slice(0, 3), 16);
  return Math.ceil(expiresFromMs / HOUR_MS) * HOUR_MS + ((bits >> 6) % 60) * MINUTE_MS + ((bits & 63) % 60) * 1000;
}

/**
 * What an expiry read back from a job says about the mark of a send. Backup cuts it to minutes, sometimes to the day: what was cut away
 * proves nothing, and midnight is no mark at all.
 */
export function compareMark(markMs: number, readMs: number | undefined): 'ours' | 'other' | 'unreadable' {
  if (readMs === undefined || readMs % DAY_MS === 0) return 'unreadable';
  const unitMs = readMs % MINUTE_MS === 0 ? MINUTE_MS : 1000;
  return Math.floor(markMs / unitMs) === Math.floor(readMs / unitMs) ? 'ours' : 'other';
}
