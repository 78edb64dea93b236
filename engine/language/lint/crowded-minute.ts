import { nextSlot } from '../../schedule/slots.ts';
import type { CheckedRunbook } from '../load.ts';
import type { ScheduleDefinition } from '../runbook.ts';
import { child, itemsOf, pointerOf } from '../tree.ts';
import type { LintRule } from './rule.ts';

const CROWD = 5;
const MONTH_MS = 32 * 86_400_000;
// Every quarter of an hour for a month; a pattern that fires more often meets the others early.
const SLOTS_MAX = 3100;

/** RW529: more than five schedules that start in the same minute; Azure throttles what comes all at once. */
export const crowdedMinute: LintRule = {
  code: 'RW529',
  check({ root, runbook, report }, { runbooks, nowMs }) {
    if (runbooks.flatMap(({ runbook: each }) => each.schedules).length <= CROWD) return;
    const counts = startsByMinute(runbooks, nowMs);
    const written = itemsOf(child(child(root, 'triggers'), 'schedules'));
    runbook.schedules.forEach((schedule, index) => {
      const cron = child(written[index], 'cron');
      const most = Math.max(0, ...slotsOf(schedule, nowMs).map((slot) => counts.get(slot) ?? 0));
      if (cron === undefined || most <= CROWD) return;
      report('RW529', { span: cron.span, pointer: pointerOf(['triggers', 'schedules', index, 'cron']) }, { count: String(most) });
    });
  },
};

function startsByMinute(runbooks: readonly CheckedRunbook[], nowMs: number): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (const { runbook } of runbooks) {
    for (const slot of runbook.schedules.flatMap((schedule) => slotsOf(schedule, nowMs))) counts.set(slot, (counts.get(slot) ?? 0) + 1);
  }
  return counts;
}

function slotsOf(schedule: ScheduleDefinition, nowMs: number): readonly number[] {
  if (!schedule.enabled || schedule.jitterMs > 0) return [];
  const slots: number[] = [];
  for (let slot = nextSlot(schedule, nowMs); slot !== undefined && slot < nowMs + MONTH_MS; slot = nextSlot(schedule, slot)) {
    slots.push(slot);
    if (slots.length >= SLOTS_MAX) break;
  }
  return slots;
}
