import { quoted } from '../diagnostics.ts';
import { child, entryOf, pointerOf } from '../tree.ts';
import { holdsChange, siblingsOf } from './changing-steps.ts';
import type { LintRule } from './rule.ts';

/** RW522: a wait of a fixed time right after a change; it hopes instead of looking. */
export const waitAfterChange: LintRule = {
  code: 'RW522',
  check({ steps, report }) {
    for (const step of steps) {
      const wait = entryOf(step.node, 'wait');
      if (step.body !== 'wait' || wait === undefined || step.list === 'parallel') continue;
      const before = siblingsOf(step, steps).find((other) => other.index === step.index - 1);
      if (before === undefined || !holdsChange(before, steps) || child(wait.value, 'until_time') !== undefined) continue;
      report('RW522', { span: wait.keySpan, pointer: pointerOf([...step.path, 'wait']) }, { step: quoted(before.id) });
    }
  },
};
