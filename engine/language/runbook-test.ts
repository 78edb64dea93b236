import type { JsonObject, JsonValue } from '../json.ts';
import type { Place, Purpose } from './runbook.ts';
import type { CaseSource, FAILURE_KINDS } from './schema-test.ts';
import type { Segment } from './tree.ts';

/** A checked test of a runbook. */
export interface RunbookTest {
  readonly path: string;
  readonly runbook: string;
  readonly cases: readonly TestCase[];
}

/** What a case says of a machine; what it leaves out follows from the target set. */
export type MachineEntry = NonNullable<CaseSource['targets']>[string][number];

/** One case with the defaults merged in. Times are milliseconds. */
export interface TestCase {
  readonly name: string;
  readonly nowMs: number;
  readonly purpose?: Purpose;
  readonly inputs: JsonObject;
  readonly targets: Readonly<Record<string, readonly MachineEntry[]>>;
  /** By step id: one mock for each attempt, the last repeats. */
  readonly mocks: Readonly<Record<string, readonly Mock[]>>;
  readonly events: readonly TestEvent[];
  readonly expect: NonNullable<CaseSource['expect']>;
  readonly at: Place;
  /** Where a value of the case is written, in the case itself or in the defaults. */
  readonly placeOf: (path: readonly Segment[]) => Place;
}

/** How an attempt of a step ends, or what people say. Durations are milliseconds. */
export type Mock = (
  | { readonly kind: 'answer'; readonly result: Readonly<Record<string, JsonValue>>; readonly produced: readonly MachineEntry[] }
  | {
      readonly kind: 'fail';
      readonly failure: MockFailure;
      readonly result: Readonly<Record<string, JsonValue>>;
    }
  | { readonly kind: 'unknown' | 'unreachable' | 'no_answer' }
  | { readonly kind: 'already_done'; readonly result: Readonly<Record<string, JsonValue>> }
  | { readonly kind: 'people'; readonly words: readonly PersonWord[] }
) & {
  readonly durationMs: number;
  /** Other mocks for single items, by their key. */
  readonly items: Readonly<Record<string, readonly Mock[]>>;
};

/** The failure that a mock gives; the kinds are those that a runbook reads in `error.kind`. */
export interface MockFailure {
  readonly kind?: (typeof FAILURE_KINDS)[number];
  readonly message?: string;
  readonly exitCode?: number;
}

/** What one person says, and when after being asked. */
export interface PersonWord {
  readonly answer: 'approve' | 'deny' | 'done';
  readonly by: string;
  readonly groups: readonly string[];
  readonly afterMs: number;
  readonly reason?: string;
  readonly form?: JsonObject;
}

/** Something that happens to the run. */
export interface TestEvent {
  readonly when:
    | { readonly kind: 'at'; readonly atMs: number }
    | { readonly kind: 'step'; readonly step: string; readonly is: string; readonly item?: string; readonly afterMs: number };
  readonly do: NonNullable<CaseSource['events']>[number]['do'];
  /** Of a cancel: what was done is undone. */
  readonly rollback: boolean;
  readonly step?: string;
  readonly as?: 'succeeded' | 'failed' | 'again' | 'rollback';
  /** How long the store does not answer or the kill switch is on, in milliseconds. */
  readonly forMs?: number;
  readonly at: Place;
}
