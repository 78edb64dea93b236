import type { EffectClass, Severity } from '../actions/action.ts';
import type { JsonObject, JsonValue } from '../json.ts';
import type { Purpose, Runbook, WindowDefinition } from '../language/runbook.ts';
import type { Target } from '../target.ts';

/** How a plan shows a step: reads only, changes what is known now, cannot be predicted, or waits. */
export type PlanRowKind = 'READ' | 'MUTATES' | 'UNKNOWN' | 'GATE';

/** One line of a plan as shown to people. */
export interface PlanRow {
  readonly kind: PlanRowKind;
  readonly path: string;
  readonly name: string;
  readonly section: 'readiness' | 'steps' | 'finally';
  readonly depth: number;
  readonly action: string;
  /** Number of targets or items, where it is known now. */
  readonly targets?: number;
  readonly effect?: EffectClass;
  readonly severity?: Severity;
  /** Why the step is UNKNOWN, or who decides a GATE and until when. */
  readonly note?: string;
  /** What `if` will do, as far as it is known now. */
  readonly condition: 'always' | 'never' | 'depends';
}

/** A target set with its members as resolved when the plan was made. */
export interface PlannedSet {
  readonly planId?: string;
  readonly onEmpty: 'fail' | 'skip';
  readonly onUnreachable: 'fail' | 'record';
  readonly targets: readonly Target[];
}

/** A resolved, immutable proposal of a run. Everything here is hashed; requester, reason, time and secret values are not in it. */
export interface Plan {
  readonly schema: 1;
  readonly engine: string;
  readonly runbookDigest: string;
  readonly runbookPath: string;
  readonly definition: Runbook;
  readonly purpose: Purpose;
  readonly environment: string;
  /** Checked inputs in stored form; secrets as references. */
  readonly inputs: JsonObject;
  readonly vars: Readonly<Record<string, JsonValue>>;
  readonly sets: Readonly<Record<string, PlannedSet>>;
  readonly rows: readonly PlanRow[];
  readonly severity: Severity;
  /** Effect class of each action used, by name@major: a worker with another table does not take the run. */
  readonly actions: Readonly<Record<string, EffectClass>>;
  /** Digests of inventories, calendars and configuration documents used, by path. */
  readonly documents: Readonly<Record<string, string>>;
  /** Windows of the calendars that the runbook names, by name. Freezes are not pinned: they hold runs that were planned before. */
  readonly calendars?: Readonly<Record<string, readonly WindowDefinition[]>>;
  /** Texts of the configuration documents used, by path: the run tests what was planned, whatever is published later. */
  readonly configurations?: Readonly<Record<string, string>>;
  /** How much faster than Azure the simulated estate runs; absent for the real one. */
  readonly simulatedScale?: number;
  /** What a reader must know: notices that go to the log. */
  readonly notes: readonly string[];
}

/** Counts of a plan's rows by kind, for one-line summaries. */
export function countRows(rows: readonly PlanRow[]): Readonly<Record<PlanRowKind, number>> {
  const counts = { READ: 0, MUTATES: 0, UNKNOWN: 0, GATE: 0 };
  for (const row of rows) counts[row.kind] += 1;
  return counts;
}
