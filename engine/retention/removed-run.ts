import type { AuditEntry, AuditFact } from '../audit/chain.ts';
import type { RunId } from '../ids.ts';
import type { JsonObject } from '../json.ts';
import type { RunRecord } from '../run/record.ts';

const EVENT = 'run.removed';

/** What the chain of the installation tells of a run that is gone. Times are milliseconds since 1970. */
export interface RemovedFacts {
  readonly runId: RunId;
  readonly number: number;
  readonly runbook: string;
  readonly environment: string;
  readonly state: string;
  readonly endedAtMs: number;
  readonly planHash: string;
  /** The last entry of its own chain, and how many there were: a copy of it can still be held against this. */
  readonly auditHead: string;
  readonly auditSeq: number;
  readonly removedAtMs: number;
  readonly entrySeq: number;
}

/** The fact that runs of readiness checks are removed at `atMs` because they have ended longer than `keepMs` ago. */
export function removalFact({ runs, keepMs }: { readonly runs: readonly RunRecord[]; readonly keepMs: number }, atMs: number): AuditFact {
  const told = runs.map(({ runId, number, runbook, environment, state, endedAtMs, planHash, auditHead, auditSeq }) => ({
    run: runId,
    number,
    runbook,
    environment,
    state,
    endedAtMs: endedAtMs ?? 0,
    planHash,
    auditHead,
    auditSeq,
  }));
  const data: JsonObject = { reason: 'retention', keepMs, count: runs.length, runs: told };
  return { at: atMs, actor: 'runward', event: EVENT, data };
}

/** What an entry tells of one of the runs that it names; undefined when it is about something else. */
export function removedFacts(entry: AuditEntry | undefined, runId: RunId): RemovedFacts | undefined {
  if (entry?.event !== EVENT) return undefined;
  const runs = (entry.data['runs'] ?? []) as unknown as readonly (Omit<RemovedFacts, 'runId' | 'removedAtMs' | 'entrySeq'> & {
    readonly run: RunId;
  })[];
  const found = runs.find(({ run }) => run === runId);
  if (found === undefined) return undefined;
  const { run, ...facts } = found;
  return { ...facts, runId: run, removedAtMs: entry.at, entrySeq: entry.seq };
}
