import type { Finding } from './diagnostics.ts';

/** How many findings there are of each severity, and in how many files. */
export interface FindingCounts {
  readonly errors: number;
  readonly warnings: number;
  readonly filesWithFindings: number;
}

/** Counts findings. */
export function countFindings(findings: readonly Finding[]): FindingCounts {
  const errors = findings.filter((finding) => finding.severity === 'error').length;
  return { errors, warnings: findings.length - errors, filesWithFindings: new Set(findings.map((finding) => finding.file)).size };
}

/** Findings as the document that the command line and the server answer with. */
export interface FindingsDocument {
  readonly apiVersion: 'runward/v1';
  readonly kind: 'Findings';
  readonly outcome: 'succeeded' | 'differences';
  readonly files: number;
  readonly counts: { readonly errors: number; readonly warnings: number };
  readonly findings: readonly Finding[];
}

/** Findings as a document for programs; `files` is how many files were checked. Warnings alone leave the outcome `succeeded`. */
export function findingsJson(findings: readonly Finding[], files: number): FindingsDocument {
  const { errors, warnings } = countFindings(findings);
  return {
    apiVersion: 'runward/v1',
    kind: 'Findings',
    outcome: errors > 0 ? 'differences' : 'succeeded',
    files,
    counts: { errors, warnings },
    findings,
  };
}
