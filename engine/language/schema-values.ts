import type { z } from 'zod';
import { CUT_OFF, isCutOff } from './cut-off.ts';
import { didYouMean, quoted, type Report } from './diagnostics.ts';
import { nearest } from './near.ts';
import { hasExpression } from './template.ts';
import { entryOf, nodeAt, pointerOf, type Segment, type TreeNode } from './tree.ts';

/** An issue about one value that is there. */
export type ValueIssue = z.core.$ZodIssue & { readonly path: Segment[] };

const TYPE_NAMES: Readonly<Record<string, { readonly name: string; readonly example: string }>> = {
  string: { name: 'text', example: 'quote it: "…"' },
  number: { name: 'a number', example: 'for example 3' },
  int: { name: 'a whole number', example: 'for example 3' },
  boolean: { name: 'true or false', example: 'true or false, without quotes' },
  array: { name: 'a list', example: 'write - item lines, or [a, b]' },
  object: { name: 'a map', example: 'write key: value lines below it' },
  record: { name: 'a map', example: 'write key: value lines below it' },
};

// What a key takes where the type alone would mislead.
const EXAMPLES: Readonly<Record<string, string>> = {
  wait: '10m, "${{ inputs.bake }}", or { until_time: … }',
  for_each: "\"${{ ['a', 'b'] }}\"",
  missed: 'missed: { run: latest }',
};

// What fits where the words for it are not an example themselves.
const CODED_EXAMPLES: Readonly<Record<string, string>> = {
  'an RFC 3339 time with an offset': '"2026-03-29T02:00:00+01:00"',
};

// Words that the language knows as values and this release does not have.
const RESERVED_VALUES: Readonly<Record<string, readonly string[]>> = {
  via: ['winrm'],
  freeze: ['exempt'],
};

/** Reports one value of the wrong type, outside its list or outside its bounds. */
export function valueFinding(issue: ValueIssue, root: TreeNode, report: Report): void {
  const node = nodeAt(root, issue.path);
  if (node === undefined) return;
  const key = String(issue.path.findLast((segment) => typeof segment === 'string') ?? 'the document');
  const finding: ValueAt = { issue, node, key, root, report };
  if (issue.code === 'invalid_key') return reportKey(finding);
  if (isReserved(finding)) return;
  if (node.kind === 'scalar' && typeof node.value === 'string' && hasExpression(node.value)) return reportDelimiters(finding);
  if (issue.code === 'invalid_type') return reportType(finding, issue.expected);
  if (issue.code === 'invalid_value') return reportChoice(finding, issue.values.map(String));
  if (/^RW\d{3}/.test(issue.message)) return reportCoded(finding, issue.message);
  report('RW207', { span: node.span, pointer: pointerOf(issue.path) }, { key: quoted(key), bound: boundOf(issue) });
}

interface ValueAt {
  readonly issue: ValueIssue;
  readonly node: TreeNode;
  readonly key: string;
  readonly root: TreeNode;
  readonly report: Report;
}

function isReserved({ node, key, issue, report }: ValueAt): boolean {
  const words = RESERVED_VALUES[key];
  if (words === undefined) return false;
  const word = node.kind === 'scalar' ? String(node.value) : '';
  if (!words.includes(word)) return false;
  report('RW224', { span: node.span, pointer: pointerOf(issue.path) }, { key: quoted(`${key}: ${word}`) });
  return true;
}

function reportDelimiters({ node, issue, report }: ValueAt): void {
  report('RW309', { span: node.span, pointer: pointerOf(issue.path) }, { problem: 'not allowed here' });
}

