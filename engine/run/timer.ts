import { parseDurationMs } from '../language/duration.ts';
import { renderTemplate } from '../language/expression.ts';
import { parseInstantMs } from '../language/instant.ts';
import type { Step } from '../language/runbook.ts';
import { storedDurationMs, storedTimeMs } from '../values.ts';
import { type ScopeAt, scopeAt } from './scope.ts';

type End = { readonly ok: true; readonly value: number } | { readonly ok: false; readonly message: string };

/** When a `wait` step is over, in milliseconds since 1970. */
export function timerEndMs(step: Step, at: ScopeAt): End {
  if (step.body.kind !== 'wait') return { ok: false, message: 'not a wait step' };
  const text = 'duration' in step.body.wait ? step.body.wait.duration : step.body.wait.untilTime;
  const outcome = renderTemplate(text, scopeAt(at), at.nowMs);
  if (!outcome.ok) return { ok: false, message: outcome.message };
  if ('duration' in step.body.wait) {
    const ms = storedDurationMs(outcome.value) ?? (typeof outcome.value === 'string' ? parseDurationMs(outcome.value) : undefined);
    return ms === undefined ? { ok: false, message: 'the value is not a duration' } : { ok: true, value: at.nowMs + ms };
  }
  const ms = storedTimeMs(outcome.value) ?? (typeof outcome.value === 'string' ? parseInstantMs(outcome.value) : undefined);
  return ms === undefined ? { ok: false, message: 'the value is not a time' } : { ok: true, value: ms };
}
