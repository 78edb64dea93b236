import { describe, expect, it } from 'vitest';
import { decideSlots, type Owed } from '../../../engine/schedule/policies.ts';
import type { ScheduleRule } from '../../../engine/schedule/stored-schedule.ts';

const MINUTE_MS = 60_000;
const NOON = Date.UTC(2026, 5, 1, 12);

function rule(more: Partial<ScheduleRule> = {}): ScheduleRule {
  return {
    id: 'nightly.run',
    runbook: 'nightly',
    environment: 'test',
    cron: '*/10 * * * *',
    timezone: 'UTC',
    dayMatch: 'or',
    jitterMs: 0,
    inputs: {},
    overlap: 'allow',
    missed: { run: 'none', withinMs: 30 * MINUTE_MS, max: 2 },
    enabled: true,
    ...more,
  };
}

/** Decides at 12:40 about slots given as minutes past noon; answers `minute word`. */
function decided(more: Partial<ScheduleRule>, minutes: readonly number[], owed: Partial<Owed> = {}): readonly string[] {
  const slots = minutes.map((minute) => NOON + minute * MINUTE_MS);
  return decideSlots({ rule: rule(more), slots, nowMs: NOON + 40 * MINUTE_MS, open: [], ...owed }).map(
    (decision) => `${(decision.slotMs - NOON) / MINUTE_MS} ${decision.to}`,
  );
}

describe('policies', () => {
  it('run what is in time and record what is late', () => {
    expect(decided({}, [20, 30, 40])).toEqual(['20 missed', '30 missed', '40 run']);
    const [late] = decideSlots({ rule: rule(), slots: [NOON], nowMs: NOON + 40 * MINUTE_MS, open: [] });
    expect(late).toMatchObject({ to: 'missed', reason: 'nobody looked until 40m later, and this schedule does not catch up' });
  });

  it('catch up with the latest slot, unless one is in time', () => {
    const latest = { missed: { run: 'latest', withinMs: 30 * MINUTE_MS, max: 2 } } as const;
    expect(decided(latest, [10, 20, 30])).toEqual(['10 missed', '20 missed', '30 run']);
    expect(decided(latest, [20, 30, 40])).toEqual(['20 missed', '30 missed', '40 run']);
    expect(decided(latest, [0, 5])).toEqual(['0 missed', '5 missed']);
  });

  it('catch up with all slots within the time, and no more than the most', () => {
    const all = { missed: { run: 'all', withinMs: 30 * MINUTE_MS, max: 2 } } as const;
    expect(decided(all, [0, 10, 20, 30, 40])).toEqual(['0 missed', '10 missed', '20 run', '30 run', '40 run']);
  });

  it('skip, queue one, or allow what overlaps', () => {
    const all = { run: 'all', withinMs: 60 * MINUTE_MS, max: 10 } as const;
    const open = [NOON];
    expect(decided({ overlap: 'skip', missed: all }, [20, 30, 40])).toEqual(['20 run', '30 skipped', '40 skipped']);
    expect(decided({ overlap: 'skip', missed: all }, [30, 40], { open })).toEqual(['30 skipped', '40 skipped']);
    expect(decided({ overlap: 'queue', missed: all }, [20, 30, 40])).toEqual(['20 run', '30 run', '40 skipped']);
    expect(decided({ overlap: 'queue', missed: all }, [30, 40], { open })).toEqual(['30 run', '40 skipped']);
    expect(decided({ overlap: 'allow', missed: all }, [20, 30, 40], { open })).toEqual(['20 run', '30 run', '40 run']);
    const queued = decideSlots({ rule: rule({ overlap: 'queue' }), slots: [NOON + 1], nowMs: NOON + 2, open });
    expect(queued).toEqual([{ slotMs: NOON + 1, to: 'run', afterMs: NOON }]);
  });

  it('skip what falls into a pause, whatever else would hold', () => {
    const paused = { reason: 'maintenance', untilMs: NOON + 35 * MINUTE_MS };
    expect(decided({}, [20, 30, 40], { paused })).toEqual(['20 skipped', '30 skipped', '40 run']);
  });
});
