import { evaluate } from '../language/expression.ts';
import type { JsonValue } from '../json.ts';
import { RETRY_DELAY_MAX_MS } from '../limits.ts';
import type { Retry } from '../language/runbook.ts';
import { retriesByHandler } from './failure.ts';
import type { StepRecord } from './record.ts';
import { scopeAt } from './scope.ts';
import type { Turn } from './turn.ts';

/** How long to wait before the next attempt, in milliseconds with full jitter; undefined when the step gives no further attempt. */
export function retryDelayMs(turn: Turn, record: StepRecord, scope: Readonly<Record<string, JsonValue>> | undefined): number | undefined {
  const { retry } = turn.step;
  const { holder, engine } = turn;
  if (retry === undefined || record.attempt > retry.attempts || retriesByHandler(turn.step)) return undefined;
  const sinceFirstMs = holder.nowMs() - (record.firstAttemptAtMs ?? holder.nowMs());
  if (retry.maxDurationMs !== undefined && sinceFirstMs >= retry.maxDurationMs) return undefined;
  if (retry.if !== undefined) {
    const at =
      scope ?? scopeAt({ plan: holder.plan, view: holder.view(), nowMs: holder.nowMs(), ...turn.level }, { result: record.result ?? null });
    const wanted = evaluate(retry.if, at, holder.nowMs());
    if (!wanted.ok || wanted.value !== true) return undefined;
  }
  return delayMs(retry, record, engine.ports.random());
}

/** The wait before the attempt after `record.attempt`, in milliseconds: a share (0 to 1) of what back-off allows. */
export function delayMs(retry: Retry, record: StepRecord, share: number): number {
  const ceilingMs = Math.min(retry.delayMs * retry.backoff ** (record.attempt - 1), retry.maxDelayMs, RETRY_DELAY_MAX_MS);
  return Math.round(share * ceilingMs);
}
