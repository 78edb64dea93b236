import type { Report } from './diagnostics.ts';
import { parseDurationMs } from './duration.ts';
import type { OutlinedStep } from './outline.ts';
import { child, entryOf, pointerOf, textOf, type TreeNode } from './tree.ts';

const TIMEOUT_MS = 86_400_000;
const SEVERE_TIMEOUT_MS = 4 * 3_600_000;
const SEVERE_TIMEOUT_MAX_MS = 4 * 86_400_000;

/** Checks that approvals remind and escalate before they end, and that those before a severe step end within four days. */
export function checkApprovals(root: TreeNode, steps: readonly OutlinedStep[], report: Report): void {
  const purpose = child(root, 'purpose');
  const purposes = purpose?.kind === 'list' ? purpose.items.map(textOf) : [textOf(purpose)];
  const severePurpose = purposes.some((word) => word === 'failover' || word === 'failback');
  steps.forEach((step, index) => {
    if (step.body !== 'approval') return;
    checkTimes(step, severePurpose || steps.slice(index).some(({ severity }) => severity === 'severe'), report);
  });
}

function checkTimes(step: OutlinedStep, severe: boolean, report: Report): void {
  const approval = child(step.node, 'approval');
  const timeout = entryOf(approval, 'timeout');
  const writtenMs = parseDurationMs(textOf(timeout?.value) ?? '');
  const timeoutMs = writtenMs ?? (severe ? SEVERE_TIMEOUT_MS : TIMEOUT_MS);
  const path = [...step.path, 'approval'];
  if (severe && timeout !== undefined && timeoutMs > SEVERE_TIMEOUT_MAX_MS)
    report(
      'RW207',
      { span: timeout.value.span, pointer: pointerOf([...path, 'timeout']) },
      { key: '"timeout"', bound: 'at most 4d before a severe step' },
    );
  const early = [
    { node: child(approval, 'remind_before'), key: 'remind_before', path: ['remind_before'] },
    { node: child(child(approval, 'escalate'), 'after'), key: 'after', path: ['escalate', 'after'] },
  ];
  for (const { node, key, path: below } of early) {
    const atMs = parseDurationMs(textOf(node) ?? '');
    if (node === undefined || atMs === undefined || atMs < timeoutMs) continue;
    report('RW207', { span: node.span, pointer: pointerOf([...path, ...below]) }, { key: `"${key}"`, bound: 'less than the timeout' });
  }
}
