import type { Code, Marks } from './codes.ts';
import { type Finding, findingOf } from './diagnostics.ts';
import type { LoadedRunbook } from './load.ts';
import { readDocument } from './read.ts';
import { ownerSpan } from './schema-findings.ts';
import { sourceText } from './source-text.ts';
import { child, nodeAt, pointerOf, type Segment, textOf, type TreeNode } from './tree.ts';

/** Something wrong with a document that had no error when it was checked: the planner, the start or the run has found it. */
export type LateFinding = {
  readonly [C in Code]: {
    readonly code: C;
    /** The way to the value that is wrong; where it is not written, the finding stands at the first key above. */
    readonly path: readonly Segment[];
    /** The finding stands at the key, not at the value. */
    readonly atKey?: boolean;
    readonly marks: Marks<C>;
    /** Replaces the pointer of the path, where the finding is about something that was given from outside. */
    readonly pointer?: string;
  };
}[Code];

/** Gives late findings of a document their places in its text. */
export function placeLateFindings({ path, text }: Pick<LoadedRunbook, 'path' | 'text'>, late: readonly LateFinding[]): readonly Finding[] {
  if (late.length === 0) return [];
  const source = sourceText(path, text);
  const root = readDocument(source, () => undefined) ?? { kind: 'map', span: { start: 0, end: 0 }, entries: [] };
  return late.map(({ code, path: way, atKey, marks, pointer }) => {
    const node = atKey === true ? undefined : nodeAt(root, way);
    const place = { span: node?.span ?? ownerSpan(root, way), pointer: pointer ?? pointerOf(way) };
    return findingOf<Code>(source, code, { ...place, marks: marks as Marks<Code> });
  });
}

/** The way to a step in the text of its runbook, by its id, which is unique there. */
export function pathOfStep({ path, text }: Pick<LoadedRunbook, 'path' | 'text'>, id: string): readonly Segment[] {
  const root = readDocument(sourceText(path, text), () => undefined);
  return (root === undefined ? undefined : wayTo(root, id)) ?? ['steps'];
}

function wayTo(node: TreeNode, id: string): readonly Segment[] | undefined {
  if (node.kind === 'scalar') return undefined;
  if (node.kind === 'map' && textOf(child(node, 'id')) === id && child(node, 'cron') === undefined) return [];
  const inner =
    node.kind === 'map'
      ? node.entries.map((entry) => [entry.key, entry.value] as const)
      : node.items.map((item, index) => [index, item] as const);
  for (const [segment, value] of inner) {
    const way = wayTo(value, id);
    if (way !== undefined) return [segment, ...way];
  }
  return undefined;
}
