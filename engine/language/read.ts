import { Composer, CST, type Document, isAlias, isMap, isPair, isScalar, isSeq, type Pair, type YAMLError } from 'yaml';
import { quoted, type Report } from './diagnostics.ts';
import { guardTokens } from './guard.ts';
import { lineSpan, lineText, placeOf, type SourceText, type Span } from './source-text.ts';
import { reportTraps, unquotedExpression } from './traps.ts';
import type { Entry, ScalarNode, TreeNode } from './tree.ts';

/** What a kind of documents allows beyond the others. */
export interface ReadOptions {
  /** Keys of a map that are written twice stay two entries, and whoever reads the tree says what that means. */
  readonly repeatedKeys?: boolean;
}

/** Reads a text as one YAML 1.2 document. Undefined after any parse finding: what follows from a misread document is noise. */
export function readDocument(source: SourceText, report: Report, options: ReadOptions = {}): TreeNode | undefined {
  let findings = 0;
  const lines = new Set<number>();
  const counting: Report = (code, place, marks) => {
    findings += 1;
    lines.add(placeOf(source, place.span.start).line);
    report(code, place, marks);
  };
  const tokens = guardTokens(source, counting);
  if (tokens === undefined) return undefined;
  const document = compose(tokens, source.text.length, options);
  if (document === undefined) {
    counting('RW102', { span: { start: 0, end: 0 }, pointer: '' }, { message: 'the file is empty' });
    return undefined;
  }
  for (const error of independentErrors(document)) reportYaml(error, { source, lines, report: counting });
  if (findings > 0) return undefined;
  const root = toTree(document.contents, { source, report: counting, tail: source.text.length });
  reportTraps(root, source, counting);
  return findings > 0 ? undefined : root;
}

function compose(tokens: readonly CST.Token[], length: number, { repeatedKeys = false }: ReadOptions): Document.Parsed | undefined {
  const composer = new Composer({ version: '1.2', uniqueKeys: !repeatedKeys, merge: false, strict: true });
  for (const document of composer.compose(tokens, true, length)) return document;
  return undefined;
}

// Errors that the parser recovers from; every other one makes the rest of the document look wrong.
const RECOVERABLE = new Set(['BLOCK_AS_IMPLICIT_KEY', 'DUPLICATE_KEY']);

function independentErrors(document: Document.Parsed): readonly YAMLError[] {
  const errors = [...document.errors, ...document.warnings].toSorted((left, right) => left.pos[0] - right.pos[0]);
  const first = errors.findIndex((error) => error.name === 'YAMLParseError' && !RECOVERABLE.has(error.code));
  return first < 0 ? errors : errors.slice(0, first + 1);
}

interface Reading {
  readonly source: SourceText;
  readonly lines: Set<number>;
  readonly report: Report;
}

// One finding for a line: the parser repeats itself where a value was not quoted.
function reportYaml(error: YAMLError, { source, lines, report }: Reading): void {
  const span = { start: error.pos[0], end: Math.max(error.pos[1], error.pos[0] + 1) };
  const { line } = placeOf(source, span.start);
  if (lines.has(line)) return;
  const unquoted = unquotedExpression(source, line);
  if (unquoted !== undefined) {
    report('RW109', { span: unquoted.span, pointer: '', hint: unquoted.hint }, { fix: unquoted.hint });
    return;
  }
  if (error.code === 'DUPLICATE_KEY') return reportDuplicate(span, source, report);
  if (error.code === 'MULTIPLE_DOCS') return report('RW105', { span, pointer: '' }, {});
  const message = plainMessage(error.message);
  if (error.name === 'YAMLWarning') return report('RW103', { span, pointer: '' }, { message });
  report('RW102', { span: visibleSpan(source, span), pointer: '' }, { message });
}

function reportDuplicate(span: Span, source: SourceText, report: Report): void {
  const { line } = placeOf(source, span.start);
  const text = /^[^\s:{},[\]]+/.exec(source.text.slice(span.start))?.[0] ?? lineText(source, line).trim();
  report('RW106', { span: { start: span.start, end: span.start + text.length }, pointer: '' }, { key: quoted(text) });
}

// The parser sometimes points behind the end of the line that is wrong.
function visibleSpan(source: SourceText, span: Span): Span {
  const { line } = placeOf(source, span.start);
  return lineText(source, line).trim() === '' ? lineSpan(source, Math.max(1, line - 1)) : span;
}

function plainMessage(message: string): string {
  const text = (message.split('\n')[0] ?? '').replace(/ at line \d+, column \d+:?$/, '').replace(/\.$/, '');
  return text.charAt(0).toLowerCase() + text.slice(1);
}

interface Building {
  readonly source: SourceText;
  readonly report: Report;
  readonly tail: number;
}

function toTree(node: unknown, building: Building): TreeNode {
  if (isMap(node)) {
    return { kind: 'map', span: spanOf(node.range), entries: node.items.flatMap((pair) => entryFrom(pair, building)) };
  }
  if (isSeq(node)) return { kind: 'list', span: spanOf(node.range), items: node.items.map((item) => toTree(item, building)) };
  if (isScalar(node)) return scalarFrom(node, building);
  const span = isAlias(node) ? spanOf(node.range) : { start: building.tail, end: building.tail };
  return { kind: 'scalar', span, value: null, style: 'plain', source: '' };
}

function entryFrom(pair: unknown, building: Building): readonly Entry[] {
  if (!isPair(pair)) return [];
  const { key, value } = pair as Pair;
  if (!isScalar(key)) {
    const span = isMap(key) || isSeq(key) ? spanOf(key.range) : { start: 0, end: 0 };
    building.report('RW102', { span, pointer: '' }, { message: 'a key must be a text' });
    return [];
  }
  const keySpan = spanOf(key.range);
  // `{a: b}: c` makes the map itself end and leaves a key without a name.
  if (keySpan.end <= keySpan.start) {
    building.report('RW111', { span: { start: keySpan.start, end: keySpan.start + 1 }, pointer: '' }, {});
    return [];
  }
  const text = typeof key.value === 'string' ? key.value : (key.source ?? String(key.value));
  // Objects treat this name apart: a value behind it would be lost without a word.
  if (text === '__proto__') building.report('RW202', { span: keySpan, pointer: '' }, { key: quoted(text), parent: 'the map' });
  const tail = { ...building, tail: keySpan.end };
  return [{ key: text, keySpan, value: value === null ? toTree(undefined, tail) : toTree(value, tail) }];
}

function scalarFrom(
  node: { value: unknown; range?: [number, number, number] | null; type?: string },
  { source, tail }: Building,
): ScalarNode {
  const range = spanOf(node.range, tail);
  const raw = source.text.slice(range.start, range.end);
  const { value } = node;
  const known = value === null || typeof value === 'number' || typeof value === 'boolean' || typeof value === 'string' ? value : raw;
  return { kind: 'scalar', span: range, value: known, style: styleOf(node.type), source: raw };
}

function styleOf(type: string | undefined): ScalarNode['style'] {
  if (type === 'QUOTE_SINGLE') return 'single';
  if (type === 'QUOTE_DOUBLE') return 'double';
  return type === 'BLOCK_LITERAL' || type === 'BLOCK_FOLDED' ? 'block' : 'plain';
}

function spanOf(range: readonly [number, number, number] | null | undefined, tail = 0): Span {
  return range === null || range === undefined ? { start: tail, end: tail } : { start: range[0], end: range[1] };
}
