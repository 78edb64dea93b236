import {
  type Document,
  isCollection,
  isMap,
  isPair,
  isScalar,
  isSeq,
  parseDocument,
  type ParsedNode,
  type Scalar,
  visit,
  type YAMLMap,
} from 'yaml';
import type { z } from 'zod';
import { canonicalJson } from '../json.ts';
import type { Finding } from './diagnostics.ts';
import { inOrder, reportInto } from './diagnostics.ts';
import { acceptText, type DocumentFile } from './guard.ts';
import { readDocument } from './read.ts';
import { calendarSchema } from './schema-calendar.ts';
import { testSchema } from './schema-test.ts';
import { inventorySchema, runbookSchema } from './schema-v1.ts';
import { mapAt } from './schema-walk.ts';
import { child, plainValue, type Segment, textOf, type TreeNode } from './tree.ts';

/** A text in canonical form, or why it was left alone: findings of the parser, or a comment that has no place in the new text. */
export type Formatted =
  | { readonly kind: 'formatted'; readonly text: string; readonly changed: boolean }
  | { readonly kind: 'refused'; readonly findings: readonly Finding[]; readonly reason?: string };

const WIDTH_MAX = 100;
const SCHEMAS: Readonly<Record<string, z.ZodType>> = {
  Runbook: runbookSchema,
  Inventory: inventorySchema,
  Calendar: calendarSchema,
  RunbookTest: testSchema,
};

// What a step does stands before how: a reader meets the machines and the values before the script that uses them.
const STEP_KEYS = (
  'id name if needs uses call undo wait target for_each as rollout with shell effect env run done_when approval manual assert ' +
  'max_parallel until success_if outputs retry timeout on_failure rollback_on_failure locks windows at_window_close steps parallel rollback finally'
).split(' ');

/**
 * Writes a document in canonical form: two spaces, keys in the order of the reference, a blank line between steps, at most one elsewhere,
 * block style beyond 100 columns, quotes around every text with an expression. Comments stay with what they stand at; the value is the same
 * before and after, and formatting again changes nothing. Unknown keys come last in their map, in written order.
 */
export function formatDocument(file: DocumentFile): Formatted {
  const { source, reason } = acceptText(file);
  const findings: Finding[] = [];
  const report = reportInto(findings, source);
  if (reason !== undefined) report('RW101', { span: { start: 0, end: 0 }, pointer: '' }, { reason });
  const root = reason === undefined ? readDocument(source, report) : undefined;
  if (root === undefined) return { kind: 'refused', findings: inOrder(findings) };

  const text = canonicalText(source.text, root);
  const after = readDocument({ ...source, text }, () => undefined);
  const same = after !== undefined && canonicalJson(plainValue(after)) === canonicalJson(plainValue(root));
  if (!same) return { kind: 'refused', findings: [], reason: 'the canonical form would not mean the same' };
  if (commentsOf(text) !== commentsOf(source.text)) return { kind: 'refused', findings: [], reason: 'a comment would be lost' };
  return { kind: 'formatted', text, changed: text !== source.text };
}

function canonicalText(text: string, root: TreeNode): string {
  const document = parse(text);
  const schema = SCHEMAS[textOf(child(root, 'kind')) ?? ''];
  if (schema !== undefined) orderKeys(document, root, schema);
  quoteExpressions(document);
  space(document);
  let written = print(document);
  // What was one line may be several now, so that what it stands in may fit again: from the outside in, until nothing is too long.
  for (let wide = widest(written); wide.length > 0; wide = widest(written)) {
    for (const path of wide) {
      const node = document.getIn(path, true);
      if (isCollection(node)) node.flow = false;
    }
    space(document);
    written = print(document);
  }
  return written;
}

function print(document: Document.Parsed): string {
  return tightLists(document.toString({ indent: 2, lineWidth: 0, flowCollectionPadding: true, nullStr: 'null' }));
}

// `{ a: 1 }` and `[a, b]`: the printer has one padding for both.
function tightLists(text: string): string {
  const spaces: number[] = [];
  visit(parse(text), {
    Seq(_, list) {
      const [start, end] = list.range ?? [];
      if (list.flow !== true || start === undefined || end === undefined) return;
      if (text[start + 1] === ' ') spaces.push(start + 1);
      if (text[end - 2] === ' ' && end - 2 > start + 1) spaces.push(end - 2);
    },
  });
  return spaces.toSorted((left, right) => right - left).reduce((rest, at) => rest.slice(0, at) + rest.slice(at + 1), text);
}

// What was read once without a finding is read again without being judged.
function parse(text: string): Document.Parsed {
  return parseDocument(text, { version: '1.2', uniqueKeys: false, strict: false });
}

function orderKeys(document: Document.Parsed, root: TreeNode, schema: z.ZodType): void {
  visit(document, {
    Map(_, map, ancestors) {
      const path = pathOf(map, ancestors);
      const keys = path === undefined ? undefined : orderAt(schema, root, path);
      if (keys === undefined || inOrderAlready(map, keys)) return;
      moveComment(map, ancestors.at(-1));
      map.items = map.items.toSorted((left, right) => place(keys, left.key) - place(keys, right.key));
    },
  });
}

