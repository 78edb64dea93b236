import type { Finding } from '../engine/language/diagnostics.ts';
import type { DocumentFile } from '../engine/language/guard.ts';
import { plainText, toned } from './terminal.ts';

/** Findings for people: code, place, the line, a caret below what has to change, and the hint. */
export function findingsText(findings: readonly Finding[], files: readonly DocumentFile[], colour: boolean): string {
  const lines = new Map(files.map((file) => [file.path, linesOf(file)]));
  return findings.map((finding) => findingText(finding, lines.get(finding.file) ?? [], colour)).join('\n');
}

/** The last line: how many errors and warnings in how many files. */
export function summaryText(findings: readonly Finding[], files: number): string {
  const count = (severity: Finding['severity']): number => findings.filter((finding) => finding.severity === severity).length;
  const counts = [counted(count('error'), 'error'), counted(count('warning'), 'warning')].filter((text) => text !== '');
  if (counts.length === 0) return `${counted(files, 'file')}: valid`;
  const touched = new Set(findings.map((finding) => finding.file)).size;
  return `${counts.join(', ')} in ${touched} of ${counted(files, 'file')}`;
}

function findingText(finding: Finding, lines: readonly string[], colour: boolean): string {
  const tone = finding.severity === 'error' ? 'bad' : 'warn';
  const width = String(finding.line + 1).length;
  const numbered = (line: number): readonly string[] => {
    const text = lines[line - 1];
    return text === undefined
      ? []
      : [`${toned(colour, 'dim', `${String(line).padStart(width)} |`)} ${plainText(text.replaceAll('\t', ' '))}`];
  };
  // The parser's place may be one line off, so its errors come with the lines around.
  const isParser = finding.code.startsWith('RW1');
  return [
    `${toned(colour, tone, `${finding.severity}[${finding.code}]`)}: ${finding.message}`,
    `${' '.repeat(width)}--> ${finding.file}:${finding.line}:${finding.column}`,
    ...(isParser ? numbered(finding.line - 1) : []),
    ...numbered(finding.line),
    `${' '.repeat(width)} ${toned(colour, 'dim', '|')} ${caret(finding, lines[finding.line - 1] ?? '', { colour, tone })}`,
    ...(isParser ? numbered(finding.line + 1) : []),
    ...finding.related.map((one) => `${' '.repeat(width)}--> ${one.file}:${one.line}:${one.column} ${one.message}`),
  ].join('\n');
}

function caret(finding: Finding, line: string, paint: { readonly colour: boolean; readonly tone: 'bad' | 'warn' }): string {
  const units = Array.from(line);
  const end = finding.endLine === finding.line ? finding.endColumn : units.length + 1;
  const before = units.slice(0, finding.column - 1).join('');
  const marked = units.slice(finding.column - 1, end - 1).join('');
  const marks = '^'.repeat(Math.max(1, displayWidth(marked)));
  return `${' '.repeat(displayWidth(before))}${toned(paint.colour, paint.tone, marks)} ${finding.hint}`.trimEnd();
}

/** Columns that a text takes on a terminal: East Asian wide characters and emoji take two, combining marks none. */
function displayWidth(text: string): number {
  let width = 0;
  for (const char of text) width += /\p{M}/u.test(char) ? 0 : WIDE.test(char) ? 2 : 1;
  return width;
}

const WIDE = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;

function linesOf(file: DocumentFile): readonly string[] {
  const text = typeof file.text === 'string' ? file.text : new TextDecoder().decode(file.text);
  return text.split(/\r?\n/);
}

function counted(count: number, word: string): string {
  if (count === 0 && word !== 'file') return '';
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}
