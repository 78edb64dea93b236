import { isHourly, wallTimes } from '../../schedule/cron.ts';
import { skippedWalls } from '../../schedule/slots.ts';
import { instantsOf, wallMs } from '../../schedule/zone.ts';
import type { ScheduleDefinition } from '../runbook.ts';
import { child, itemsOf, pointerOf } from '../tree.ts';
import type { LintRule } from './rule.ts';

const TWO_YEARS_MS = 2 * 365 * 86_400_000;
// Twice a day for two years; a pattern with more slots goes through the changed hours anyway and fires often enough.
const LOOKS_MAX = 1500;

/** RW528: a slot inside the hour that clocks skip or repeat; once a year it does not run, or runs in another night hour than one thinks. */
export const slotInChangedHour: LintRule = {
  code: 'RW528',
  check({ root, runbook, report }, { nowMs }) {
    const written = itemsOf(child(child(root, 'triggers'), 'schedules'));
    runbook.schedules.forEach((schedule, index) => {
      const cron = child(written[index], 'cron');
      const wall = cron === undefined ? undefined : changedWall(schedule, nowMs);
      if (cron === undefined || wall === undefined) return;
      const place = { span: cron.span, pointer: pointerOf(['triggers', 'schedules', index, 'cron']) };
      report('RW528', place, { what: wall.what, zone: schedule.timezone, day: dayOf(wall.wall) });
    });
  },
};

function changedWall(schedule: ScheduleDefinition, nowMs: number): { readonly wall: number; readonly what: string } | undefined {
  if (isHourly(schedule)) return undefined;
  const [skipped] = skippedWalls(schedule, nowMs, nowMs + TWO_YEARS_MS);
  if (skipped !== undefined) return { wall: skipped, what: 'skip' };
  const first = wallMs(schedule.timezone, nowMs);
  let looks = 0;
  for (const wall of wallTimes(schedule, first)) {
    looks += 1;
    if (looks > LOOKS_MAX || wall > first + TWO_YEARS_MS) return undefined;
    if (instantsOf(schedule.timezone, wall).length > 1) return { wall, what: 'repeat' };
  }
  return undefined;
}

// A wall time is shown by the digits of UTC; the engine has no calendar of its own.
function dayOf(wall: number): string {
  return new Intl.DateTimeFormat('en-CA', { timeZone: 'UTC', year: 'numeric', month: '2-digit', day: '2-digit' }).format(wall);
}
