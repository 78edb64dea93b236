import type { AuditEntry } from '../audit/chain.ts';
import type { RunId } from '../ids.ts';
import type { RunRecord } from '../run/record.ts';

/** What the store keeps and gives up of runs that made readiness checks alone. Runs of any other purpose are never removed. */
export interface RemovalStore {
  /** Runs of readiness checks that have ended and have numbers above `after`, the oldest first, at most `limit`. */
  readonly endedChecks: (after: number, limit: number) => Promise<readonly RunRecord[]>;
  /** Marks an ended run as one that something outside refers to, such as handed-out evidence; false when there is none. It is never removed then. */
  readonly referTo: (runId: RunId) => Promise<boolean>;
  /**
   * Removes runs with everything that is kept of them and appends the entry that tells so to the chain of the installation: all of it or
   * nothing. The store's clock decides whether a run is old enough.
   */
  readonly removeRuns: (request: RemovalRequest) => Promise<RemovalAnswer>;
  /** Which entry of the chain of the installation tells of a removed run, by its number, its id or the beginning of it. */
  readonly findRemoved: (reference: string) => Promise<RemovedRun | undefined>;
}

/** A run as it was seen by whoever decided that it can go. */
export interface Removal {
  readonly runId: RunId;
  readonly version: number;
  readonly auditHead: string;
  /** Ended runs of checks of the same runbook with higher numbers, which tell what this one told; without one it stays. */
  readonly newer: readonly RunId[];
}

export interface RemovalRequest {
  readonly runs: readonly Removal[];
  /** A run stays for this long after its end. */
  readonly keepMs: number;
  /** Follows the head of the chain of the installation and names the runs. */
  readonly entry: AuditEntry;
}

/** `behind`: another entry came first. `kept`: this run stays, and nothing was removed. */
export type RemovalAnswer =
  | { readonly kind: 'removed' | 'behind' }
  | { readonly kind: 'kept'; readonly runId: RunId; readonly why: KeptBecause };

/** Why a run stays. `unread`: a word to it was not applied; `tied`: a caller, a group or a cleanup that was given up; `newest`: nothing newer tells what it told. */
export type KeptBecause = 'absent' | 'purpose' | 'open' | 'changed' | 'young' | 'unread' | 'tied' | 'referred' | 'newest';

export interface RemovedRun {
  readonly runId: RunId;
  readonly entrySeq: number;
}
