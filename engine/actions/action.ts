import type { z } from 'zod';
import type { RunId, StepKey } from '../ids.ts';
import type { JsonObject } from '../json.ts';
import type { Observation, Ports } from '../ports.ts';
import type { PlannedMachine, Target } from '../target.ts';
import type { ResultFields } from '../values.ts';

/** What an action may do to the world; decides precheck, reconcile and what a plan shows. There is no default. */
export type EffectClass = 'read' | 'named' | 'guarded' | 'blind';

/** How much care a start needs; derived from the actions of a plan. */
export type Severity = 'mild' | 'moderate' | 'severe';

/** Which targets an action takes: `machine` is anything with `via`. */
export type ActionTarget = 'vm' | 'item' | 'machine' | 'machine-or-none' | 'none';

/** What an action gets to know about the attempt it serves. Times are milliseconds since 1970 of the store's clock. */
export interface ActionContext<Input> {
  readonly runId: RunId;
  readonly stepKey: StepKey;
  readonly stepPath: string;
  readonly attempt: number;
  readonly send: number;
  /** UUIDv5 of step key, attempt and send: the client request id of this send. */
  readonly requestId: string;
  /** The client request ids of this attempt's sends so far, this one last: work that carries one of them is ours. */
  readonly requestIds: readonly string[];
  /** Those of the attempts before a person had the step sent once more: such work is ours as well, unless it has ended badly. */
  readonly earlierRequestIds?: readonly string[];
  readonly target: Target | undefined;
  readonly input: Input;
  /** How many times faster than Azure the estate runs; absent except against a simulator. Waits for Azure are divided by it. */
  readonly timeScale?: number;
  /** When the step became ready: the start of the window in which work of ours may be found. */
  readonly createdAtMs: number;
  /** When the request that is followed was accepted; lists may not know of it for a while after. */
  readonly submittedAtMs?: number;
  /** What the precheck of this attempt recorded, so that verify can compare before and after. */
  readonly before: JsonObject | undefined;
  /** The configuration documents that the plan has pinned: text by path. */
  readonly configurations?: Readonly<Record<string, string>>;
  /** The machines that each recovery plan held when the run was planned, by the plan's ARM id in lower case. */
  readonly recoveryPlans?: Readonly<Record<string, readonly PlannedMachine[]>>;
  /** The one subscription that the target sets of the runbook lie in. */
  readonly subscription?: string;
  /** Keys of the steps that made the machines which the run knows as its own, also of those that it took over from the run it goes on from. */
  readonly makers?: readonly StepKey[];
  /** The run was stopped, and `stop` was sent to the work of this attempt: what can no longer be found runs no more. */
  readonly stopAsked?: boolean;
  /** Aborts when this worker must not go on; with the reason `DROPPED` nobody else will either. */
  readonly signal: AbortSignal;
}

/** Why a read is called off whose step was cancelled: its answer finds nobody, so what it started at its target is ended. */
export const DROPPED = 'the step was cancelled';

/** Codes of findings that only a run can make. */
export type RunCode = 'RW312' | 'RW313' | 'RW416' | 'RW510' | 'RW519';

/** Why an action could not succeed. The kinds are those that a runbook can read. */
export interface Failure {
  readonly kind:
    | 'target'
    | 'script'
    | 'expression'
    | 'assertion'
    | 'denied'
    | 'locked'
    | 'unreachable'
    | 'target_missing'
    | 'not_protected'
    | 'stale_plan'
    | 'verify'
    | 'timed_out';
  readonly message: string;
  readonly exitCode?: number;
  /** The finding that it is: then the runbook, not the target, is to be looked at. */
  readonly code?: RunCode;
}

/** How accepted work is followed: at least one of `opUrl`, `jobId`, `name` and `runId`. */
export interface Handle {
  readonly opUrl?: string;
  readonly jobId?: string;
  readonly name?: string;
  /** A called run: its id and number, and what of its caller's inbox and nudges it knows already. */
  readonly runId?: string;
  readonly runNumber?: number;
  readonly inboxPosition?: number;
  readonly nudges?: number;
}

/** Facts for the evidence; each outcome may bring some. `check` is what the action's own `record` keeps beside the run. */
export interface Observed {
  readonly observations?: readonly Observation[];
  readonly check?: JsonObject;
}

/** A finished success: typed result, machines that now exist because of it. */
export interface Success extends Observed {
  readonly kind: 'succeeded';
  readonly result: JsonObject;
  readonly produced?: readonly Target[];
}

/** A definite failure: no effect can still land. `result` is kept for `success_if` and `until`. */
export interface Failed extends Observed {
  readonly kind: 'failed';
  readonly failure: Failure;
  readonly result?: JsonObject;
  /** Machines that exist because of it although it failed. */
  readonly produced?: readonly Target[];
}