// A comment above the first key belongs to that key once another one comes first; above an item of a list, or at the top of the file, it
// belongs to the whole.
function moveComment(map: YAMLMap, parent: unknown): void {
  const key = map.items[0]?.key;
  if (!isScalar(key)) return;
  const comment = joined(map.commentBefore, key.commentBefore);
  map.commentBefore = isPair(parent) || comment === '' ? null : comment;
  key.commentBefore = isPair(parent) && comment !== '' ? comment : null;
}

function joined(...comments: readonly (string | null | undefined)[]): string {
  return comments.filter((comment) => comment != null).join('\n');
}

function orderAt(schema: z.ZodType, root: TreeNode, path: readonly Segment[]): readonly string[] | undefined {
  const found = mapAt(schema, root, path);
  return found?.keys.includes('uses') === true ? STEP_KEYS : found?.keys;
}

function inOrderAlready(map: YAMLMap, keys: readonly string[]): boolean {
  const places = map.items.map(({ key }) => place(keys, key));
  return places.every((at, index) => index === 0 || at >= (places[index - 1] ?? 0));
}

function place(keys: readonly string[], key: unknown): number {
  const at = keys.indexOf(isScalar(key) ? String(key.value) : '');
  return at < 0 ? keys.length : at;
}

// The path of a map, read off the pairs and lists around it.
function pathOf(map: YAMLMap, ancestors: readonly unknown[]): readonly Segment[] | undefined {
  const path: Segment[] = [];
  const chain = [...ancestors, map];
  for (const [index, node] of chain.entries()) {
    const next = chain[index + 1];
    if (isSeq(node) && next !== undefined) path.push(node.items.indexOf(next));
    else if (isMap(node) && next !== undefined) {
      const { key } = next as { readonly key?: unknown };
      if (!isScalar(key)) return undefined;
      path.push(String(key.value));
    }
  }
  return path;
}

// `{ x: ${{ y }} }` is no YAML and `x: ${{ a ? b : c }}` none either: quoted, a text survives being moved.
function quoteExpressions(document: Document.Parsed): void {
  visit(document, {
    Scalar(key, scalar) {
      if (key === 'key' || scalar.type !== 'PLAIN' || typeof scalar.value !== 'string' || !scalar.value.includes('${{')) return;
      (scalar as Scalar).type = scalar.value.includes('"') ? 'QUOTE_SINGLE' : 'QUOTE_DOUBLE';
    },
  });
}

const STEP_LISTS = new Set(['steps', 'parallel', 'finally', 'rollback', 'checks', 'do', 'after_wave', 'cases', 'schedules']);

/** A blank line between steps, none between steps of one line, none after a key that opens something. */
function space(document: Document.Parsed): void {
  visit(document, {
    Pair(_, pair, ancestors) {
      const { key, value } = pair;
      const parent = ancestors.at(-1);
      const isFirst = isMap(parent) && parent.items[0] === pair;
      if (isScalar(key) && isFirst && ancestors.length > 1) {
        key.spaceBefore = false;
        // Behind the dash of an item there is no line for a comment.
        if (key.commentBefore != null && isSeq(ancestors.at(-2)) && parent.flow !== true) {
          parent.commentBefore = joined(parent.commentBefore, key.commentBefore);
          key.commentBefore = null;
        }
      }
      if (!isScalar(key) || !isSeq(value) || value.flow === true || !STEP_LISTS.has(String(key.value))) return;
      const blocks = value.items.some((item) => isMap(item) && item.flow !== true);
      for (const [index, item] of value.items.entries()) if (isMap(item)) item.spaceBefore = blocks && index > 0;
    },
  });
}

/** Paths of the outermost one-line collections that end beyond the last column. */
function widest(text: string): readonly (readonly Segment[])[] {
  const document = parse(text);
  const found: (readonly Segment[])[] = [];
  const look = (node: ParsedNode | null | undefined, path: readonly Segment[]): void => {
    if (!isCollection(node)) return;
    if (node.flow === true && node.items.length > 0 && columnsOf(text, node.range) > WIDTH_MAX) {
      found.push(path);
      return;
    }
    for (const [index, item] of node.items.entries()) {
      if (isSeq(node)) look(item as ParsedNode, [...path, index]);
      else if (isScalar((item as { key?: unknown }).key)) {
        const { key, value } = item as { key: Scalar; value?: ParsedNode | null };
        look(value, [...path, String(key.value)]);
      }
    }
  };
  look(document.contents, []);
  return found;
}

function columnsOf(text: string, range: readonly number[] | null | undefined): number {
  const [start = 0] = range ?? [];
  const line = text.slice(text.lastIndexOf('\n', start - 1) + 1).split('\n', 1)[0] ?? '';
  return line.length;
}

/** Every comment of a text, sorted: reordered keys may change which comes first. */
function commentsOf(text: string): string {
  const found: string[] = [];
  const document = parse(text);
  const add = (comment: string | null | undefined): void => {
    if (comment != null) found.push(...comment.split('\n').map((line) => line.trim()));
  };
  add(document.commentBefore);
  add(document.comment);
  visit(document, {
    Node(_, node) {
      add(node.commentBefore);
      add(node.comment);
    },
  });
  return found
    .filter((line) => line !== '')
    .toSorted()
    .join('\n');
}
