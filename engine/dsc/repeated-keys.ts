import { quoted, type Report } from '../language/diagnostics.ts';
import { type MapNode, pointerOf, type Segment, type TreeNode } from '../language/tree.ts';

/** Where the keys of a map are the author's own, so that the format lets the last of two count. */
const FREE = [/^\/variables(\/|$)/, /^\/metadata(\/|$)/, /^\/parameters\/[^/]*\/defaultValue(\/|$)/, /\/(properties|metadata)(\/|$)/];

/** The tree with one entry for each key: the last one, with a warning, where keys are free; elsewhere two are an error. */
export function withoutRepeatedKeys(root: TreeNode, report: Report): TreeNode {
  return cleaned(root, [], report);
}

function cleaned(node: TreeNode, path: readonly Segment[], report: Report): TreeNode {
  if (node.kind === 'scalar') return node;
  if (node.kind === 'list') return { ...node, items: node.items.map((item, index) => cleaned(item, [...path, index], report)) };
  const last = new Map(node.entries.map((entry) => [entry.key, entry]));
  if (last.size < node.entries.length) reportRepeats(node, path, report);
  const entries = [...last.values()].map((entry) => ({ ...entry, value: cleaned(entry.value, [...path, entry.key], report) }));
  return { ...node, entries };
}

function reportRepeats(node: MapNode, path: readonly Segment[], report: Report): void {
  const pointer = pointerOf(path);
  const isFree = FREE.some((each) => each.test(pointer));
  const seen = new Set<string>();
  for (const { key, keySpan } of node.entries) {
    const place = { span: keySpan, pointer: pointerOf([...path, key]) };
    if (seen.has(key)) report(isFree ? 'RW-DSC-118' : 'RW106', place, { key: quoted(key) });
    seen.add(key);
  }
}
