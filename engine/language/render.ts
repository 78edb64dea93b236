import type { Finding } from './diagnostics.ts';
import { findingsGithub } from './render-github.ts';
import type { FindingReport } from './finding-report.ts';
import { PLAIN, renderFinding } from './render-human.ts';
import { findingsJson } from './render-json.ts';
import { findingsJunit } from './render-junit.ts';
import { findingsSarif } from './render-sarif.ts';
import type { SourceText } from './source-text.ts';

/** How findings are printed; all are made from the same list. */
export const FINDING_FORMATS = ['human', 'json', 'sarif', 'github', 'junit'] as const;

/** A word for `-o`. */
export type FindingFormat = (typeof FINDING_FORMATS)[number];

/** The whole text of a report, without a final line break. */
export function renderFindings(format: FindingFormat, report: FindingReport): string {
  switch (format) {
    case 'human':
      return report.findings.map((finding) => renderFinding(finding, sourceOf(finding, report), report.paint ?? PLAIN)).join('\n');
    case 'json':
      return JSON.stringify(findingsJson(report.findings, report.sources.length), undefined, 2);
    case 'sarif':
      return JSON.stringify(findingsSarif(report), undefined, 2);
    case 'github':
      return findingsGithub(report.findings);
    case 'junit':
      return findingsJunit(report);
  }
}

function sourceOf(finding: Finding, { sources }: FindingReport): SourceText | undefined {
  return sources.find((source) => source.path === finding.file);
}
