import { judgeRpo, judgeRto, type ObjectiveVerdict } from '../evidence/objectives.ts';
import type { Objectives } from '../language/runbook.ts';
import type { RunRecord } from '../run/record.ts';
import type { Proof } from './recovery-state.ts';

/** An objective as the last drill measured it. `exceeded` is up to twice, `severe` up to four times what was promised. */
export interface MeasuredObjective {
  readonly targetMs?: number;
  readonly measuredMs?: number;
  readonly verdict: 'met' | 'breached' | 'exceeded' | 'severe' | 'critical' | 'not_measured';
}

/** The drills of one runbook, newest first, and what is known of its changes since. */
export interface DrillFacts {
  readonly drills: readonly RunRecord[];
  readonly objectives: Objectives | undefined;
  /** What differs from the last drill that succeeded, in words. */
  readonly changes: readonly string[];
  readonly nowMs: number;
}

/** What the drills of a runbook prove, measured by the last one that came to an end. Times are milliseconds since 1970. */
export interface DrillProof {
  readonly proof: Proof;
  readonly changes: readonly string[];
  readonly last?: RunRecord;
  /** When the next drill is due: `drill_every` after the last one that succeeded. */
  readonly dueAtMs?: number;
  readonly rto: MeasuredObjective;
  readonly rpo: MeasuredObjective;
}

/**
 * Judges drills: the last one must have succeeded with its cleanup, within `drill_every`, and nothing may have changed since. A drill that
 * was refused or cancelled neither proves nor disproves anything.
 */
export function proveByDrills({ drills, objectives, changes, nowMs }: DrillFacts): DrillProof {
  const tried = drills.filter(({ state }) => TRIED.includes(state));
  const [last] = tried;
  const succeeded = tried.find(({ state }) => state === 'succeeded');
  const every = objectives?.drillEveryMs;
  const dueAtMs = every === undefined || succeeded?.endedAtMs === undefined ? undefined : succeeded.endedAtMs + every;
  return {
    proof: proofOf({ last, dueAtMs, changes, nowMs }),
    changes: last?.state === 'succeeded' ? changes : [],
    rto: last === undefined ? unmeasured(objectives?.rtoMs) : measured(judgeRto(last.clock, objectives)),
    rpo: last === undefined ? unmeasured(objectives?.rpoMs) : graded(judgeRpo(last.rpoMs === undefined ? [] : [last.rpoMs], objectives)),
    ...(last === undefined ? {} : { last }),
    ...(dueAtMs === undefined ? {} : { dueAtMs }),
  };
}

/** How drills end that came to an end by themselves. */
const TRIED: readonly RunRecord['state'][] = ['succeeded', 'partially_failed', 'failed', 'timed_out'];

interface Standing {
  readonly last: RunRecord | undefined;
  readonly dueAtMs: number | undefined;
  readonly changes: readonly string[];
  readonly nowMs: number;
}

function proofOf({ last, dueAtMs, changes, nowMs }: Standing): Proof {
  if (last === undefined) return 'never';
  if (last.state !== 'succeeded') return 'failed';
  if (dueAtMs !== undefined && dueAtMs < nowMs) return 'overdue';
  return changes.length > 0 ? 'changed' : 'proven';
}

function measured({ targetMs, measuredMs, verdict }: ObjectiveVerdict): MeasuredObjective {
  return {
    verdict,
    ...(targetMs === undefined ? {} : { targetMs }),
    ...(measuredMs === undefined ? {} : { measuredMs }),
  };
}

// Of lost data it matters how much more it was than promised.
function graded(judged: ObjectiveVerdict): MeasuredObjective {
  const plain = measured(judged);
  const { targetMs, measuredMs } = plain;
  if (plain.verdict !== 'breached' || targetMs === undefined || measuredMs === undefined) return plain;
  if (measuredMs <= 2 * targetMs) return { ...plain, verdict: 'exceeded' };
  return { ...plain, verdict: measuredMs <= 4 * targetMs ? 'severe' : 'critical' };
}

function unmeasured(targetMs: number | undefined): MeasuredObjective {
  return { verdict: 'not_measured', ...(targetMs === undefined ? {} : { targetMs }) };
}