/** A read could not be answered now (throttled, connection, server error): ask again after the given time. */
export interface Unanswered extends Observed {
  readonly kind: 'unanswered';
  readonly message: string;
  readonly retryAfterMs: number;
}

export type ReadOutcome = Success | Failed | Unanswered;

/** Before the intent: go on (with a note for verify), already there, ours is already under way, must not, or not known now. */
export type PrecheckOutcome =
  | ({ readonly kind: 'proceed'; readonly before?: JsonObject } & Observed)
  | Success
  | ({ readonly kind: 'ours'; readonly handle: Handle } & Observed)
  | Failed
  | Unanswered;

/** The answer to the one request, sorted by what it proves. */
export type SubmitOutcome =
  | ({ readonly kind: 'accepted'; readonly handle: Handle } & Observed)
  | ({ readonly kind: 'completed' } & Observed)
  | ({ readonly kind: 'not_sent'; readonly message: string; readonly retryAfterMs: number } & Observed)
  | ({ readonly kind: 'throttled'; readonly message: string; readonly retryAfterMs: number } & Observed)
  | ({ readonly kind: 'refused'; readonly failure: Failure } & Observed)
  | ({ readonly kind: 'ambiguous'; readonly message: string } & Observed);

/** What a search for an earlier send found. `absent` says the precondition still holds, so a new send would be right. */
export type FindOutcome =
  | ({ readonly kind: 'found'; readonly handle: Handle } & Observed)
  | ({ readonly kind: 'reached' } & Observed)
  | ({ readonly kind: 'absent' } & Observed)
  /** The request was accepted, and its work has ended without the effect. */
  | Failed
  | ({ readonly kind: 'unclear'; readonly message: string; readonly candidates: readonly string[] } & Observed)
  | Unanswered;

/**
 * One look at accepted work. `gone`: there is nothing more to follow, what the target shows soon is the end. `unreadable`: the work may go on
 * and nothing tells of it, so only the target can, for as long as the step may take.
 */
export type PollOutcome =
  | ({
      readonly kind: 'running';
      readonly percent?: number;
      readonly detail?: string;
      readonly reason?: string;
      readonly handle?: Handle;
      readonly retryAfterMs: number;
    } & Observed)
  | ({ readonly kind: 'ended_well'; readonly result?: JsonObject } & Observed)
  | Failed
  | ({ readonly kind: 'gone' } & Observed)
  | ({ readonly kind: 'unreadable'; readonly message: string; readonly retryAfterMs: number } & Observed)
  /** It has ended and nobody can tell how: a person decides. */
  | ({ readonly kind: 'unclear'; readonly message: string; readonly candidates: readonly string[] } & Observed)
  | Unanswered;

/** The target itself, after the operation said it is done. */
export type VerifyOutcome =
  | Success
  /** The target shows that it did not work, and waiting longer would not change that. */
  | Failed
  /**
   * This request is done and the action needs a further one: the step goes back to its precheck, and the next request gets an intent, a
   * ticket and a request id of its own. `before` replaces what the precheck had recorded; `produced` is what a cleanup must know of, should
   * the further requests never be made.
   */
  | ({ readonly kind: 'next'; readonly message: string; readonly before?: JsonObject; readonly produced?: readonly Target[] } & Observed)
  | ({ readonly kind: 'not_yet'; readonly message: string; readonly retryAfterMs: number } & Observed)
  | Unanswered;

/** Whether an operation that a person names may be followed as the effect of a step. `foreign`: it is not that step's, and why. */
export type AdoptOutcome =
  | ({ readonly kind: 'found'; readonly handle: Handle } & Observed)
  | { readonly kind: 'foreign'; readonly message: string }
  | Unanswered;

/** What `record` keeps: what was observed, and why the attempt failed when it did. */
export type Recorded = Observed & { readonly failure?: Failure };

/** What takes the effect of an action back, as data: the plan shows it as a rollback step that nobody had to write. */
export interface Undo {
  /** The action of the catalogue that does it. */
  readonly action: string;
  /** Arguments that both have: what is undone is asked for with the very values that it was done with. */
  readonly same?: readonly string[];
  /** Further arguments. Texts may hold `${{ }}` over `undone`: `result` of the step, and `before`, which its precheck has noted. */
  readonly with?: JsonObject;
  /** The machines that the step has made, instead of the one that it worked on. */
  readonly on?: 'produced';
}

