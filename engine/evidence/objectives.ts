import type { JsonObject } from '../json.ts';
import { formatDuration } from '../language/duration.ts';
import { formatInstant } from '../language/instant.ts';
import type { Objectives } from '../language/runbook.ts';
import type { ObjectiveClock, StepRecord } from '../run/record.ts';
import { storedTimeMs } from '../values.ts';

/** An objective was kept, was not kept, or cannot be judged: not measured is never met. */
export type ObjectiveWord = 'met' | 'breached' | 'not_measured';

/** One objective with what was promised, what was measured (milliseconds) and the sentence that says how. */
export interface ObjectiveVerdict {
  readonly targetMs?: number;
  readonly measuredMs?: number;
  readonly verdict: ObjectiveWord;
  readonly how: string;
}

/** Recovery time from the run's clock: wall time, or the time without waiting for people where the runbook counts `active`. */
export function judgeRto(clock: ObjectiveClock, objectives: Objectives | undefined): ObjectiveVerdict {
  const target = objectives?.rtoMs === undefined ? {} : { targetMs: objectives.rtoMs };
  const marks = objectives?.clock;
  if (marks === undefined) return { ...target, verdict: 'not_measured', how: 'the runbook defines no clock' };
  if (marks.stop === undefined) return { ...target, verdict: 'not_measured', how: 'the runbook does not say which step stops the clock' };
  if (clock.startedAtMs === undefined)
    return { ...target, verdict: 'not_measured', how: `the clock never started: ${startText(marks.start)} was not reached` };
  if (clock.stoppedAtMs === undefined)
    return { ...target, verdict: 'not_measured', how: `the clock never stopped: ${marks.stop} did not succeed` };

  const wallMs = clock.stoppedAtMs - clock.startedAtMs;
  const measuredMs = marks.count === 'active' ? wallMs - clock.waitedMs : wallMs;
  const what = marks.count === 'active' ? 'time without waiting for people' : 'wall time';
  // Both times are always reported, whichever of them the runbook counts.
  const activeMs = wallMs - clock.waitedMs;
  const other = marks.count === 'active' ? `wall time ${measuredText(wallMs)}` : `${measuredText(activeMs)} without waiting for people`;
  return judged(objectives?.rtoMs, measuredMs, `${what} from ${startText(marks.start)} to the first success of ${marks.stop} (${other})`);
}

/** The age of a used recovery point in milliseconds, or that Azure did not tell which point was used. */
export type PointAge = number | 'not_told';

/** What the age of a used recovery point is measured by. */
export interface PointMoment {
  /** When the outage began by the word of whoever started the run; without it the request counts. */
  readonly outageAtMs?: number | undefined;
  /** How far Azure's clock, by which points are dated, is ahead of ours. */
  readonly azureAheadMs?: number;
}

/** Recovery point from the ages of the recovery points that were used; the oldest counts. Where one is not known, the oldest is not. */
export function judgeRpo(ages: readonly PointAge[], objectives: Objectives | undefined, at: PointMoment = {}): ObjectiveVerdict {
  const target = objectives?.rpoMs === undefined ? {} : { targetMs: objectives.rpoMs };
  const agesMs = ages.filter((age) => age !== 'not_told');
  const lacking = ages.length - agesMs.length;
  if (lacking > 0)
    return {
      ...target,
      verdict: 'not_measured',
      how: `for ${lacking} of ${ages.length} steps it is not known which recovery point was used`,
    };
  if (agesMs.length === 0) return { ...target, verdict: 'not_measured', how: 'no step reported the recovery point that it used' };
  const machines = agesMs.length === 1 ? '1 recovery point' : `${agesMs.length} recovery points`;
  const moment =
    at.outageAtMs === undefined ? 'when its request was about to be sent' : `at the declared outage ${formatInstant(at.outageAtMs)}`;
  return judged(objectives?.rpoMs, Math.max(...agesMs), `age of the oldest of ${machines} used, ${moment}`);
}

/** What a step's record says about the recovery point that it used. */
export type PointUser = Pick<StepRecord, 'result' | 'firstIntentAtMs' | 'createdAtMs'> & { readonly produced?: readonly unknown[] };

/** Age of the recovery point that a step used, at the declared outage or when its request was about to be sent; undefined when the step uses none. */
export function recoveryPointAge(step: PointUser, { outageAtMs, azureAheadMs = 0 }: PointMoment = {}): PointAge | undefined {
  if (isPointLacking(step)) return 'not_told';
  const pointMs = usedPointMs(step.result);
  const usedAtMs = outageAtMs ?? step.firstIntentAtMs ?? step.createdAtMs;
  if (pointMs === undefined || usedAtMs === undefined) return undefined;
  // A point that is younger than the outage, or seems to lie in the future, loses nothing.
  return Math.max(0, usedAtMs + azureAheadMs - pointMs);
}

// A machine that was started from a point of which nothing is known may be the worst one.
function isPointLacking({ result, produced }: PointUser): boolean {
  if (result?.['recovery_point_time'] === null) return true;
  const many = result?.['recovery_points'];
  if (typeof many !== 'object' || many === null || Array.isArray(many)) return false;
  const told = Object.values(many as JsonObject).filter((value) => storedTimeMs(value) !== undefined).length;
  return told < Math.max(1, produced?.length ?? 0);
}

/** The recovery point that a step's result reports, the oldest when it reports one for each machine; milliseconds since 1970. */
export function usedPointMs(result: JsonObject | undefined): number | undefined {
  const many = result?.['recovery_points'];
  const each = typeof many === 'object' && many !== null && !Array.isArray(many) ? Object.values(many as JsonObject) : [];
  const times = [result?.['recovery_point_time'], ...each].flatMap((value) => storedTimeMs(value) ?? []);
  return times.length === 0 ? undefined : Math.min(...times);
}

function judged(targetMs: number | undefined, measuredMs: number, how: string): ObjectiveVerdict {
  if (targetMs === undefined) return { measuredMs, verdict: 'not_measured', how: `${how}; the runbook promises nothing to compare with` };
  return { targetMs, measuredMs, verdict: measuredMs <= targetMs ? 'met' : 'breached', how };
}

function startText(start: string): string {
  return start === 'run' ? 'the start of the run' : `the first attempt of ${start}`;
}

/** A measured time for people: whole seconds, rounded up, so that a time never looks shorter than it was. */
export function measuredText(ms: number): string {
  return formatDuration(ms < 1000 ? ms : Math.ceil(ms / 1000) * 1000);
}
