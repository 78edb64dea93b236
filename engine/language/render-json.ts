import type { JsonObject } from '../json.ts';
import type { Finding } from './diagnostics.ts';

/** How many findings there are of each severity, and in how many files. */
export interface FindingCounts {
  readonly errors: number;
  readonly warnings: number;
  readonly filesWithFindings: number;
}

/** Counts findings; with `strict`, warnings count as errors. */
export function countFindings(findings: readonly Finding[], strict = false): FindingCounts {
  const errors = findings.filter((finding) => strict || finding.severity === 'error').length;
  return { errors, warnings: findings.length - errors, filesWithFindings: new Set(findings.map((finding) => finding.file)).size };
}

/** Findings as a document for programs; `files` is how many files were checked. */
export function findingsJson(findings: readonly Finding[], files: number, strict = false): JsonObject {
  const { errors, warnings } = countFindings(findings, strict);
  const shown = findings.map((finding) => ({ ...finding, severity: strict ? 'error' : finding.severity }));
  return {
    apiVersion: 'runward/v1',
    kind: 'Findings',
    outcome: errors > 0 ? 'failed' : 'succeeded',
    files,
    counts: { errors, warnings },
    findings: shown as unknown as readonly JsonObject[],
  };
}
