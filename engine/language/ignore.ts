import type { Finding } from './diagnostics.ts';
import { lineText, type SourceText } from './source-text.ts';

const COMMENT = /^\s*#\s*runward-ignore\s+(RW\d{3})\s*(?::\s*(.*))?$/;

/**
 * Leaves out warnings that a comment right above silences with `# runward-ignore RW504: reason`, one code a line. Errors cannot be silenced;
 * without a reason the comment silences nothing and the finding says so.
 */
export function withoutIgnored(findings: readonly Finding[], sources: readonly SourceText[]): readonly Finding[] {
  return findings.flatMap((finding) => {
    const source = sources.find((each) => each.path === finding.file);
    const reason = source === undefined || finding.severity === 'error' ? undefined : reasonAbove(source, finding);
    if (reason === undefined) return [finding];
    return reason === '' ? [{ ...finding, hint: 'runward-ignore needs a reason after the code, for example RW504: …' }] : [];
  });
}

/** What the comments above a finding say about its code; empty without a reason, undefined when they do not name it. */
function reasonAbove(source: SourceText, { line, code }: Finding): string | undefined {
  for (let above = line - 1; above >= 1; above -= 1) {
    const text = lineText(source, above);
    if (!/^\s*#/.test(text)) return undefined;
    const match = COMMENT.exec(text);
    if (match?.[1] === code) return (match[2] ?? '').trim();
  }
  return undefined;
}
