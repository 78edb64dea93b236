import { checkClockPattern } from './check-document.ts';
import { didYouMean, quoted, type Report } from './diagnostics.ts';
import { parseInstantMs } from './instant.ts';
import type { ReadFile } from './load.ts';
import { nearest } from './near.ts';
import type { OutlinedStep } from './outline.ts';
import { child, itemsOf, pointerOf, type Segment, textOf, type TreeNode } from './tree.ts';

/** Checks the windows and freezes of a calendar. */
export function checkCalendar({ root, report }: ReadFile): void {
  const windows = itemsOf(child(root, 'windows'));
  windows.forEach((window, index) => checkClockPattern(window, ['windows', index], report));
  itemsOf(child(root, 'freezes')).forEach((freeze, index) => {
    const to = child(freeze, 'to');
    const fromMs = parseInstantMs(textOf(child(freeze, 'from')) ?? '');
    const toMs = parseInstantMs(textOf(to) ?? '');
    if (to === undefined || fromMs === undefined || toMs === undefined || fromMs < toMs) return;
    report('RW207', { span: to.span, pointer: pointerOf(['freezes', index, 'to']) }, { key: '"to"', bound: 'after from' });
  });
  if (windows.length === 0 && child(root, 'freezes') === undefined)
    report(
      'RW203',
      { span: child(root, 'kind')?.span ?? root.span, pointer: '' },
      { key: '"windows" or "freezes"', parent: 'the calendar' },
    );
}

/** Checks that a runbook and its blocks name calendars with windows. */
export function checkWindows(
  root: TreeNode,
  steps: readonly OutlinedStep[],
  at: { readonly files: readonly ReadFile[]; readonly report: Report },
): void {
  checkNames(child(root, 'windows'), ['windows'], at);
  for (const { node, path } of steps) checkNames(child(node, 'windows'), [...path, 'windows'], at);
}

function checkNames(
  list: TreeNode | undefined,
  path: readonly Segment[],
  { files, report }: { readonly files: readonly ReadFile[]; readonly report: Report },
): void {
  const items = itemsOf(list);
  // Most steps name none, and a project may have a thousand files to look through.
  if (items.length === 0) return;
  const calendars = files.filter((file) => file.kind === 'Calendar' && child(file.root, 'windows') !== undefined);
  const known = calendars.map((file) => textOf(child(child(file.root, 'metadata'), 'name')) ?? '');
  items.forEach((item, index) => {
    const name = textOf(item);
    if (name === undefined || known.includes(name)) return;
    const near = nearest(name, known);
    const suggestion =
      near === undefined ? { hint: 'calendars are named by their metadata.name, and have windows' } : { hint: didYouMean(near), fix: near };
    report('RW409', { span: item.span, pointer: pointerOf([...path, index]), ...suggestion }, { what: 'calendar', name: quoted(name) });
  });
}
