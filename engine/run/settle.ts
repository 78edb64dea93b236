import type { Failed, Failure, Success } from '../actions/action.ts';
import { evaluate } from '../language/expression.ts';
import type { JsonObject, JsonValue } from '../json.ts';
import { OUTPUT_MAX_CHARS } from '../limits.ts';
import { expressionFailure } from './expression-failure.ts';
import type { StepRecord } from './record.ts';
import { scopeAt } from './scope.ts';
import { retryDelayMs } from './retry.ts';
import { recordOf, type Turn } from './turn.ts';

/** What an attempt's end means for its step. */
export type Settled =
  | { readonly kind: 'succeeded'; readonly patch: Partial<StepRecord> }
  | { readonly kind: 'failed'; readonly patch: Partial<StepRecord> & { readonly error: Failure } }
  | { readonly kind: 'again'; readonly patch: Partial<StepRecord> };

/** Judges an ended attempt: `until` and `success_if` replace the action's own verdict, then outputs are read, then retries are counted. */
export function settle(turn: Turn, record: StepRecord, outcome: Success | Failed): Settled {
  const facts = factsOf(record, outcome);
  const scope = scopeAt({ ...situationOf(turn), ...turn.level }, { result: outcome.result ?? null });
  const nowMs = turn.holder.nowMs();
  const judge = turn.step.until?.condition ?? turn.step.successIf;
  const verdict =
    judge === undefined || (outcome.result === undefined && outcome.kind === 'failed') ? undefined : evaluate(judge, scope, nowMs);
  if (verdict !== undefined && !verdict.ok)
    return failed(facts, expressionFailure(turn.step.until === undefined ? 'success_if' : 'until', verdict.message));
  const good = verdict === undefined ? outcome.kind === 'succeeded' : verdict.value === true;
  if (good) return withOutputs(turn, { outcome, facts, scope, nowMs });
  const failure =
    outcome.kind === 'failed' ? outcome.failure : ({ kind: 'target', message: `the condition is false: ${judge ?? ''}` } as const);
  if (turn.step.until !== undefined) return notYet(turn, record, { facts, failure, nowMs });
  return afterFailure(turn, record, { facts, failure, scope });
}

/** A definite failure: another attempt when the step has one left and wants it, otherwise the end. */
export function afterFailure(
  turn: Turn,
  record: StepRecord,
  at: { readonly facts?: Partial<StepRecord>; readonly failure: Failure; readonly scope?: Readonly<Record<string, JsonValue>> },
): Settled {
  const facts = at.facts ?? {};
  const isOver = at.failure.kind === 'expression' || record.stopAskedAtMs !== undefined;
  const delayMs = isOver ? undefined : retryDelayMs(turn, record, at.scope);
  if (delayMs === undefined) return failed(facts, at.failure);
  const patch = { ...facts, error: at.failure, reason: at.failure.message, notBeforeMs: turn.holder.nowMs() + delayMs };
  return { kind: 'again', patch: nextAttempt(record, patch) };
}

function failed(facts: Partial<StepRecord>, failure: Failure): Settled {
  const verdict = failure.kind === 'timed_out' ? ({ verdict: 'timed_out' } as const) : {};
  return { kind: 'failed', patch: { ...facts, ...verdict, error: failure } };
}

function notYet(
  turn: Turn,
  record: StepRecord,
  at: { readonly facts: Partial<StepRecord>; readonly failure: Failure; readonly nowMs: number },
): Settled {
  const nextMs = at.nowMs + (turn.step.until?.everyMs ?? 0);
  const endMs = record.untilAtMs ?? nextMs;
  if (nextMs > endMs) return failed(at.facts, { kind: 'timed_out', message: `not reached in time, last: ${at.failure.message}` });
  return { kind: 'again', patch: nextAttempt(record, { ...at.facts, reason: at.failure.message, notBeforeMs: nextMs }) };
}

function nextAttempt(record: StepRecord, patch: Partial<StepRecord>): Partial<StepRecord> {
  return { ...patch, attempt: record.attempt + 1, send: 1 };
}

function withOutputs(
  turn: Turn,
  at: {
    readonly outcome: Success | Failed;
    readonly facts: Partial<StepRecord>;
    readonly scope: Readonly<Record<string, JsonValue>>;
    readonly nowMs: number;
  },
): Settled {
  const outputs = turn.step.outputs === undefined ? (turn.step.body.kind === 'run' ? undefined : at.outcome.result) : {};
  const read: Record<string, JsonValue> = {};
  for (const [name, text] of Object.entries(turn.step.outputs ?? {})) {
    if (at.outcome.result?.['truncated'] === true)
      return failed(at.facts, { kind: 'expression', message: `output "${name}": the script's output was cut` });
    const outcome = evaluate(text, at.scope, at.nowMs);
    if (!outcome.ok) return failed(at.facts, expressionFailure(`output "${name}"`, outcome.message));
    read[name] = outcome.value;
  }
  const kept = turn.step.outputs === undefined ? outputs : read;
  if (kept !== undefined && JSON.stringify(kept).length > OUTPUT_MAX_CHARS)
    return failed(at.facts, { kind: 'expression', message: 'the outputs are larger than 64 KiB' });
  const tolerated =
    turn.step.body.kind === 'call' && recordOf(turn).ended?.['status'] === 'partially_failed' && turn.step.successIf === undefined;
  const verdict = tolerated ? ({ verdict: 'partially_failed' } as const) : {};
  return { kind: 'succeeded', patch: { ...at.facts, ...verdict, ...(kept === undefined ? {} : { outputs: kept }) } };
}

function factsOf(record: StepRecord, outcome: Success | Failed): Partial<StepRecord> {
  const changed = outcome.result?.['changed'];
  return {
    observations: [...record.observations, ...(outcome.observations ?? [])],
    ...(outcome.result === undefined ? {} : { result: outcome.result as JsonObject }),
    ...producedBy(record, outcome),
    ...(typeof changed === 'boolean' ? { changed } : {}),
  };
}

/** What an attempt made beside what earlier attempts made: it is there, also when the attempt failed. */
export function producedBy(record: StepRecord, { produced }: Pick<Success, 'produced'>): Pick<StepRecord, 'produced'> {
  if (produced === undefined) return {};
  const made = new Map([...(record.produced ?? []), ...produced].map((target) => [target.id.toLowerCase(), target]));
  return { produced: [...made.values()] };
}

function situationOf(turn: Turn) {
  return { plan: turn.holder.plan, view: turn.holder.view(), nowMs: turn.holder.nowMs() };
}
