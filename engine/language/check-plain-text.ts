import type { Report } from './diagnostics.ts';
import type { OutlinedStep } from './outline.ts';
import { spanInScalar } from './scalar-offsets.ts';
import { child, entriesOf, entryOf, pointerOf, type Segment, type TreeNode } from './tree.ts';

/** Reports `${{ }}` in texts that are used as they are written: nothing would fill it in, and nobody would see that before production. */
export function checkPlainTexts(root: TreeNode, steps: readonly OutlinedStep[], report: Report): void {
  const titles = 'a title is used as it is written';
  for (const key of ['metadata', 'inputs'])
    checkTexts(entryOf(root, key)?.value, [key], { report, hint: `${key} are used as they are written` });
  for (const { key, value } of entriesOf(child(root, 'targets')))
    for (const source of ['hosts', 'azure', 'recovery_plan'])
      checkTexts(child(value, source), ['targets', key, source], { report, hint: 'write the value out, or narrow the set with where' });
  for (const { node, path } of steps) {
    checkTexts(child(node, 'name'), [...path, 'name'], { report, hint: titles });
    for (const body of ['approval', 'manual'])
      checkTexts(child(child(node, body), 'form'), [...path, body, 'form'], { report, hint: 'a form is used as it is written' });
  }
}

interface Checking {
  readonly report: Report;
  readonly hint: string;
}

// A description may show how an expression is written.
function checkTexts(node: TreeNode | undefined, path: readonly Segment[], checking: Checking): void {
  if (node === undefined) return;
  if (node.kind === 'list') return node.items.forEach((item, index) => checkTexts(item, [...path, index], checking));
  if (node.kind === 'map') {
    for (const { key, value } of node.entries) if (key !== 'description') checkTexts(value, [...path, key], checking);
    return;
  }
  const text = typeof node.value === 'string' ? node.value : '';
  const open = text.indexOf('${{');
  if (open < 0) return;
  const span = spanInScalar(node, open, Math.max(open + 3, text.indexOf('}}', open) + 2));
  checking.report('RW309', { span, pointer: pointerOf(path), hint: checking.hint }, { problem: 'not filled in here' });
}
