import { actions } from '../engine/actions/registry.ts';
import type { Finding } from '../engine/language/diagnostics.ts';
import type { DocumentFile } from '../engine/language/guard.ts';
import { loadDocuments } from '../engine/language/load.ts';
import type { Paint } from '../engine/language/render-human.ts';
import { PLAIN, renderFinding, renderSummary } from '../engine/language/render-human.ts';
import { countFindings, findingsJson } from '../engine/language/render-json.ts';
import { sourceText } from '../engine/language/source-text.ts';
import { isOn } from './flags.ts';
import type { Flags } from './flags.ts';
import { OUTCOMES } from './output.ts';
import type { Session } from './program-options.ts';
import { readDocuments } from './project-documents.ts';
import { toned } from './terminal.ts';

const FOUND_EXIT = 3;

/** `validate`: exit code 0 when nothing is wrong, 3 when there are errors (with --strict also warnings). */
export async function validateDocuments(session: Session, args: readonly unknown[], flags: Flags): Promise<number> {
  const paths = (args[0] as readonly string[] | undefined) ?? [];
  const strict = isOn(flags, 'strict');
  const { asked, beside } = await readDocuments(paths, session.project);
  const loaded = loadDocuments([...asked, ...beside], { actions });
  const names = new Set(asked.map((file) => file.path));
  const findings = loaded.findings.filter((finding) => names.has(finding.file));
  const exit = countFindings(findings, strict).errors > 0 ? FOUND_EXIT : 0;
  session.output.data({
    text: () => findingsText(findings, asked, session.output.colour),
    json: { ...findingsJson(findings, asked.length, strict), outcome: OUTCOMES[exit] },
    lines: findings,
    names: [...new Set(findings.map((finding) => finding.file))],
  });
  session.output.say(renderSummary(findings, asked.length, strict), exit === 0 ? 'good' : 'bad');
  return exit;
}

/** Findings for people, each with its line and a caret. */
export function findingsText(findings: readonly Finding[], files: readonly DocumentFile[], colour: boolean): string {
  const sources = new Map(files.map((file) => [file.path, sourceText(file.path, textOf(file))]));
  const paint = colour ? COLOURS : PLAIN;
  return findings.map((finding) => renderFinding(finding, sources.get(finding.file), paint)).join('\n');
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
