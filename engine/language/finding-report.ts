import type { Finding } from './diagnostics.ts';
import type { Paint } from './render-human.ts';
import type { SourceText } from './source-text.ts';

/** What a report is made of: the findings in order, and the files that were checked. */
export interface FindingReport {
  readonly findings: readonly Finding[];
  readonly sources: readonly SourceText[];
  /** A hexadecimal SHA-256, for fingerprints. */
  readonly digest: (text: string) => string;
  readonly paint?: Paint;
}

/** With `strict`, warnings count as errors. */
export function judged(findings: readonly Finding[], strict: boolean): readonly Finding[] {
  return strict ? findings.map((finding) => ({ ...finding, severity: 'error' as const })) : findings;
}
