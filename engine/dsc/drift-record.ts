import type { JsonObject, JsonValue } from '../json.ts';
import type { DriftSeverity } from './instance.ts';
import type { DriftStatus } from './verdict.ts';

/** Why a difference exists, from the history of its property. */
export type DriftClass = 'initial' | 'intentional' | 'unauthorised';

/** What the last verdict that knew a property said about it. Times are milliseconds since 1970. */
export interface KnownProperty {
  readonly id: string;
  readonly path: string;
  readonly drifted: boolean;
  readonly desired: JsonValue;
  readonly actual?: JsonValue;
  readonly engine: string;
  readonly class?: DriftClass;
  readonly cause?: 'document' | 'engine';
  readonly documentChanged?: boolean;
  readonly firstSeenMs?: number;
  /** The same difference as in the check before. */
  readonly persisting?: boolean;
  readonly code: string;
  readonly phrase: string;
  readonly severity: DriftSeverity;
}

/** A difference that is no more: changed at the machine, or no longer wanted by the document. */
export interface ResolvedDrift {
  readonly id: string;
  readonly path: string;
  readonly class: DriftClass;
  /** `set` is a set of this document by runward. */
  readonly by: 'document' | 'set' | 'elsewhere';
  readonly firstSeenMs: number;
  readonly atMs: number;
}

/** One check of one machine. Without a verdict the machine was not observed, and `message` says why. */
export interface DriftCheckEntry {
  /** Step key and attempt: a check that is recorded twice stays one. */
  readonly check: string;
  readonly runId: string;
  readonly runbook: string;
  readonly stepPath: string;
  readonly atMs: number;
  readonly status: DriftStatus;
  readonly drifted: number;
  readonly unknown: number;
  readonly severity: DriftSeverity | 'none';
  readonly class?: DriftClass;
  readonly verdict?: string;
  readonly evidence?: string;
  readonly message?: string;
}

/** Everything that is kept about one machine, one document and one set of parameters. */
export interface DriftRecord {
  readonly schema: 1;
  readonly key: string;
  /** Rises by one with every write. */
  readonly rev: number;
  readonly document: string;
  /** What steps give the document; absent when they give nothing. */
  readonly parameters?: JsonObject;
  readonly target: { readonly name: string; readonly id: string; readonly environment: string };
  readonly status: DriftStatus;
  readonly sinceMs: number;
  readonly lastCompliantAtMs?: number;
  readonly known: readonly KnownProperty[];
  /** Properties that the last check could not observe. */
  readonly unobserved: readonly { readonly id: string; readonly path: string; readonly code: string; readonly phrase: string }[];
  /** Newest last. */
  readonly resolved: readonly ResolvedDrift[];
  readonly checks: readonly DriftCheckEntry[];
}
