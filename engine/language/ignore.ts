import type { Finding } from './diagnostics.ts';
import { lineText, type SourceText } from './source-text.ts';

const COMMENT = /^\s*#\s*runward-ignore\s+(RW\d{3})\s*(?::\s*(.*))?$/;

/**
 * Leaves out warnings that the line above silences with `# runward-ignore RW504: reason`. Errors cannot be silenced; without a reason
 * the comment silences nothing and the finding says so.
 */
export function withoutIgnored(findings: readonly Finding[], sources: readonly SourceText[]): readonly Finding[] {
  return findings.flatMap((finding) => {
    const source = sources.find((each) => each.path === finding.file);
    const match = source === undefined || finding.severity === 'error' ? null : COMMENT.exec(lineText(source, finding.line - 1));
    if (match === null || match[1] !== finding.code) return [finding];
    return (match[2] ?? '').trim() === ''
      ? [{ ...finding, hint: 'runward-ignore needs a reason after the code, for example RW504: …' }]
      : [];
  });
}
