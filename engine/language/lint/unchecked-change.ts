import { quoted } from '../diagnostics.ts';
import { isInside, type OutlinedStep } from '../outline.ts';
import { ownerOfStep } from '../step-places.ts';
import { forwardChanges, holdsChange, isForward, siblingsOf } from './changing-steps.ts';
import type { LintRule } from './rule.ts';

/** RW524: a change that nothing looks at before the next change or the end; that a request succeeded does not say that the service does. */
export const uncheckedChange: LintRule = {
  code: 'RW524',
  check({ steps, report }) {
    for (const step of forwardChanges(steps)) {
      if (!isChecked(step, steps)) report('RW524', ownerOfStep(step), { step: quoted(step.id) });
    }
  },
};

// Looks along the list of the step, then along the lists of the blocks around it.
function isChecked(step: OutlinedStep, steps: readonly OutlinedStep[]): boolean {
  for (let each: OutlinedStep | undefined = step; each !== undefined; each = each.parent) {
    const { list, index } = each;
    if (steps.some((inner) => inner.parent === each && inner.list === 'after_wave' && checks(inner, steps))) return true;
    if (list === 'parallel') continue;
    for (const next of siblingsOf(each, steps).filter((other) => other.index > index)) {
      if (checks(next, steps)) return true;
      if (holdsChange(next, steps)) return startsWithCheck(next, steps);
    }
  }
  return false;
}

// A block is entered in order: what it looks at before its first change still counts.
function startsWithCheck(block: OutlinedStep, steps: readonly OutlinedStep[]): boolean {
  const inner = steps.filter((other) => isInside(other, block) && isForward(other));
  const firstChange = inner.findIndex((other) => holdsChange(other, []));
  return inner.slice(0, Math.max(firstChange, 0)).some(looks);
}

function checks(step: OutlinedStep, steps: readonly OutlinedStep[]): boolean {
  if (looks(step)) return true;
  const inner = steps.filter((other) => isInside(other, step));
  return inner.some(looks) && !inner.some((other) => holdsChange(other, []));
}

function looks(step: OutlinedStep): boolean {
  return step.body === 'assert' || step.body === 'manual' || step.effect === 'read';
}
