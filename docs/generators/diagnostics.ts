import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CODES } from '../../engine/language/codes.ts';
import type { Finding } from '../../engine/language/diagnostics.ts';
import { fence, page } from './markdown.ts';

const RANGES = [
  ['RW1', 'Reading the file'],
  ['RW2', 'Shape of the document'],
  ['RW3', 'Expressions'],
  ['RW4', 'References'],
  ['RW5', 'Safety'],
  ['RW6', 'Tests of runbooks'],
  ['RW-DSC', 'Configuration documents'],
] as const;

const GOLDENS = join(import.meta.dirname, '../../test/golden/bad');
const SAID = join(import.meta.dirname, '../../test/golden/said');
const WHOLE_MAX_LINES = 16;
const LINES_AROUND = 3;

/** docs/reference/diagnostics.md: every finding that checking, linting, planning and starting can make, each with what shows it and what is printed then. */
export function diagnosticsPage(): string {
  const names = namesIn(GOLDENS);
  const said = namesIn(SAID);
  const rows = Object.entries(CODES);
  const parts = RANGES.flatMap(([prefix, title]) => {
    const own = rows.filter(([code]) => code.startsWith(prefix)).toSorted(([left], [right]) => (left < right ? -1 : 1));
    if (own.length === 0) return [];
    return [`## ${prefix}xx: ${title}`, ...own.flatMap(([code, row]) => section(code, row, { names, said }))];
  });
  return page(
    'Findings',
    'What can be wrong with a document, and what is printed then: each example is a test of this product. Every finding has a file, a line and a column; words in braces are filled in. A code is never reused for something else. `runward explain CODE` prints its part of this page; `runward validate -o human|json|sarif|github|junit` chooses the form.',
    parts,
  );
}

interface Examples {
  readonly names: readonly string[];
  readonly said: readonly string[];
}

interface Row {
  readonly severity: string;
  readonly message: string;
  readonly hint: string;
}

function section(code: string, { severity, message, hint }: Row, { names, said }: Examples): readonly string[] {
  const isOwn = (name: string): boolean => name.startsWith(`${code.toLowerCase()}-`);
  return [
    `### ${code}`,
    `${severity}: ${message}`,
    `Hint: ${hint}`,
    ...names.filter(isOwn).flatMap((name) => example(code, name)),
    ...said.filter(isOwn).flatMap(saidExample),
  ];
}

function namesIn(folder: string): readonly string[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => file.slice(0, -'.yaml'.length))
    .toSorted();
}

// Nothing is wrong with these documents, so there is no place to point at: what is said is the answer to a start, or stands at the run.
function saidExample(name: string): readonly string[] {
  const [text, out] = ['yaml', 'out'].map((ending) => readFileSync(join(SAID, `${name}.${ending}`), 'utf8').trimEnd());
  return [
    fence('yml', text ?? ''),
    'Nothing is wrong with the text itself; the server says it of a start, or of the run:',
    fence('text', out ?? ''),
  ];
}

function example(code: string, name: string): readonly string[] {
  const text = readFileSync(join(GOLDENS, `${name}.yaml`), 'utf8');
  const { findings } = JSON.parse(readFileSync(join(GOLDENS, `${name}.json`), 'utf8')) as { readonly findings: readonly Finding[] };
  const lines = findings.filter((finding) => finding.code === code && finding.file === `bad/${name}.yaml`).map((finding) => finding.line);
  // Not marked as runbooks for the checks of our own pages: these are wrong on purpose.
  return [fence('yml', excerpt(text.replace('\uFEFF', '<U+FEFF>').split('\n'), lines)), fence('text', printed(code, name))];
}

function excerpt(lines: readonly string[], marked: readonly number[]): string {
  if (lines.length <= WHOLE_MAX_LINES) return lines.join('\n');
  const shown = lines.map((_, index) => marked.some((line) => Math.abs(line - 1 - index) <= LINES_AROUND));
  return lines
    .flatMap((line, index) => (shown[index] === true ? [cut(line)] : shown[index - 1] === true || index === 0 ? ['…'] : []))
    .join('\n')
    .replace(/…\n…/, '…');
}

function cut(line: string): string {
  return line.length > 160 ? `${line.slice(0, 159)}…` : line;
}

// A document mostly has more wrong with it than the one thing that its golden is for.
function printed(code: string, name: string): string {
  const parts = readFileSync(join(GOLDENS, `${name}.out`), 'utf8').split(/^(?=(?:error|warning)\[)/m);
  const own = parts
    .filter((part) => part.includes(`[${code}]`))
    .map((part) => part.replace(/^\d+ (?:error|warning)s?\b.* in \d+ of .*\n$/m, ''));
  return own.join('').split('\n').map(cut).join('\n');
}
