import type { FindingPlace } from './diagnostics.ts';
import type { OutlinedStep } from './outline.ts';
import { child, entriesOf, pointerOf, textOf } from './tree.ts';

/** Where a finding about a whole step belongs: its id, or its first key when it has none. */
export function ownerOfStep({ node, path }: OutlinedStep): FindingPlace {
  const span = child(node, 'id')?.span ?? entriesOf(node)[0]?.keySpan ?? node.span;
  return { span, pointer: pointerOf(path) };
}

/** The action that a step names, known or not. */
export function actionOf({ node }: Pick<OutlinedStep, 'node'>): string | undefined {
  return textOf(child(node, 'uses'));
}
