import type { Action, Recorded } from '../actions/action.ts';
import type { StepRecord } from './record.ts';
import { contextOf, type Turn } from './turn.ts';

/** Lets the action keep what an attempt has seen beside the run, before its outcome is stored. Throws what the store throws. */
export async function keepBeside(
  turn: Turn,
  action: Action,
  attempt: { readonly record: StepRecord; readonly input: unknown; readonly outcome: Recorded },
): Promise<void> {
  const { record, input, outcome } = attempt;
  const { runbook, environment } = turn.holder.view().run;
  const around = { runbook, environment, nowMs: turn.holder.nowMs() };
  await action.record?.(turn.engine.ports, { ...contextOf(turn, record, input), ...around }, outcome);
}
