import type { EffectClass, Failure, Handle } from '../actions/action.ts';
import type { RunId, StepKey } from '../ids.ts';
import type { Hold, HoldWord } from '../gates/hold.ts';
import type { JsonObject, JsonValue } from '../json.ts';
import type { Purpose } from '../language/runbook.ts';
import type { Observation } from '../ports.ts';
import type { Target } from '../target.ts';
import type { RunOutcome, RunState } from './run-state.ts';
import type { StepState } from './step-state.ts';

/** The part of a plan that is under way. */
export type RunPhase = 'readiness' | 'main' | 'rollback' | 'finally';

/** Who acts: a person, a token or the local person of a loopback server. */
export interface Principal {
  readonly id: string;
  readonly name: string;
  readonly kind: 'local' | 'token' | 'engine';
  readonly groups: readonly string[];
}

/** The run that called this one. `step` is the path of its `call` step, `ancestors` are all runs above, the first one first. */
export interface ParentRun {
  readonly runId: RunId;
  readonly number: number;
  readonly runbook: string;
  readonly step: string;
  readonly ancestors: readonly RunId[];
  /** The caller's own time: this run ends then at the latest. */
  readonly endByMs?: number;
}

/** A measured clock. Open intervals in which every open branch waited for a person are left out of `activeMs`. */
export interface ObjectiveClock {
  readonly startedAtMs?: number;
  readonly stoppedAtMs?: number;
  /** Milliseconds of finished intervals in which the run waited only for people. */
  readonly waitedMs: number;
  readonly waitingSinceMs?: number;
}

/** Why a run stands still: a person's word, the kill switch, a failure that its step wants a person to look at, or runward itself, which no plain resume may end. */
export interface RunPause {
  readonly cause: 'person' | 'killed' | 'failure' | 'parked';
  readonly by: string;
  readonly reason?: string;
  readonly atMs: number;
}

/** A person's wish to end a run. `force` gives up what is left of rollback and `finally`. */
export interface RunCancel {
  readonly by: string;
  readonly reason?: string;
  readonly atMs: number;
  readonly rollback?: boolean;
  readonly force?: boolean;
}

/** The ended run that a run goes on from; `number` is how people name it. */
export interface RetryOf {
  readonly runId: RunId;
  readonly number: number;
  readonly mode: 'failed' | 'from' | 'only' | 'rollback';
  readonly step?: string;
}

/** The stored truth about a run that the engine writes. Times are milliseconds since 1970 of the store's clock. */
export interface RunFields {
  readonly number: number;
  readonly runbook: string;
  readonly title: string;
  readonly purpose: Purpose;
  readonly environment: string;
  readonly planHash: string;
  readonly requester: Principal;
  readonly trigger: string;
  /** The due instant that a schedule started it for. */
  readonly slotMs?: number;
  /** When the run of that slot was to start: the slot and its jitter. Absent where nobody is told that it is late. */
  readonly slotDueAtMs?: number;
  /** What a webhook's message said. */
  readonly triggerBody?: JsonObject;
  readonly parent?: ParentRun;
  readonly reasonGiven?: string;
  /** When the outage began that this failover answers, by the word of whoever started it: what was written since is not there to be lost. */
  readonly outageAtMs?: number;
  /** When the plan was made that the run was started from by its hash: what it saw of its targets is as old as that. */
  readonly plannedAtMs?: number;
  /** SHA-256 of the request that started the run: the same key with another body is refused. */
  readonly requestDigest?: string;
  readonly phase: RunPhase;
  readonly outcome?: RunOutcome;
  readonly reason?: string;
  /** The group of runs that it belongs to. */
  readonly group?: string;
  /** Its failover may pass freezes: whoever started it had the permission. */
  readonly freezeExempt?: boolean;
  /** What keeps an accepted run from its start. */
  readonly hold?: Hold;
  readonly createdAtMs: number;
  readonly startedAtMs?: number;
  readonly endedAtMs?: number;
  readonly deadlineAtMs?: number;
  /** End of the budget that rollback and `finally` share. */
  readonly finallyDeadlineAtMs?: number;
  /** How the rollback of the whole run ended; absent when there was none. */
  readonly rollback?: 'complete' | 'failed';
  readonly clock: ObjectiveClock;
  /** Set once the recovery time has passed its objective while the clock still ran. */
  readonly rtoBreached?: boolean;
  /** How often the readiness checks were begun; absent means once. */
  readonly readinessRound?: number;
  /** Age of the oldest recovery point used so far, when a step reported one. */
  readonly rpoMs?: number;
  /** How far Azure's clock is ahead of ours, where that is more than people should not know of. */
  readonly azureAheadMs?: number;
  readonly outputs?: JsonObject;
  readonly cancel?: RunCancel;
  /** Nothing new starts while it stands; kept while a step is unknown, and applied once that is resolved. */
  readonly pause?: RunPause;
  /** Set when a person gave up rollback and `finally`: the target locks stay until a person releases them. */
  readonly cleanup?: 'incomplete';
  readonly retryOf?: RetryOf;
  readonly tier: 'gold' | 'silver' | 'none';
  readonly simulatedScale?: number;
  /** Where people reached the server that started it, when that was set. */
  readonly publicUrl?: string;
  readonly selfApproved?: boolean;
}

/** Lease, counters and heads: written by the store's scripts only. `epoch` is decimal text: it exceeds 2^53 in no clock of ours, but Lua prints 14 digits. */
export interface RunHeader {
  readonly runId: RunId;
  readonly schema: number;
  readonly state: RunState;
  readonly version: number;
  readonly epoch: string;
  readonly claim: string;
  readonly worker: string;
  readonly leaseUntilMs: number;
  readonly wakeAtMs: number;
  readonly strikes: number;
  readonly inboxPosition: number;
  readonly auditSeq: number;
  readonly auditHead: string;
  readonly eventSeq: number;
  /** How often something that the run waits for has said so; see `Store.nudge`. */
  readonly nudges?: number;
  /** Since when something outside refers to it: its evidence was handed out, or another run goes on from it. */
  readonly referredAtMs?: number;
}

