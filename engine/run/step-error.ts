import type { RunCode } from '../actions/action.ts';
import type { Step } from '../language/runbook.ts';
import type { StepRecord } from './record.ts';

/** Why a step failed, as shown. Where that is a finding it has a code, and the place of the step in the runbook as it was planned. */
export interface StepError {
  readonly kind: string;
  readonly message: string;
  readonly code?: RunCode;
  /** Line and column are 1-based, columns in code points. */
  readonly place?: { readonly file: string; readonly line: number; readonly column: number };
}

/** What the error of a step is shown as; `file` is the path of its runbook. Nothing for a step that did not fail. */
export function stepError(
  record: StepRecord,
  at: { readonly step: Step; readonly file: string; readonly isReadiness: boolean },
): StepError | undefined {
  if (record.error === undefined) return undefined;
  const { kind, message } = record.error;
  const code = record.error.code ?? (at.isReadiness && record.state === 'failed' ? 'RW519' : undefined);
  if (code === undefined) return { kind, message };
  const { line, column } = at.step.at;
  return { kind, message, code, place: { file: at.file, line, column } };
}
