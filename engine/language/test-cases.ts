import { placeOf, type SourceText } from './source-text.ts';
import { type CaseSource, caseSchema } from './schema-test.ts';
import type { Place } from './runbook.ts';
import { child, type Entry, itemsOf, plainValue, pointerOf, type Segment, type TreeNode } from './tree.ts';

/** A case with the defaults merged into it: its values, and the tree that they were written in. */
export interface WrittenCase {
  readonly source: CaseSource;
  readonly tree: TreeNode;
  /** JSON Pointer of the case in its document. */
  readonly pointer: string;
}

/** The cases of a test in written order. Maps are merged by key, and what the case says wins over the defaults. */
export function writtenCases(root: TreeNode): readonly WrittenCase[] {
  const defaults = child(root, 'defaults');
  return itemsOf(child(root, 'cases')).map((own, index) => {
    const tree = defaults === undefined ? own : merged(defaults, own, 1);
    return { source: caseSchema.parse(plainValue(tree)), tree, pointer: pointerOf(['cases', index]) };
  });
}

// Below the keys of a case one more level is merged: a mock, a list of machines or an expectation is taken whole.
function merged(defaults: TreeNode, own: TreeNode, deeper: number): TreeNode {
  if (defaults.kind !== 'map' || own.kind !== 'map') return own;
  const kept = defaults.entries.filter(({ key }) => child(own, key) === undefined);
  const entries = own.entries.map((entry): Entry => {
    const other = child(defaults, entry.key);
    return other === undefined || deeper === 0 ? entry : { ...entry, value: merged(other, entry.value, deeper - 1) };
  });
  return { ...own, entries: [...kept, ...entries] };
}

/** The node at a path, or the nearest one above it that is written. */
export function nearestNode(tree: TreeNode, path: readonly Segment[]): TreeNode {
  let node = tree;
  for (const segment of path) {
    const next = typeof segment === 'number' ? itemsOf(node)[segment] : child(node, segment);
    if (next === undefined) return node;
    node = next;
  }
  return node;
}

/** The place of the value at a path of a case, or of what holds it. */
export function placeIn(written: WrittenCase, path: readonly Segment[], source: SourceText): Place {
  return placeOf(source, nearestNode(written.tree, path).span.start);
}