/** A run as stored. */
export interface RunRecord extends RunHeader, RunFields {}

/** What kind of node a step record stands for: containers have records too, so that a crash cannot lose their verdict. */
export type NodeKind = 'leaf' | 'person' | 'timer' | 'assert' | 'undo' | 'sequence' | 'parallel' | 'fan_out';

/** A decision of one person about a gate or a manual step. */
export interface Decision {
  readonly by: Principal;
  readonly answer: 'approve' | 'deny' | 'done' | 'failed';
  readonly atMs: number;
  readonly reason?: string;
  readonly form?: JsonObject;
  /** A failed readiness check that this approval lets pass, for this run only. */
  readonly waive?: string;
  readonly self: boolean;
}

/** What people are told about a gate that waits: it ends soon, or others are asked for help. */
export type PersonNotice = 'reminded' | 'escalated';

/**
 * How far a node's `on_failure` is carried out. `handle`: its steps run; `retry`: it is tried again, a block after its work was undone;
 * `reopen`: a person has a block go on from the steps that failed; `rollback`: it is being undone, or asks the block around it to be;
 * `pause`: a person is asked. The others are final.
 */
export type FailureAnswer = 'handle' | 'retry' | 'reopen' | 'rollback' | 'rollback_run' | 'pause' | 'stop' | 'continue' | 'recover';

/** What a person decided about an unknown step or a failed one, and why. */
export interface Resolution {
  readonly by: string;
  readonly reason: string;
  readonly as: 'succeeded' | 'failed' | 'again' | 'adopt' | 'rollback';
}

/** One member of an opened fan-out, in order. */
export interface FanOutItem {
  readonly key: string;
  readonly target?: Target;
  readonly value?: JsonValue;
}

/** The stored truth about one step, item or container. Times are milliseconds since 1970 of the store's clock. */
export interface StepRecord {
  readonly path: string;
  readonly stepId: string;
  readonly itemKey?: string;
  readonly node: NodeKind;
  readonly key: StepKey;
  readonly state: StepState;
  readonly rev: number;
  readonly effect?: EffectClass;
  readonly target?: Target;
  readonly items?: readonly FanOutItem[];
  readonly generation: number;
  readonly attempt: number;
  readonly send: number;
  /** What a person had sent once more under a new key: its requests may have had their effect. */
  readonly earlier?: readonly { readonly key: StepKey; readonly attempt: number; readonly send: number }[];
  /** The send that a person wants to have once more, should it prove to have had no effect. */
  readonly againSend?: number;
  readonly createdAtMs?: number;
  readonly firstAttemptAtMs?: number;
  readonly intentAtMs?: number;
  readonly firstIntentAtMs?: number;
  readonly submittedAtMs?: number;
  readonly endedAtMs?: number;
  readonly deadlineAtMs?: number;
  readonly untilAtMs?: number;
  /** Not to be looked at before this time: next poll, retry, timer or reconcile. */
  readonly notBeforeMs?: number;
  readonly verifySinceMs?: number;
  /** When its work was asked to stop, because the run was. */
  readonly stopAskedAtMs?: number;
  readonly handle?: Handle;
  readonly before?: JsonObject;
  /** Evaluated arguments: secrets stand here as references. */
  readonly input?: JsonObject;
  readonly ended?: JsonObject;
  readonly result?: JsonObject;
  readonly outputs?: JsonObject;
  readonly produced?: readonly Target[];
  readonly changed?: boolean;
  readonly adopted?: boolean;
  /** A finer word than the state: what a reader of the runbook's semantics sees. */
  readonly verdict?: 'partially_failed' | 'timed_out' | 'recovered' | 'rolled_back' | 'rollback_failed';
  readonly answer?: FailureAnswer;
  /** How often the node was opened again after it had failed, plus one; absent is 1. Its handler and its `finally` run once in each round. */
  readonly round?: number;
  /** How often `then: retry` was used. */
  readonly handlerRetries?: number;
  /** The handler of this round has run. */
  readonly handled?: boolean;
  /** Of a block or fan-out that is not closed yet: how its rollback ended. */
  readonly rolledBack?: 'complete' | 'failed';
  /** What undid this step: the id of an `undo` step or of the scope that was rolled back. Its rollback is spent. */
  readonly undoneBy?: string;
  /** Of a step that undoes another: which try to undo it was opened for. A further try opens it again where it has failed. */
  readonly openedFor?: string;
  readonly resolution?: Resolution;
  readonly reason?: string;
  /** Since when a step waits for a lock that another run holds. */
  readonly lockWaitSinceMs?: number;
  /** When a named lock is asked for again. */
  readonly lockLookAtMs?: number;
  /** What holds a ready step; `reason` says it in a sentence. */
  readonly held?: HoldWord;
  readonly error?: Failure;
  readonly percent?: number;
  /** Operations at the target that may be the effect of an unknown step; absent where nothing can be followed by name. */
  readonly candidates?: readonly string[];
  readonly decisions?: readonly Decision[];
  /** What people were told about a gate that waits. */
  readonly noticed?: readonly PersonNotice[];
  readonly message?: string;
  readonly observations: readonly Observation[];
  /** Number of the run whose result this is: a retry carries finished steps over. */
  readonly keptFrom?: number;
}

/** Everything that is stored about a run and that decisions are made from. */
export interface RunView {
  readonly run: RunRecord;
  readonly steps: ReadonlyMap<string, StepRecord>;
}
