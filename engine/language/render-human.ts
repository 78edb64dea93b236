import type { Finding } from './diagnostics.ts';
import { lineText, type SourceText } from './source-text.ts';
import { countFindings } from './render-json.ts';

/** Colours for a terminal; the identity elsewhere. */
export interface Paint {
  readonly error: (text: string) => string;
  readonly warning: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly bold: (text: string) => string;
}

/** No colour at all. */
export const PLAIN: Paint = { error: same, warning: same, dim: same, bold: same };

/** One finding for people: code, place, the line with a caret below it, the hint. */
export function renderFinding(finding: Finding, source: SourceText | undefined, paint: Paint = PLAIN): string {
  const tint = finding.severity === 'error' ? paint.error : paint.warning;
  const lines = [
    `${tint(`${finding.severity}[${finding.code}]`)}: ${paint.bold(finding.message)}`,
    `  ${paint.dim('-->')} ${finding.file}:${finding.line}:${finding.column}`,
  ];
  const text = source === undefined ? '' : lineText(source, finding.line);
  if (source === undefined || text.trim() === '') return [...lines, `   ${paint.dim('=')} ${finding.hint}`].join('\n');
  const gutter = ' '.repeat(String(finding.line).length);
  // The parser's place may be one line off, so YAML errors show their neighbours.
  const neighbours = finding.code === 'RW102';
  const width = String(finding.line + 1).length;
  if (neighbours && finding.line > 1) lines.push(sourceLine(finding.line - 1, lineText(source, finding.line - 1), { width, paint }));
  lines.push(sourceLine(finding.line, text, { width: neighbours ? width : gutter.length, paint }));
  const indent = neighbours ? ' '.repeat(width) : gutter;
  lines.push(`${indent} ${paint.dim('|')} ${pad(text, finding.column)}${tint(caret(finding, text))} ${finding.hint}`);
  const after = lineText(source, finding.line + 1);
  if (neighbours && after !== '') lines.push(sourceLine(finding.line + 1, after, { width, paint }));
  for (const related of finding.related) {
    lines.push(`${indent} ${paint.dim('=')} ${related.message}: ${related.file}:${related.line}:${related.column}`);
  }
  return lines.join('\n');
}

/** The line that closes a report, for example "2 errors, 1 warning in 1 of 3 files". */
export function renderSummary(findings: readonly Finding[], files: number): string {
  const { errors, warnings, filesWithFindings } = countFindings(findings);
  if (findings.length === 0) return `${plural(files, 'file')}: no findings`;
  const parts = [...(errors > 0 ? [plural(errors, 'error')] : []), ...(warnings > 0 ? [plural(warnings, 'warning')] : [])];
  return `${parts.join(', ')} in ${filesWithFindings} of ${plural(files, 'file')}`;
}

function same(text: string): string {
  return text;
}

function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}

function sourceLine(line: number, text: string, { width, paint }: { readonly width: number; readonly paint: Paint }): string {
  return `${paint.dim(`${String(line).padStart(width)} |`)} ${visibleText(text)}`;
}

function pad(text: string, column: number): string {
  return ' '.repeat(
    displayWidth(
      visibleText(
        Array.from(text)
          .slice(0, column - 1)
          .join(''),
      ),
    ),
  );
}

function caret(finding: Finding, text: string): string {
  const characters = Array.from(text);
  const end = finding.endLine === finding.line ? finding.endColumn : characters.length + 1;
  const marked = characters.slice(finding.column - 1, Math.max(end - 1, finding.column)).join('');
  return '^'.repeat(Math.max(1, displayWidth(visibleText(marked.trimEnd()))));
}

function visibleText(text: string): string {
  return Array.from(text, (char) => {
    if (char === '\t') return '  ';
    const code = char.codePointAt(0) ?? 0;
    if (code < 0x20 || code === 0x7f) return '�';
    return (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069) ? '�' : char;
  }).join('');
}

const WIDE = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;
const NARROWLESS = /\p{Mark}|\p{Format}/u;

function displayWidth(text: string): number {
  let width = 0;
  for (const char of text) width += NARROWLESS.test(char) ? 0 : WIDE.test(char) ? 2 : 1;
  return width;
}
