import type { EffectClass, Severity } from '../actions/action.ts';
import type { JsonObject, JsonValue } from '../json.ts';
import type { Purpose, Runbook, WindowDefinition } from '../language/runbook.ts';
import type { PlannedMachine, Target } from '../target.ts';

/** How a plan shows a step: reads only, changes what is known now, cannot be predicted, or waits. */
export type PlanRowKind = 'READ' | 'MUTATES' | 'UNKNOWN' | 'GATE';

/** One line of a plan as shown to people. */
export interface PlanRow {
  readonly kind: PlanRowKind;
  readonly path: string;
  readonly name: string;
  readonly section: 'readiness' | 'steps' | 'finally';
  readonly depth: number;
  /** For steps that run only when something failed: what they belong to. */
  readonly role?: 'rollback' | 'on_failure';
  readonly action: string;
  /** Number of targets or items, where it is known now. */
  readonly targets?: number;
  /** Sizes of the waves of its rollout, or of the block that begins with this step, where they are known now. */
  readonly waves?: readonly number[];
  readonly effect?: EffectClass;
  readonly severity?: Severity;
  /** Why the step is UNKNOWN, or who decides a GATE and until when. */
  readonly note?: string;
  /** What `if` will do, as far as it is known now. */
  readonly condition: 'always' | 'never' | 'depends';
  /** The runbook that a `call` starts: its own rows stand below this one and are the ones that count. */
  readonly calls?: string;
}

/** How the targets of a set were drawn from more: `of` is how many there were. */
export interface DrawnSample {
  readonly of: number;
  readonly weight: 'none' | 'restore_test_age';
  readonly seed: string;
}

/** A target set with its members as resolved when the plan was made. */
export interface PlannedSet {
  readonly planId?: string;
  readonly sample?: DrawnSample;
  readonly onEmpty: 'fail' | 'skip';
  readonly onUnreachable: 'fail' | 'record';
  readonly targets: readonly Target[];
}

/** The machines of a target set before `where`, `sample` and `max`. */
export interface SetMembers {
  readonly planId?: string;
  readonly targets: readonly Target[];
  /** When machines were last restored and proved, by id in lower case; only for samples that are drawn by it. */
  readonly testedAtMs?: Readonly<Record<string, number>>;
}

/** A runbook with everything beside its inputs that a plan of it is made from: nothing is looked up again later. */
export interface PinnedRunbook {
  readonly path: string;
  readonly digest: string;
  readonly definition: Runbook;
  /** By target set; a draft leaves out sets that only Azure can tell. */
  readonly members: Readonly<Record<string, SetMembers>>;
  /** Digests of inventories and configuration documents, by path. */
  readonly documents: Readonly<Record<string, string>>;
  /** Texts of configuration documents, by path. */
  readonly configurations: Readonly<Record<string, string>>;
  /** Windows of the calendars that it names, by name. */
  readonly calendars: Readonly<Record<string, readonly WindowDefinition[]>>;
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
  /** Every machine that a recovery plan held when this plan was made, also those that a set leaves out, by the recovery plan's ARM id in lower case. */
  readonly recoveryPlans?: Readonly<Record<string, readonly PlannedMachine[]>>;
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
  /** The runbooks that it calls, directly or not, by name: their version and machines are those of this plan. */
  readonly calls?: Readonly<Record<string, PinnedRunbook>>;
  /** How much faster than Azure the simulated estate runs; absent for the real one. */
  readonly simulatedScale?: number;
  /** What a reader must know: notices that go to the log. */
  readonly notes: readonly string[];
}

/** Counts of a plan's rows by kind, for one-line summaries. */
export function countRows(rows: readonly PlanRow[]): Readonly<Record<PlanRowKind, number>> {
  const counts = { READ: 0, MUTATES: 0, UNKNOWN: 0, GATE: 0 };
  for (const row of rows) if (row.calls === undefined) counts[row.kind] += 1;
  return counts;
}
