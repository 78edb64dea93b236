import type { Failed, Success } from '../actions/action.ts';
import type { LogLine } from '../store.ts';
import type { StepRecord } from './record.ts';
import type { Turn } from './turn.ts';

/** Writes what a script printed to the run's log. The log is a convenience: a store that does not take it does not stop the run. */
export async function logOutcome(turn: Turn, record: StepRecord, outcome: Success | Failed): Promise<void> {
  const lines = (['stdout', 'stderr'] as const).flatMap((stream) => linesOf(turn, record, { stream, text: outcome.result?.[stream] }));
  const failure =
    outcome.kind === 'failed'
      ? [line(turn, record, { stream: 'engine', text: `${outcome.failure.kind}: ${outcome.failure.message}` })]
      : [];
  if (lines.length + failure.length === 0) return;
  try {
    await turn.engine.ports.store.appendLog(turn.holder.runId, [...lines, ...failure]);
  } catch {
    turn.engine.ports.log.warn('log lines of a step were not stored', { runId: turn.holder.runId, stepPath: record.path });
  }
}

function linesOf(
  turn: Turn,
  record: StepRecord,
  output: { readonly stream: 'stdout' | 'stderr'; readonly text: unknown },
): readonly LogLine[] {
  if (typeof output.text !== 'string' || output.text === '') return [];
  return output.text
    .replace(/\n$/, '')
    .split('\n')
    .map((text) => line(turn, record, { stream: output.stream, text }));
}

function line(turn: Turn, record: StepRecord, output: { readonly stream: LogLine['stream']; readonly text: string }): LogLine {
  const head = { atMs: turn.holder.nowMs(), step: record.path, stream: output.stream, text: output.text };
  return record.itemKey === undefined ? head : { ...head, item: record.itemKey };
}
