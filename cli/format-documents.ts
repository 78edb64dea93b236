import { writeFile } from 'node:fs/promises';
import { diff } from 'node:util';
import { RunwardError } from '../engine/errors.ts';
import { type Formatted, formatDocument } from '../engine/language/format.ts';
import type { DocumentFile } from '../engine/language/guard.ts';
import { findingsText } from './findings.ts';
import { isOn } from './flags.ts';
import type { Flags } from './flags.ts';
import { OUTCOMES } from './output.ts';
import type { Session } from './program-options.ts';
import { readDocuments } from './project-documents.ts';

const FOUND_EXIT = 3;
const CONTEXT_LINES = 2;

interface Result {
  readonly file: DocumentFile;
  readonly formatted: Formatted;
}

/** `fmt`: 0 when everything is in canonical form now, 3 when --check or --diff found a file to change or a file could not be read. */
export async function formatDocuments(session: Session, args: readonly unknown[], flags: Flags): Promise<number> {
  const paths = (args[0] as readonly string[] | undefined) ?? [];
  const look = isOn(flags, 'check') || isOn(flags, 'diff');
  const { asked } = await readDocuments(paths, session.project, true);
  const results = asked.map((file): Result => ({ file, formatted: formatDocument(file) }));
  const refused = results.filter(({ formatted }) => formatted.kind === 'refused');
  const changed = results.filter(({ formatted }) => formatted.kind === 'formatted' && formatted.changed);

  const piped = paths.length === 1 && paths[0] === '-';
  if (!look && !piped) for (const result of changed) await write(result);
  const exit = refused.length > 0 || (look && changed.length > 0) ? FOUND_EXIT : 0;
  session.output.data({
    text: () => textOf(results, { piped: piped && !look, diffs: isOn(flags, 'diff'), colour: session.output.colour }),
    json: { kind: 'FormatReport', outcome: OUTCOMES[exit], written: !look && !piped, files: results.map(jsonOf) },
    lines: results.map(jsonOf),
    names: changed.map(({ file }) => file.path),
  });
  for (const { file, formatted } of refused)
    if (formatted.kind === 'refused')
      session.output.say(`${file.path} was left as it is: ${formatted.reason ?? 'it cannot be read'}`, 'bad');
  const verb = look || piped ? 'would change' : 'changed';
  session.output.say(`${asked.length} ${asked.length === 1 ? 'file' : 'files'}: ${changed.length} ${verb}`, exit === 0 ? 'good' : 'warn');
  return exit;
}

async function write({ file, formatted }: Result): Promise<void> {
  if (formatted.kind !== 'formatted') return;
  await writeFile(file.path, formatted.text).catch((cause: unknown) => {
    throw new RunwardError(
      'USAGE_FLAG',
      `${file.path} cannot be written; files before it in the list are in canonical form now`,
      {},
      cause,
    );
  });
}

function textOf(results: readonly Result[], how: { readonly piped: boolean; readonly diffs: boolean; readonly colour: boolean }): string {
  return results
    .map(({ file, formatted }) => {
      if (formatted.kind === 'refused') return findingsText(formatted.findings, [file], how.colour);
      if (how.piped) return formatted.text.trimEnd();
      if (!formatted.changed) return '';
      return how.diffs ? difference(file.path, plainText(file), formatted.text) : file.path;
    })
    .filter((text) => text !== '')
    .join('\n');
}

function jsonOf({ file, formatted }: Result): object {
  if (formatted.kind === 'formatted') return { file: file.path, changed: formatted.changed };
  return { file: file.path, changed: false, reason: formatted.reason ?? 'it cannot be read', findings: formatted.findings };
}

/** Changed lines with two lines around them; a gap is one line of dots. */
function difference(path: string, before: string, after: string): string {
  const lines = diff(before.split('\n'), after.split('\n'));
  const near = (at: number): boolean =>
    lines.slice(Math.max(0, at - CONTEXT_LINES), at + CONTEXT_LINES + 1).some(([operation]) => operation !== 0);
  const shown: string[] = [`--- ${path}`, '+++ in canonical form'];
  for (const [at, [operation, line]] of lines.entries()) {
    if (near(at)) shown.push(`${operation === -1 ? '+' : operation === 1 ? '-' : ' '}${line}`);
    else if (shown.at(-1) !== '...') shown.push('...');
  }
  return shown.join('\n');
}

function plainText({ text }: DocumentFile): string {
  return typeof text === 'string' ? text : new TextDecoder().decode(text);
}
