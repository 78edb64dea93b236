import { quoted } from '../diagnostics.ts';
import { enclosing, isInside, type OutlinedStep } from '../outline.ts';
import { ownUndoOf } from '../own-undo.ts';
import { ownerOfStep } from '../step-places.ts';
import { child, textOf, type TreeNode } from '../tree.ts';
import { forwardChanges } from './changing-steps.ts';
import type { LintRule } from './rule.ts';

/** RW531: a change without a rollback where a failure rolls back; the way back has a hole. */
export const holeInRollback: LintRule = {
  code: 'RW531',
  check({ root, steps, report }) {
    const whole = rollsBack(root);
    for (const step of forwardChanges(steps)) {
      if (hasWayBack(step) || enclosing(step).some(hasWayBack)) continue;
      if (whole || steps.some((other) => rollsBack(other.node) && covers(other, step)))
        report('RW531', ownerOfStep(step), { step: quoted(step.id) });
    }
  },
};

function hasWayBack(step: OutlinedStep): boolean {
  return child(step.node, 'rollback') !== undefined || ownUndoOf(step) !== undefined;
}

function rollsBack(node: TreeNode): boolean {
  const written = child(node, 'on_failure');
  const exceeded = child(child(node, 'rollout'), 'on_exceeded');
  return [written, child(written, 'then'), exceeded].some((each) => textOf(each) === 'rollback');
}

// On a leaf the block around it is rolled back, on a block and a fan-out the step itself.
function covers(asking: OutlinedStep, step: OutlinedStep): boolean {
  const isScope = asking.body === 'steps' || asking.body === 'parallel' || asking.fanOut !== undefined;
  if (isScope) return asking === step || isInside(step, asking);
  return asking.parent !== undefined && isInside(step, asking.parent) && (step === asking || !isLater(step, asking));
}

function isLater(step: OutlinedStep, than: OutlinedStep): boolean {
  return step.parent === than.parent && step.list === than.list && step.index > than.index;
}
