import { quoted, type Report } from './diagnostics.ts';
import { enclosing, type OutlinedStep } from './outline.ts';
import { actionOf, ownerOfStep } from './step-places.ts';
import { child, entryOf, pointerOf, textOf } from './tree.ts';

/** Warns of severe steps that nobody approves, and of test failovers that nobody cleans up. */
export function checkSafety(steps: readonly OutlinedStep[], report: Report): void {
  for (const step of steps) {
    const counts =
      step.section === 'steps' && [step, ...enclosing(step)].every((each) => each.list !== 'finally' && each.list !== 'rollback');
    if (step.severity === 'severe' && counts && !isApproved(step, steps)) report('RW514', ownerOfStep(step), { id: quoted(step.id) });
  }
  const cleans = steps.some((step) => step.section === 'finally' && actionOf(step)?.includes('.test-failover-cleanup@') === true);
  const first = steps.find((step) => /\.test-failover@\d+$/.test(actionOf(step) ?? ''));
  const uses = first === undefined ? undefined : entryOf(first.node, 'uses');
  if (first !== undefined && uses !== undefined && !cleans)
    report('RW518', { span: uses.value.span, pointer: pointerOf([...first.path, 'uses']) }, {});
}

// An approval counts when it stands before the step, or before a block around it, in the same sequence and cannot be passed by: neither by
// its condition nor because nobody decides in time.
function isApproved(step: OutlinedStep, steps: readonly OutlinedStep[]): boolean {
  return [step, ...enclosing(step)].some((each) =>
    steps.some(
      (other) =>
        other.body === 'approval' &&
        other.parent === each.parent &&
        other.list === each.list &&
        each.list !== 'parallel' &&
        other.index < each.index &&
        child(other.node, 'if') === undefined &&
        textOf(child(child(other.node, 'approval'), 'on_timeout')) !== 'skip',
    ),
  );
}
