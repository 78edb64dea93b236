import { createHash } from 'node:crypto';
import type { FindingReport } from '../engine/language/finding-report.ts';
import type { Finding } from '../engine/language/diagnostics.ts';
import type { DocumentFile } from '../engine/language/guard.ts';
import { type FindingFormat, renderFindings } from '../engine/language/render.ts';
import { type Paint, PLAIN, renderSummary } from '../engine/language/render-human.ts';
import { countFindings, findingsJson } from '../engine/language/render-json.ts';
import { sourceText } from '../engine/language/source-text.ts';
import { FINDING_WORDS } from './finding-formats.ts';
import type { Session } from './program-options.ts';
import { toned } from './terminal.ts';

const FOUND_EXIT = 3;

/** Prints findings in the chosen format and a line that sums them up. Returns the exit code: 3 when one of them is an error. */
export function printFindings(session: Session, findings: readonly Finding[], files: readonly DocumentFile[]): number {
  const { output } = session;
  output.data({
    text: () => renderFindings(formatOf(session.format), reportOf(findings, files, output.colour)),
    json: findingsJson(findings, files.length),
    lines: findings,
    names: [...new Set(findings.map((finding) => finding.file))],
  });
  const exit = countFindings(findings).errors > 0 ? FOUND_EXIT : 0;
  output.say(renderSummary(findings, files.length), exit === 0 ? 'good' : 'bad');
  return exit;
}

/** Findings as people read them, each with its line and a caret. */
export function findingsText(findings: readonly Finding[], files: readonly DocumentFile[], colour: boolean): string {
  return renderFindings('human', reportOf(findings, files, colour));
}

function reportOf(findings: readonly Finding[], files: readonly DocumentFile[], colour: boolean): FindingReport {
  return {
    findings,
    sources: files.map((file) => sourceText(file.path, textOf(file))),
    digest: (text) => createHash('sha256').update(text).digest('hex'),
    paint: colour ? COLOURS : PLAIN,
  };
}

function formatOf(word: string): FindingFormat {
  return FINDING_WORDS.find((format) => format === word) ?? 'human';
}

const COLOURS: Paint = {
  error: (text) => toned(true, 'bad', text),
  warning: (text) => toned(true, 'warn', text),
  dim: (text) => toned(true, 'dim', text),
  bold: (text) => toned(true, 'strong', text),
};

function textOf({ text }: DocumentFile): string {
  return typeof text === 'string' ? text : new TextDecoder().decode(text);
}
