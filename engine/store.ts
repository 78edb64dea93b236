import type { AuditEntry } from './audit/chain.ts';
import type { DriftRecord } from './dsc/drift-record.ts';
import type { GateStore } from './gates/gate-store.ts';
import type { RunId } from './ids.ts';
import type { JsonObject } from './json.ts';
import type { Signature } from './ports.ts';
import type { RemovalStore } from './retention/removal-store.ts';
import type { Principal, RunFields, RunRecord, StepRecord } from './run/record.ts';
import type { RunState } from './run/run-state.ts';
import type { StepState } from './run/step-state.ts';
import type { ScheduleStore } from './schedule/stored-schedule.ts';

/**
 * The stored truth about runs, published runbooks and plans. Every change of a run is one atomic call that is fenced by epoch, claim
 * token, version and audit head; a rejection changes nothing. All times are milliseconds of the store's own clock.
 * Throws STORE_UNAVAILABLE when the store does not answer and STORE_UNCONFIRMED when a write is not known to be durable.
 */
export interface Store extends ScheduleStore, GateStore, RemovalStore {
  readonly create: (request: CreateRequest) => Promise<CreateAnswer>;
  readonly claim: (request: ClaimRequest) => Promise<ClaimAnswer>;
  readonly renew: (runId: RunId, fence: Fence, leaseMs: number) => Promise<RenewAnswer>;
  readonly transition: (request: TransitionRequest) => Promise<TransitionAnswer>;
  readonly release: (
    runId: RunId,
    fence: Fence,
    wakeAtMs: number,
  ) => Promise<{ readonly kind: 'released'; readonly nowMs: number } | Stale>;
  readonly command: (runId: RunId, command: SignedCommand) => Promise<CommandAnswer>;
  /** Makes a run due now because something that it waits for has happened, also when its holder gives it back for later. Does nothing to an ended run. */
  readonly nudge: (runId: RunId) => Promise<void>;

  readonly readRun: (runId: RunId) => Promise<StoredRun | undefined>;
  readonly readPlan: (runId: RunId) => Promise<StoredPlan | undefined>;
  readonly readInbox: (runId: RunId, after: number) => Promise<readonly InboxEntry[]>;
  readonly readAudit: (runId: RunId) => Promise<readonly AuditEntry[]>;
  /** Events with numbers above `after`, in order, at most `limit`. */
  readonly readEvents: (runId: RunId, after: number, limit: number) => Promise<readonly RunEvent[]>;
  /** Resolves when the run has an event above `after`, or after `waitMs`, or when the signal aborts. */
  readonly awaitEvents: (runId: RunId, after: number, waitMs: number, signal: AbortSignal) => Promise<void>;
  /** Newest first; `before` is the number of the last run of the page before. */
  readonly listRuns: (query: RunListQuery) => Promise<readonly RunRecord[]>;
  readonly findRun: (reference: string) => Promise<RunId | undefined>;

  /** Resolves with the number of the last line of the run's log. */
  readonly appendLog: (runId: RunId, lines: readonly LogLine[]) => Promise<number>;
  readonly readLog: (runId: RunId, query: LogQuery) => Promise<LogPage>;

  readonly lock: (lockIds: readonly string[], runId: RunId) => Promise<LockAnswer>;
  readonly unlock: (lockIds: readonly string[], runId: RunId) => Promise<void>;
  /** Every lock that is held, sorted by its id. */
  readonly listLocks: () => Promise<readonly HeldLock[]>;

  /** Runs that somebody should look at now: due, not ended and without a live lease. */
  readonly due: (limit: number) => Promise<readonly RunId[]>;
  /** Rebuilds the index of due runs from the records; returns how many runs are not ended. */
  readonly sweep: () => Promise<number>;

  readonly putRunbooks: (documents: readonly StoredDocument[]) => Promise<void>;
  readonly listDocuments: () => Promise<readonly StoredDocument[]>;
  readonly putPlan: (planHash: string, plan: StoredPlan, keepMs: number) => Promise<void>;
  readonly getPlan: (planHash: string) => Promise<StoredPlan | undefined>;

  /** Remembers for so many milliseconds that a limit of Azure is used up; the later end of two counts. A hint: it may be lost. */
  readonly closeLimit: (bucket: string, forMs: number) => Promise<void>;
  /** The limits that are used up, at most a thousand, each with the milliseconds that it still is. */
  readonly closedLimits: () => Promise<readonly { readonly bucket: string; readonly forMs: number }[]>;

