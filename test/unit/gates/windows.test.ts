import { describe, expect, it } from 'vitest';
import { endOfNextWindow, windowState } from '../../../engine/gates/windows.ts';

const NIGHTS = { cron: '0 22 * * 6,0', timezone: 'Europe/Berlin', dayMatch: 'or', durationMs: 8 * 3_600_000 } as const;
const at = (text: string): number => Date.parse(text);

describe('windows', () => {
  it('are open from their slot for their duration, the end excluded', () => {
    expect(windowState([NIGHTS], at('2026-11-28T21:59:59.999+01:00'))).toEqual({ open: false, opensAtMs: at('2026-11-28T22:00:00+01:00') });
    expect(windowState([NIGHTS], at('2026-11-28T22:00:00+01:00'))).toEqual({ open: true, closesAtMs: at('2026-11-29T06:00:00+01:00') });
    expect(windowState([NIGHTS], at('2026-11-29T05:59:59.999+01:00'))).toMatchObject({ open: true });
    expect(windowState([NIGHTS], at('2026-11-29T06:00:00+01:00'))).toEqual({ open: false, opensAtMs: at('2026-11-29T22:00:00+01:00') });
  });

  it('last for elapsed time: in the night that loses an hour eight hours end at seven', () => {
    expect(windowState([NIGHTS], at('2027-03-27T23:00:00+01:00'))).toEqual({ open: true, closesAtMs: at('2027-03-28T07:00:00+02:00') });
    expect(windowState([NIGHTS], at('2026-10-24T23:00:00+02:00'))).toEqual({ open: true, closesAtMs: at('2026-10-25T05:00:00+01:00') });
  });

  it('have one opening in the hour that comes twice, and none in the hour that does not come', () => {
    const early = { ...NIGHTS, cron: '30 2 * * *', durationMs: 1_800_000 };
    expect(windowState([early], at('2026-10-25T02:40:00+02:00'))).toMatchObject({ open: true });
    expect(windowState([early], at('2026-10-25T02:40:00+01:00'))).toMatchObject({ open: false });
    expect(windowState([early], at('2027-03-28T01:59:00+01:00'))).toEqual({ open: false, opensAtMs: at('2027-03-29T02:30:00+02:00') });
  });

  it('of several calendars: one that is open is enough, the latest end counts', () => {
    const long = { ...NIGHTS, cron: '0 20 * * 6', durationMs: 12 * 3_600_000 };
    expect(windowState([NIGHTS, long], at('2026-11-28T23:00:00+01:00'))).toEqual({
      open: true,
      closesAtMs: at('2026-11-29T08:00:00+01:00'),
    });
  });

  it('tell when the next one ends', () => {
    expect(endOfNextWindow([NIGHTS], at('2026-11-27T12:00:00+01:00'))).toBe(at('2026-11-29T06:00:00+01:00'));
    expect(endOfNextWindow([NIGHTS], at('2026-11-28T22:00:00+01:00'))).toBe(at('2026-11-30T06:00:00+01:00'));
  });
});
