import type { LoadedCalendar } from '../language/load.ts';
import type { Runbook, WindowDefinition } from '../language/runbook.ts';
import { allSteps } from '../run/step-path.ts';
import type { Project } from './project.ts';

/** The calendars that a runbook and its blocks name. */
export function calendarsOf(project: Project, runbook: Runbook): readonly LoadedCalendar[] {
  const steps = [...allSteps(runbook.steps)];
  const names = new Set([...(runbook.windows ?? []), ...steps.flatMap(({ windows }) => windows ?? [])]);
  return [...names].toSorted().flatMap((name) => project.calendars?.get(name) ?? []);
}

/** Their windows by name: a run keeps to those that its plan was made with. */
export function pinnedWindows(project: Project, runbook: Runbook): Readonly<Record<string, readonly WindowDefinition[]>> {
  return Object.fromEntries(calendarsOf(project, runbook).map(({ calendar }) => [calendar.name, calendar.windows]));
}