  /** Keeps what is known of an API token, by the public part of its text; never the token itself. */
  readonly putToken: (id: string, token: JsonObject) => Promise<void>;
  readonly readToken: (id: string) => Promise<JsonObject | undefined>;
  readonly listTokens: () => Promise<readonly JsonObject[]>;
  /** Answers false when there was none. */
  readonly deleteToken: (id: string) => Promise<boolean>;

  /** What is known of one machine and one configuration document. */
  readonly readDrift: (key: string) => Promise<DriftRecord | undefined>;
  /** Sorted by key. */
  readonly listDrift: () => Promise<readonly DriftRecord[]>;
  /** Stores a record over the one whose `rev` is one lower (0: none); answers false, and changes nothing, when another is there. */
  readonly writeDrift: (record: DriftRecord) => Promise<boolean>;
  /** Keeps a verdict or the evidence behind it under the digest of its text. */
  readonly putDriftText: (digest: string, text: string, keepMs: number) => Promise<void>;
  readonly readDriftText: (digest: string) => Promise<string | undefined>;

  /** The last entry of the chain of the installation; undefined when there is none. */
  readonly systemAuditHead: () => Promise<{ readonly seq: number; readonly hash: string } | undefined>;
  /** Appends an entry that follows the head; answers false, and changes nothing, when another one came first. */
  readonly appendSystemAudit: (entry: AuditEntry) => Promise<boolean>;
  /** Entries with numbers above `after`, in order, at most `limit`. */
  readonly readSystemAudit: (after: number, limit: number) => Promise<readonly AuditEntry[]>;
  /** Keeps the answer to a request under its id unless there is one; answers the text that is kept. */
  readonly keepAnswer: (id: string, text: string, keepMs: number) => Promise<string>;
  readonly readAnswer: (id: string) => Promise<string | undefined>;

  readonly beatWorker: (beat: WorkerBeat, keepMs: number) => Promise<void>;
  readonly listWorkers: () => Promise<readonly WorkerBeat[]>;
  readonly nowMs: () => Promise<number>;
  readonly durability: () => Promise<Durability>;
  /** The tier as it was last judged, at most a minute ago. */
  readonly tier: () => Durability['tier'];
  readonly close: () => Promise<void>;
}

/** Who may write a run: both must equal the stored ones. */
export interface Fence {
  readonly epoch: string;
  readonly claim: string;
}

export interface Stale {
  readonly kind: 'stale';
}

/** `initial` has no number and no createdAtMs: the store gives both. */
export interface CreateRequest {
  readonly runId: RunId;
  readonly schema: number;
  readonly fields: Omit<RunFields, 'number' | 'createdAtMs' | 'tier'>;
  readonly plan: StoredPlan;
  readonly steps: readonly StepRecord[];
  /** The first entry of the chain (sequence number 1). */
  readonly audit: AuditEntry;
  readonly event: EventDraft;
}

/** `exists` means the same run was accepted before: a success. `conflict`: the id stands for another plan or requester. */
export type CreateAnswer =
  | { readonly kind: 'created' | 'exists'; readonly number: number; readonly nowMs: number }
  | { readonly kind: 'conflict' }
  | { readonly kind: 'busy' };

export interface ClaimRequest {
  readonly runId: RunId;
  readonly worker: string;
  readonly claim: string;
  readonly leaseMs: number;
  readonly schemaMin: number;
  readonly schemaMax: number;
}

export type ClaimAnswer =
  | { readonly kind: 'claimed'; readonly fence: Fence; readonly stored: StoredRun; readonly nowMs: number }
  | { readonly kind: 'absent' | 'ended' | 'unsupported' }
  | { readonly kind: 'held' | 'early'; readonly untilMs: number };

export type RenewAnswer =
  | { readonly kind: 'renewed'; readonly leaseUntilMs: number; readonly nowMs: number; readonly inboxLength: number }
  | Stale;

/** One step's change. `from` undefined: the record must not exist yet. Fields named in `stamp` get the store's time, for the record as stored. */
export interface StepPatch {
  readonly from: StepState | undefined;
  readonly fromRev: number;
  readonly record: StepRecord;
  readonly stamp: readonly (keyof StepRecord & `${string}AtMs`)[];
}

