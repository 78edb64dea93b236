import type { Action, ActionContext } from '../actions/action.ts';
import type { AzureNeed } from '../azure-calls.ts';
import { assert } from '../errors.ts';
import type { StepKey } from '../ids.ts';
import type { Step } from '../language/runbook.ts';
import type { Stops } from '../gates/stops.ts';
import { impliedSubscription } from '../language/implied-subscription.ts';
import type { Ports } from '../ports.ts';
import type { StepChange } from './change.ts';
import type { Holder, LeaseTimes } from './holder.ts';
import type { RunRecord, StepRecord } from './record.ts';
import type { RunState } from './run-state.ts';
import type { Level } from './walk.ts';

/** What runs work with: the world, the actions they may use and the times they keep. */
export interface Engine {
  readonly ports: Ports;
  readonly actions: ReadonlyMap<string, Action>;
  /** The action behind `run` steps. */
  readonly script: (effect: 'read' | 'named' | 'guarded' | 'blind', via: string | null) => Action;
  readonly times: LeaseTimes;
  /** Kill switch and freezes. */
  readonly stops: Stops;
  /** How much faster than Azure the other side runs: 1 except against a simulator. */
  readonly timeScale: number;
  readonly worker: string;
}

/** One leaf whose turn it is. */
export interface Turn {
  readonly engine: Engine;
  readonly holder: Holder;
  readonly step: Step;
  readonly path: string;
  readonly level: Level;
  readonly action: Action;
  /** The run's state when this turn began. */
  readonly begunIn: RunState;
  /** Aborts when the run is lost or given back, and when the step was cancelled under its read. */
  readonly signal: AbortSignal;
}

/**
 * False while nothing new may be sent: a word of a person may have arrived since this turn began. A step that was begun while the run was
 * being cancelled cleans up inside its block, and goes on.
 */
export function maySendNew(turn: Pick<Turn, 'level' | 'begunIn'>, { state }: RunRecord): boolean {
  if (state === 'running' || state === 'waiting') return true;
  return state === 'cancelling' && turn.begunIn === 'cancelling' && (turn.level.mode === 'go' || turn.level.mode === 'finish');
}

/** The leaf's record as it is now. */
export function recordOf(turn: Pick<Turn, 'holder' | 'path'>): StepRecord {
  const record = turn.holder.view().steps.get(turn.path);
  assert(record !== undefined, 'a leaf whose turn it is has a record');
  return record;
}

/** Stores one change of the leaf, made from its record at that moment, unless the run forbids it then. Throws RUN_STALE_EPOCH. */
export async function move(
  turn: Turn,
  make: (record: StepRecord, nowMs: number) => StepChange,
  options: { readonly writesIntent?: boolean; readonly unless?: (run: RunRecord, record: StepRecord) => boolean } = {},
): Promise<void> {
  await turn.holder.commit(
    (view, nowMs) => {
      const record = view.steps.get(turn.path);
      assert(record !== undefined, 'a leaf whose turn it is has a record');
      if (options.unless?.(view.run, record) === true) return undefined;
      const change = make(record, nowMs);
      const first = change.to.firstAttemptAtMs === undefined ? { ...change, to: { ...change.to, firstAttemptAtMs: nowMs } } : change;
      return { steps: [first], writesIntent: options.writesIntent ?? false };
    },
    options.writesIntent === true ? 'intents' : 'moves',
  );
}

/** The world as a call of an action sees it, with its need at Azure: looks of severe actions come before others. */
export function portsFor({ engine, action }: Pick<Turn, 'engine' | 'action'>, need: AzureNeed): Ports {
  const { ports } = engine;
  const rank = need === 'poll' && action.severity === 'severe' ? 'severe' : need;
  return {
    ...ports,
    // Looked up when it is used: most steps never ask Azure, and where there is none it must not be touched.
    get azure() {
      return ports.azure.for?.(rank) ?? ports.azure;
    },
  };
}

/** What the action gets to know about this attempt. Its input has passed the action's own schema. */
export function contextOf(turn: Turn, record: StepRecord, input: unknown): ActionContext<never> {
  const subscription = impliedSubscription(turn.holder.plan.definition.targets);
  return {
    runId: turn.holder.runId,
    stepKey: record.key,
    stepPath: record.path,
    attempt: record.attempt,
    send: record.send,
    requestId: requestId(turn, record, record.send),
    requestIds: requestIds(turn, record),
    earlierRequestIds: (record.earlier ?? []).flatMap((sent) => requestIds(turn, sent)),
    target: record.target,
    input: input as never,
    createdAtMs: record.createdAtMs ?? turn.holder.nowMs(),
    ...(record.submittedAtMs === undefined ? {} : { submittedAtMs: record.submittedAtMs }),
    before: record.before,
    timeScale: turn.engine.timeScale,
    configurations: turn.holder.plan.configurations ?? {},
    recoveryPlans: turn.holder.plan.recoveryPlans ?? {},
    ...(subscription === undefined ? {} : { subscription }),
    makers: makersOf(turn),
    ...(record.stopAskedAtMs === undefined ? {} : { stopAsked: true }),
    signal: turn.signal,
  };
}

function makersOf({ holder }: Turn): readonly StepKey[] {
  const keys: StepKey[] = [];
  for (const { key, produced } of holder.view().steps.values()) if (produced !== undefined && produced.length > 0) keys.push(key);
  return keys;
}

type Sent = Pick<StepRecord, 'key' | 'attempt' | 'send'>;

function requestIds(turn: Turn, sent: Sent): readonly string[] {
  return Array.from({ length: sent.send }, (_, index) => requestId(turn, sent, index + 1));
}

function requestId(turn: Turn, { key, attempt }: Pick<Sent, 'key' | 'attempt'>, send: number): string {
  return turn.engine.ports.ids.uuid5(key, String(attempt), String(send));
}

/** What a step keeps for the person who is asked about it: what was found at the target, where the action can follow it by its name. */
export function candidatesOf({ action }: Pick<Turn, 'action'>, found: readonly string[] = []): Pick<StepRecord, 'candidates'> {
  return action.effect === 'read' || action.adopt === undefined ? {} : { candidates: found };
}

/** When this attempt is over: its start and the step's or the action's time-out, in milliseconds since 1970. */
export function attemptDeadlineMs(turn: Turn, record: StepRecord): number {
  // A called run keeps the step's time itself and then cleans up: its caller follows it to that end.
  const ownMs = turn.step.body.kind === 'call' ? undefined : turn.step.timeoutMs;
  return record.deadlineAtMs ?? turn.holder.nowMs() + (ownMs ?? turn.action.timeoutMs);
}

/** Before this time nothing may be concluded to be absent: a request of this attempt may still be under way. */
export function quietEndMs(turn: Pick<Turn, 'engine'>, record: StepRecord, action: { readonly quietMs: number }): number {
  return (record.intentAtMs ?? 0) + action.quietMs / turn.engine.timeScale;
}
