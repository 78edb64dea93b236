import type { Code, Marks } from './codes.ts';
import { type Finding, findingOf } from './diagnostics.ts';
import type { LoadedRunbook } from './load.ts';
import { readDocument } from './read.ts';
import { ownerSpan } from './schema-findings.ts';
import { sourceText } from './source-text.ts';
import { nodeAt, pointerOf, type Segment } from './tree.ts';

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