/** One change of a run: applied whole or not at all. */
export interface TransitionRequest {
  /** 32 hex digits; the same txId again returns the first answer, so that a lost reply is not an error. */
  readonly txId: string;
  readonly runId: RunId;
  readonly fence: Fence;
  readonly version: number;
  readonly state: { readonly from: RunState; readonly to: RunState };
  /** Only the fields that change; null removes a field. */
  readonly fields: { readonly [K in keyof RunFields]?: RunFields[K] | null };
  readonly stampFields: readonly (keyof RunFields & `${string}AtMs`)[];
  readonly steps: readonly StepPatch[];
  readonly audit: readonly AuditEntry[];
  readonly auditHead: string;
  readonly events: readonly EventDraft[];
  /** The lease is kept at least until now + this; 0 leaves it. */
  readonly leaseFloorMs: number;
  /** True when a patch writes an intent: refused as `late` once the lease has expired. */
  readonly writesIntent: boolean;
  readonly inboxPosition: number;
  /** When somebody must look at the run again should its holder vanish (a hint). */
  readonly wakeAtMs: number;
}

export type TransitionAnswer =
  | {
      readonly kind: 'applied';
      readonly version: number;
      readonly nowMs: number;
      readonly leaseUntilMs: number;
      readonly eventSeq: number;
      /** How many words people have said to the run so far. */
      readonly inboxLength: number;
    }
  | Stale
  | { readonly kind: 'late' | 'version' | 'step' | 'edge' | 'audit'; readonly detail: string };

/** A person's word to a run, signed by the server that accepted it. `body` is canonical JSON of a Command. */
export interface SignedCommand {
  readonly id: string;
  readonly body: string;
  readonly signature: Signature;
}

export type CommandAnswer = { readonly kind: 'accepted' | 'exists'; readonly position: number } | { readonly kind: 'ended' | 'absent' };

export interface InboxEntry extends SignedCommand {
  readonly position: number;
  readonly atMs: number;
}

export interface StoredRun {
  readonly run: RunRecord;
  readonly steps: readonly StepRecord[];
  readonly inbox: readonly InboxEntry[];
  readonly nowMs: number;
}

/** Canonical plan text, its SHA-256 and the server's signature over hash, run, requester and environment. */
export interface StoredPlan {
  readonly text: string;
  readonly hash: string;
  readonly signature: Signature;
  /** When a plan was kept that waits to be started, milliseconds since 1970; its signature covers it. */
  readonly keptAtMs?: number;
}

/** An event before the store has numbered it. */
export interface EventDraft {
  readonly type: string;
  readonly step?: string;
  readonly item?: string;
  readonly data: JsonObject;
}

/** A numbered line of a run's history: numbers rise by one and have no gaps. */
export interface RunEvent extends EventDraft {
  readonly seq: number;
  readonly atMs: number;
}

export interface RunListQuery {
  readonly limit: number;
  readonly before?: number;
  readonly states?: readonly RunState[];
  readonly runbook?: string;
  readonly purposes?: readonly RunFields['purpose'][];
}

export interface LogLine {
  readonly atMs: number;
  readonly step: string;
  readonly item?: string;
  readonly stream: 'stdout' | 'stderr' | 'engine';
  readonly text: string;
}

export interface LogQuery {
  /** First line number wanted; negative counts from the end. */
  readonly from: number;
  readonly limit: number;
  /** How many of the matching lines to leave out, beginning with the first that is kept; wins over `from`. */
  readonly skip?: number;
  readonly step?: string;
  readonly item?: string;
}

export interface LogPage {
  readonly lines: readonly (LogLine & { readonly n: number })[];
  /** All lines that the run ever had; `dropped` of them are not here. */
  readonly total: number;
  readonly dropped: number;
  /** How many lines that are here match the query. */
  readonly matching: number;
  /** `tail`: only the newest lines are kept where this was read; `files`: the whole log up to its bound. */
  readonly kept: 'files' | 'tail';
}

/** A target that a run holds, since when (milliseconds of the store's clock). */
export interface HeldLock {
  readonly lockId: string;
  readonly runId: RunId;
  readonly sinceMs: number;
}

export type LockAnswer =
  | { readonly kind: 'locked' }
  | { readonly kind: 'held'; readonly by: RunId; readonly lockId: string; readonly sinceMs: number };

/** A published runbook or inventory: its text by path, with the digest of the text. */
export interface StoredDocument {
  readonly path: string;
  readonly text: string;
  readonly digest: string;
  /** Who published this text: webhooks of a runbook act with the rights of that person. */
  readonly writer?: Principal;
}

export interface WorkerBeat {
  readonly worker: string;
  readonly version: string;
  readonly host: string;
  readonly startedAtMs: number;
  readonly atMs: number;
  readonly runs: number;
  /** Why this worker changes nothing: its own file or variable, or a switch that it cannot read. */
  readonly stopped?: string;
  readonly ticketStore: string;
}

/** What the store promises about what it has accepted, as read from its configuration. */
export interface Durability {
  readonly tier: 'gold' | 'silver' | 'none';
  readonly server: string;
  readonly findings: readonly string[];
}
