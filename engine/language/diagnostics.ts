import { type Code, CODES, type Marks } from './codes.ts';
import { type LineColumn, placeOf, type SourceText, type Span } from './source-text.ts';

/** Something wrong with a document, with the smallest place that has to change. Lines and columns are 1-based, ends exclusive, columns in code points. */
export interface Finding {
  readonly code: Code;
  readonly severity: 'error' | 'warning';
  readonly message: string;
  readonly hint: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
  /** JSON Pointer of the value; empty where there is none. */
  readonly pointer: string;
  /** Present only when putting this text in place of the range removes the finding. */
  readonly fix?: { readonly text: string };
  readonly related: readonly { readonly message: string; readonly file: string; readonly line: number; readonly column: number }[];
  readonly docs: string;
}

/** Where a finding is, and what it says beyond the texts of its code. */
export interface FindingPlace {
  readonly span: Span;
  readonly pointer: string;
  /** Replaces the hint of the code, for example by a suggestion. */
  readonly hint?: string;
  readonly fix?: string;
  readonly related?: readonly { readonly message: string; readonly span: Span; readonly source?: SourceText }[];
}

/** Records one finding of a document. */
export type Report = <C extends Code>(code: C, place: FindingPlace, marks: Marks<C>) => void;

const MESSAGE_MAX = 100;
const VALUE_MAX = 60;
const PER_FILE_MAX = 200;

/** A function that adds findings of one document to a list. */
export function reportInto(findings: Finding[], source: SourceText): Report {
  return (code, place, marks) => {
    findings.push(findingOf(source, code, { ...place, marks }));
  };
}

/** A text from a document as findings show it: quoted, cut at 60 characters, control characters visible. */
export function quoted(text: string): string {
  return `"${shown(text)}"`;
}

/** As `quoted`, without the quotes. */
export function shown(text: string): string {
  const characters = Array.from(text.replaceAll('\r\n', '\n'), visible);
  return characters.length <= VALUE_MAX ? characters.join('') : `${characters.slice(0, VALUE_MAX - 1).join('')}…`;
}

/** The suggestion of a finding. */
export function didYouMean(name: string): string {
  return `did you mean ${quoted(name)}?`;
}

/** Sorts by file, line, column and code, and keeps at most 200 findings of a file, saying how many more there are. */
export function inOrder(findings: readonly Finding[]): readonly Finding[] {
  const sorted = [...findings].sort(compareFindings);
  const counts = new Map<string, number>();
  const kept: Finding[] = [];
  for (const item of sorted) {
    const count = (counts.get(item.file) ?? 0) + 1;
    counts.set(item.file, count);
    if (count <= PER_FILE_MAX) kept.push(item);
  }
  return kept.map((item, index) => {
    const more = (counts.get(item.file) ?? 0) - PER_FILE_MAX;
    const isLast = kept[index + 1]?.file !== item.file;
    return isLast && more > 0 ? { ...item, hint: `${item.hint}; and ${more} more findings in this file` } : item;
  });
}

function compareFindings(left: Finding, right: Finding): number {
  if (left.file !== right.file) return left.file < right.file ? -1 : 1;
  return left.line - right.line || left.column - right.column || (left.code < right.code ? -1 : Number(left.code > right.code));
}

/** One finding with the texts of its code and the place of its span. */
export function findingOf<C extends Code>(source: SourceText, code: C, place: FindingPlace & { readonly marks: Marks<C> }): Finding {
  const row = CODES[code];
  const start = placeOf(source, place.span.start);
  const end = placeOf(source, Math.max(place.span.end, place.span.start));
  return {
    code,
    severity: row.severity,
    message: cut(fill(row.message, place.marks)),
    hint: cut(place.hint ?? fill(row.hint, place.marks)),
    file: source.path,
    ...range(start, end),
    pointer: place.pointer,
    ...(place.fix === undefined ? {} : { fix: { text: place.fix } }),
    related: (place.related ?? []).map((item) => ({
      message: item.message,
      file: (item.source ?? source).path,
      ...placeOf(item.source ?? source, item.span.start),
    })),
    docs: `docs/reference/diagnostics.md#${code.toLowerCase()}`,
  };
}

function range(start: LineColumn, end: LineColumn): Pick<Finding, 'line' | 'column' | 'endLine' | 'endColumn'> {
  return { line: start.line, column: start.column, endLine: end.line, endColumn: end.column };
}

function fill(text: string, marks: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\{([a-z]+)\}/g, (mark, name: string) => marks[name] ?? mark);
}

function cut(text: string): string {
  const characters = Array.from(text, visible);
  return characters.length <= MESSAGE_MAX ? characters.join('') : `${characters.slice(0, MESSAGE_MAX - 1).join('')}…`;
}

function visible(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x20) return String.fromCodePoint(0x2400 + code);
  if (code === 0x7f) return '␡';
  // Direction marks could make a finding read as something else.
  if ((code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069) || (code >= 0x80 && code <= 0x9f)) return '�';
  return character;
}
