import { tableText } from './terminal.ts';

/** One thing that a doctor looked at. `unknown` could not be checked: that is never good. */
export interface DoctorFinding {
  readonly status: 'ok' | 'warn' | 'fail' | 'unknown';
  readonly check: string;
  readonly detail: string;
  /** What repairs it, one command or sentence a line. */
  readonly repair?: string | readonly string[];
}

/** Findings as a table, what repairs each below it. */
export function findingTable(findings: readonly DoctorFinding[]): string {
  const rows = findings.flatMap(({ status, check, detail, repair = [] }) => [
    [status, check, detail],
    ...(typeof repair === 'string' ? [repair] : repair).map((line) => [' ', ' ', `  ${line}`]),
  ]);
  return tableText(['STATE', 'CHECK', 'DETAIL'], rows);
}

/** The word for programs: a check that could not be made is not a success. */
export function doctorOutcome(findings: readonly DoctorFinding[]): 'succeeded' | 'failed' {
  return findings.some(({ status }) => status === 'fail' || status === 'unknown') ? 'failed' : 'succeeded';
}
