import type { z } from 'zod';
import { CUT_OFF, isCutOff } from './cut-off.ts';
import { didYouMean, quoted, type Report } from './diagnostics.ts';
import { nearest } from './near.ts';
import { valueFinding, type ValueIssue } from './schema-values.ts';
import { mapAt } from './schema-walk.ts';
import type { Span } from './source-text.ts';
import { child, entriesOf, entryOf, nodeAt, pointerOf, type Segment, type TreeNode } from './tree.ts';

type Issue = z.core.$ZodIssue;

interface Checking {
  readonly schema: z.ZodType;
  readonly root: TreeNode;
  readonly report: Report;
}

/** Reports what a closed schema finds in a document, in our words and at the smallest place that has to change. */
export function reportSchema(issues: readonly Issue[], checking: Checking): void {
  const flat = issues.flatMap((issue) => flatten(issue, [], checking.root));
  const explained = new Set<string>();
  for (const issue of flat) if (issue.code === 'unrecognized_keys') reportUnknownKeys(issue, checking, explained);
  for (const issue of flat) {
    if (issue.code === 'unrecognized_keys') continue;
    if (isMissing(issue, checking.root)) reportMissing(issue, checking, explained);
    else valueFinding(issue as ValueIssue, checking.root, checking.report);
  }
}

type Flat = Issue & { readonly path: Segment[] };

// Of a union, the branch that fits best speaks: the one whose complaints are deepest inside the value.
function flatten(issue: Issue, base: readonly Segment[], root: TreeNode): readonly Flat[] {
  const path = [...base, ...(issue.path as Segment[])];
  if (issue.code !== 'invalid_union') return [{ ...issue, path } as Flat];
  const node = nodeAt(root, path);
  const branches = issue.errors.filter((branch) => branch.every((inner) => fitsKind(inner, node)));
  const [best] = branches.toSorted((left, right) => left.length - right.length);
  if (best !== undefined) return best.flatMap((inner) => flatten(inner, path, root));
  const expected = issue.errors.flatMap((branch) => branch.map((inner) => (inner.code === 'invalid_type' ? inner.expected : 'string')));
  return [{ code: 'invalid_type', expected: [...new Set(expected)].join('|'), path, message: '', input: undefined } as unknown as Flat];
}

function fitsKind(issue: Issue, node: TreeNode | undefined): boolean {
  if (issue.path.length > 0) return true;
  if (issue.code === 'invalid_type') return false;
  return issue.code !== 'invalid_value' || node?.kind === 'scalar';
}

function isMissing(issue: Flat, root: TreeNode): boolean {
  return (issue.code === 'invalid_type' || issue.code === 'invalid_value') && nodeAt(root, issue.path) === undefined;
}

function reportUnknownKeys(issue: Flat & { code: 'unrecognized_keys' }, { schema, root, report }: Checking, explained: Set<string>): void {
  const path = issue.path as Segment[];
  const map = mapAt(schema, root, path);
  const node = nodeAt(root, path);
  for (const key of issue.keys) {
    const span = entryOf(node, key)?.keySpan ?? { start: 0, end: 0 };
    const place = { span, pointer: pointerOf([...path, key]) };
    if (map?.reserved?.includes(key) === true) {
      // A wait of a later release has other keys of its own; naming it once is enough.
      report('RW224', place, { key: quoted(key) });
      if (map.title !== 'wait') continue;
      for (const known of map.keys) explained.add(pointerOf([...path, known]));
      return;
    }
    const absent = (map?.keys ?? []).filter((known) => child(node, known) === undefined);
    const near = nearest(key, absent);
    if (near !== undefined) explained.add(pointerOf([...path, near]));
    const suggestion =
      near !== undefined ? { hint: didYouMean(near), fix: near } : isCutOff(key, child(node, key)) ? { hint: CUT_OFF } : {};
    report('RW202', { ...place, ...suggestion }, { key: quoted(key), parent: map?.title ?? 'this map' });
  }
}

function reportMissing(issue: Issue, { schema, root, report }: Checking, explained: ReadonlySet<string>): void {
  const pointer = pointerOf(issue.path as Segment[]);
  if (explained.has(pointer)) return;
  const parentPath = (issue.path as Segment[]).slice(0, -1);
  const parent = mapAt(schema, root, parentPath)?.title ?? 'the map';
  const key = String(issue.path.at(-1));
  report('RW203', { span: ownerSpan(root, parentPath), pointer }, { key: quoted(key), parent });
}

/** The key that leads to a value, or its first key when the value is an item of a list or the document. */
export function ownerSpan(root: TreeNode, path: readonly Segment[]): Span {
  const last = path.at(-1);
  const parent = nodeAt(root, path.slice(0, -1));
  const entry = typeof last === 'string' ? entryOf(parent, last) : undefined;
  if (entry !== undefined) return entry.keySpan;
  const node = nodeAt(root, path);
  return entriesOf(node)[0]?.keySpan ?? node?.span ?? { start: 0, end: 0 };
}
