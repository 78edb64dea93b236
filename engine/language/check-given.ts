import { inputsFrom } from './build-steps.ts';
import type { Report } from './diagnostics.ts';
import { checkValue } from './input-values.ts';
import type { InputSource } from './schema-input.ts';
import { type Entry, plainValue, pointerOf, type Segment, type TreeNode } from './tree.ts';

/** Checks a value that a document gives to an input, as the start of a run would; what only an expression tells is left to the run. */
export function checkGiven(
  entry: Entry,
  definition: TreeNode,
  { path, report }: { readonly path: readonly Segment[]; readonly report: Report },
): void {
  const wanted = inputsFrom({ it: plainValue(definition) as unknown as InputSource })['it'];
  if (wanted === undefined || hasInnerExpression(entry.value)) return;
  const checked = checkValue(wanted, plainValue(entry.value), '');
  const problem = checked.ok ? undefined : checked.problems[0];
  if (problem === undefined) return;
  const place = { span: entry.value.span, pointer: pointerOf(path) };
  if (wanted.type === 'secret') return report('RW503', place, {});
  report('RW517', place, { pointer: `/${entry.key}${problem.pointer}`, reason: problem.reason, bounds: problem.bounds });
}

function hasInnerExpression(node: TreeNode): boolean {
  if (node.kind === 'map') return node.entries.some((entry) => hasInnerExpression(entry.value));
  if (node.kind === 'list') return node.items.some(hasInnerExpression);
  return typeof node.value === 'string' && node.value.includes('${{');
}
