import type { JsonValue } from '../json.ts';
import type { Span } from './source-text.ts';

/** A value of a document with its place. */
export type TreeNode = MapNode | ListNode | ScalarNode;

/** A map; keys are unique and in written order. */
export interface MapNode {
  readonly kind: 'map';
  readonly span: Span;
  readonly entries: readonly Entry[];
}

/** One key of a map with its value. */
export interface Entry {
  readonly key: string;
  readonly keySpan: Span;
  readonly value: TreeNode;
}

/** A list. */
export interface ListNode {
  readonly kind: 'list';
  readonly span: Span;
  readonly items: readonly TreeNode[];
}

/** A single value as written: `source` is the raw text, quotes and indentation included, that starts at `span.start`. */
export interface ScalarNode {
  readonly kind: 'scalar';
  readonly span: Span;
  readonly value: string | number | boolean | null;
  readonly style: 'plain' | 'single' | 'double' | 'block';
  readonly source: string;
}

/** A step on the way from the root to a value. */
export type Segment = string | number;

/** The entry of a key; undefined when the node is no map or does not have it. */
export function entryOf(node: TreeNode | undefined, key: string): Entry | undefined {
  return node?.kind === 'map' ? node.entries.find((entry) => entry.key === key) : undefined;
}

/** The value of a key; undefined when the node is no map or does not have it. */
export function child(node: TreeNode | undefined, key: string): TreeNode | undefined {
  return entryOf(node, key)?.value;
}

/** The items of a list; none for other nodes. */
export function itemsOf(node: TreeNode | undefined): readonly TreeNode[] {
  return node?.kind === 'list' ? node.items : [];
}

/** The entries of a map; none for other nodes. */
export function entriesOf(node: TreeNode | undefined): readonly Entry[] {
  return node?.kind === 'map' ? node.entries : [];
}

/** The text of a scalar that is text. */
export function textOf(node: TreeNode | undefined): string | undefined {
  return node?.kind === 'scalar' && typeof node.value === 'string' ? node.value : undefined;
}

/** The value at a path, and the entry that leads to it when its last segment is a key. */
export function nodeAt(root: TreeNode, path: readonly Segment[]): TreeNode | undefined {
  let node: TreeNode | undefined = root;
  for (const segment of path) node = typeof segment === 'number' ? itemsOf(node)[segment] : child(node, segment);
  return node;
}

/** The plain JSON value of a node. Maps have no prototype, so that no key can reach one. */
export function plainValue(node: TreeNode): JsonValue {
  if (node.kind === 'scalar') return node.value;
  if (node.kind === 'list') return node.items.map(plainValue);
  const map = Object.create(null) as Record<string, JsonValue>;
  for (const entry of node.entries) map[entry.key] = plainValue(entry.value);
  return map;
}

/** The JSON Pointer (RFC 6901) of a path. */
export function pointerOf(path: readonly Segment[]): string {
  return path.map((segment) => `/${String(segment).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