interface ActionHead<Input> {
  /** For example `asr.item.get@1`: a name is never reused, a major changes with input, result or class. */
  readonly name: string;
  readonly summary: string;
  readonly severity: Severity;
  /** The argument that makes it less severe where the runbook writes it as `true`. */
  readonly milderWith?: { readonly argument: string; readonly severity: Severity };
  /** What a plan says of it where the runbook writes the argument. */
  readonly noteWith?: { readonly argument: string; readonly note: string };
  readonly target: ActionTarget;
  /** The argument `subscription` may be left out where the target sets of the runbook lie in one subscription. */
  readonly impliesSubscription?: true;
  readonly input: z.ZodType<Input>;
  readonly result: ResultFields;
  readonly timeoutMs: number;
  /** Azure RBAC operations or other rights that the worker needs. */
  readonly permissions: readonly string[];
  /** True when success fills `produced` with machines. */
  readonly produces?: boolean;
  /** Absent where no action of the catalogue takes it back, and for reads. */
  readonly undo?: Undo;
}

/** An action that changes nothing and is repeated freely. */
export interface ReadAction<Input = never> extends ActionHead<Input> {
  readonly effect: 'read';
  readonly read: (ports: ActionPorts, context: ActionContext<Input>) => Promise<ReadOutcome>;
  /** Keeps what an ended attempt found beside the run, before the step's end is stored; may be repeated for the same attempt. */
  readonly record?: (ports: RecordPorts, context: ActionContext<Input> & RunNames, outcome: Recorded) => Promise<void>;
}

/** An action that changes its target: five small questions that the submit protocol asks in order. */
export interface EffectAction<Input = never> extends ActionHead<Input> {
  readonly effect: 'named' | 'guarded' | 'blind';
  /** How long after an intent nothing may be concluded to be absent: send timeout, time in flight and lag of lists. */
  readonly quietMs: number;
  readonly precheck: (ports: ActionPorts, context: ActionContext<Input>) => Promise<PrecheckOutcome>;
  /** Sends exactly one request that may have an effect. */
  readonly submit: (ports: ActionPorts, context: ActionContext<Input>) => Promise<SubmitOutcome>;
  readonly find: (ports: ActionPorts, context: ActionContext<Input>) => Promise<FindOutcome>;
  readonly poll: (ports: ActionPorts, context: ActionContext<Input>, handle: Handle) => Promise<PollOutcome>;
  readonly verify: (ports: ActionPorts, context: ActionContext<Input>, ended: JsonObject | undefined) => Promise<VerifyOutcome>;
  /** Checks at the target that an operation which a person found there belongs to this step; absent where nothing can be followed by name. */
  readonly adopt?: (ports: ActionPorts, context: ActionContext<Input>, operation: string) => Promise<AdoptOutcome>;
  /** As for a read; and before the intent, with what the precheck has seen. */
  readonly record?: (ports: RecordPorts, context: ActionContext<Input> & RunNames, outcome: Recorded) => Promise<void>;
  /** Ends accepted work early when its run is stopped, where that can be done; sent at most once for an attempt, never throws. */
  readonly stop?: (ports: ActionPorts, context: ActionContext<Input>) => Promise<void>;
  /** Removes what the attempt left at the target, once its end is stored, whatever the end was. May be missed or repeated; never throws. */
  readonly cleanup?: (ports: ActionPorts, context: ActionContext<Input>) => Promise<void>;
}

/** The part of the outside world that an action may touch. Actions never log and never write the store. */
export type ActionPorts = Pick<Ports, 'clock' | 'azure' | 'shell' | 'http' | 'tls' | 'dns' | 'channels' | 'secrets' | 'ids'> & {
  /** What earlier checks have kept, by its digest. */
  readonly store: Pick<Ports['store'], 'readDriftText'>;
};

/** What `record` may touch: it writes what the store keeps beside runs, never the run. */
export type RecordPorts = Pick<Ports, 'store' | 'ids'>;

/** The run around an attempt, for what is kept beside it. `nowMs` is the store's time in milliseconds since 1970. */
export interface RunNames {
  readonly runbook: string;
  readonly environment: string;
  readonly nowMs: number;
}

/** What the registry holds: input types are checked where a runbook is loaded and again before use. */
export type Action = ReadAction | EffectAction;

/** How severe one use of an action is: what is not written out as `true` counts as not said. */
export function severityOf({ severity, milderWith }: Pick<Action, 'severity' | 'milderWith'>, args: JsonObject): Severity {
  return milderWith !== undefined && args[milderWith.argument] === true ? milderWith.severity : severity;
}

/** Registers a read action; its input is parsed by its own schema before every use. */
export function readAction<Input>(action: ReadAction<Input>): ReadAction {
  return action as unknown as ReadAction;
}

/** Registers an action with effects; its input is parsed by its own schema before every use. */
export function effectAction<Input>(action: EffectAction<Input>): EffectAction {
  return action as unknown as EffectAction;
}
