import { describe, expect, it } from 'vitest';
import { cronProblem, shortestPeriodMs } from '../../../engine/language/cron.ts';
import { nextSlots } from '../../../engine/schedule/slots.ts';

const SLOTS_LOOKED_AT = 700;
const START_MS = Date.UTC(2027, 1, 1) - 1;

function shortestSeenMs(cron: string): number {
  const slots = nextSlots({ id: 'x', cron, timezone: 'UTC', dayMatch: 'or', jitterMs: 0 }, START_MS, SLOTS_LOOKED_AT);
  return Math.min(...slots.slice(1).map((slot, index) => slot - (slots[index] ?? 0)));
}

describe('the longest jitter that a pattern bears', () => {
  it.each([
    ['* * * * *', 60],
    ['*/5 * * * *', 300],
    ['0,50 * * * *', 600],
    ['30 22,1 * * *', 3 * 3600],
    ['30 22,1 * * 1-5', 3 * 3600],
    ['0 2 * * *', 24 * 3600],
    ['0 2 * * 0', 7 * 24 * 3600],
    ['0 2 * * 7', 7 * 24 * 3600],
    ['0 2 * * mon,thu', 3 * 24 * 3600],
    ['0 2 1,15 * *', 14 * 24 * 3600],
    ['0 2 1 * *', 28 * 24 * 3600],
    ['0 2 13 * 5', 24 * 3600],
  ])('is the shortest time between its slots: %s', (cron, seconds) => {
    expect(cronProblem(cron)).toBeUndefined();
    expect(shortestPeriodMs(cron)).toBe(seconds * 1000);
    expect(shortestSeenMs(cron)).toBe(seconds * 1000);
  });
});
