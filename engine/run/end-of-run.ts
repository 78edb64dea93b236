import { evaluate } from '../language/expression.ts';
import type { JsonObject, JsonValue } from '../json.ts';
import type { RunChange } from './change.ts';
import { finalOutcome } from './run-outcome.ts';
import type { RunOutcome } from './run-state.ts';
import { scopeAt } from './scope.ts';
import type { StepStatus } from './verdict.ts';
import type { Situation } from './walk.ts';

const END_EVENTS = {
  succeeded: 'ended_succeeded',
  partially_failed: 'ended_partially_failed',
  failed: 'ended_failed',
  cancelled: 'ended_cancelled',
  rejected: 'ended_rejected',
  timed_out: 'ended_timed_out',
} as const satisfies Record<RunOutcome, string>;

/** The run's last change: a failed rollback or `finally` turns success into partial failure and gives every other outcome the reason `cleanup_failed`. */
export function endOfRun(situation: Situation, finallyStatus: StepStatus, fields: NonNullable<RunChange['fields']>): RunChange {
  const { run } = situation.view;
  const isIncomplete = run.cleanup === 'incomplete' && fields.cleanup !== null;
  const { outcome, ...reason } = finalOutcome(
    run.outcome ?? 'succeeded',
    isIncomplete ? 'incomplete' : cleanupOf(situation, finallyStatus),
  );
  return {
    event: END_EVENTS[outcome],
    stampFields: ['endedAtMs'],
    fields: { ...fields, outcome, ...reason, outputs: outputsOf(situation) },
  };
}

function cleanupOf({ view }: Situation, finallyStatus: StepStatus): 'clean' | 'failed' | 'rollback_failed' {
  if (view.run.rollback === 'failed') return 'rollback_failed';
  return finallyStatus === 'succeeded' || finallyStatus === 'skipped' ? 'clean' : 'failed';
}

/** Outputs of the runbook; null where one cannot be computed. */
function outputsOf(situation: Situation): JsonObject {
  const scope = scopeAt({ ...situation, prefix: '', bindings: [] });
  const outputs: Record<string, JsonValue> = {};
  for (const [name, text] of Object.entries(situation.plan.definition.outputs)) {
    const outcome = evaluate(text, scope, situation.nowMs);
    outputs[name] = outcome.ok ? outcome.value : null;
  }
  return outputs;
}