function reportKey({ issue, root, report }: ValueAt): void {
  const key = String(issue.path.at(-1));
  const span = entryOf(nodeAt(root, (issue.path as Segment[]).slice(0, -1)), key)?.keySpan ?? { start: 0, end: 0 };
  const value = entryOf(nodeAt(root, (issue.path as Segment[]).slice(0, -1)), key)?.value;
  if (isCutOff(key, value)) {
    const pointer = pointerOf(issue.path as Segment[]);
    report('RW202', { span, pointer, hint: CUT_OFF }, { key: quoted(key), parent: 'the map' });
    return;
  }
  const inner = issue.code === 'invalid_key' ? issue.issues[0]?.message : undefined;
  const what = inner?.startsWith('RW208:') === true ? inner.slice('RW208:'.length) : 'id';
  reportId({ report, span, pointer: pointerOf(issue.path as Segment[]) }, key, what);
}

function reportId(
  place: { readonly report: Report; readonly span: TreeNode['span']; readonly pointer: string },
  id: string,
  what: string,
): void {
  const separator = what === 'name' ? '-' : '_';
  const hint = what === 'env name' ? { hint: 'capital letters, digits, _, at most 64' } : {};
  place.report('RW208', { span: place.span, pointer: place.pointer, ...hint }, { id: quoted(id), what, separator });
}

function reportType({ node, key, issue, report }: ValueAt, expected: string): void {
  const kinds = expected.split('|').map((kind) => TYPE_NAMES[kind] ?? { name: kind, example: 'see the reference' });
  const type = [...new Set(kinds.map((kind) => kind.name))].join(' or ');
  report(
    'RW205',
    { span: node.kind === 'scalar' ? node.span : firstLine(node), pointer: pointerOf(issue.path) },
    { key: quoted(key), type, found: foundName(node), example: EXAMPLES[key] ?? kinds[0]?.example ?? 'see the reference' },
  );
}

function firstLine(node: TreeNode): TreeNode['span'] {
  if (node.kind === 'map') return node.entries[0]?.keySpan ?? node.span;
  return { start: node.span.start, end: node.span.start + 1 };
}

function foundName(node: TreeNode): string {
  if (node.kind === 'map') return 'a map';
  if (node.kind === 'list') return 'a list';
  if (node.value === null) return 'nothing';
  if (typeof node.value === 'string') return 'text';
  return typeof node.value === 'number' ? `the number ${node.value}` : String(node.value);
}

function reportChoice({ node, issue, report, key }: ValueAt, values: readonly string[]): void {
  if (node.kind !== 'scalar') return reportType({ node, issue, report, key, root: node }, 'string');
  const value = String(node.value);
  const near = nearest(value, values);
  const suggestion = near === undefined ? {} : { hint: didYouMean(near), fix: near };
  const shownValues = values.length > 8 ? `${values.slice(0, 8).join(', ')}, …` : values.join(', ');
  report('RW206', { span: node.span, pointer: pointerOf(issue.path), ...suggestion }, { value: quoted(value), list: shownValues });
}

function reportCoded({ node, issue, report, key }: ValueAt, message: string): void {
  const [code, about = ''] = message.split(/:(.*)/s);
  const place = { span: node.kind === 'scalar' ? node.span : firstLine(node), pointer: pointerOf(issue.path) };
  if (code === 'RW207') return report('RW207', place, { key: quoted(key), bound: about });
  const value = node.kind === 'scalar' ? String(node.value) : '';
  if (code === 'RW213') return report('RW213', place, { text: quoted(value) });
  if (code === 'RW503') return report('RW503', place, {});
  if (code === 'RW208') return reportId({ report, ...place }, value, about);
  report('RW205', place, {
    key: quoted(key),
    type: about,
    found: quoted(value),
    example: CODED_EXAMPLES[about] ?? 'see the example in the reference',
  });
}

function boundOf(issue: ValueIssue): string {
  if (issue.code === 'too_small')
    return issue.origin === 'array' ? `at least ${issue.minimum} item` : sized('at least', issue.minimum, issue.origin);
  if (issue.code === 'too_big')
    return issue.origin === 'array' ? `at most ${issue.maximum} items` : sized('at most', issue.maximum, issue.origin);
  return 'see the reference';
}

function sized(word: string, limit: number | bigint, origin: string): string {
  return origin === 'string' ? `${word} ${limit} characters` : `${word} ${limit}`;
}
