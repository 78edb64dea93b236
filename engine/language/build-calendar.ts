import { ms } from './build-steps.ts';
import { parseInstantMs } from './instant.ts';
import type { Calendar } from './runbook.ts';
import type { CalendarSource } from './schema-calendar.ts';

/** The value of a document of kind Calendar that has no findings. */
export function buildCalendar(document: CalendarSource): Calendar {
  return {
    name: document.metadata.name,
    title: document.metadata.title,
    windows: (document.windows ?? []).map(({ cron, timezone, duration, day_match: dayMatch }) => ({
      cron,
      timezone,
      dayMatch: dayMatch ?? 'or',
      durationMs: ms(duration),
    })),
    freezes: (document.freezes ?? []).map(({ from, to, reason, environments }) => ({
      fromMs: parseInstantMs(from) ?? 0,
      toMs: parseInstantMs(to) ?? 0,
      reason,
      environments,
    })),
  };
}
