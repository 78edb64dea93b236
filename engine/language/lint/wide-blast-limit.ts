import { quoted } from '../diagnostics.ts';
import { child, pointerOf } from '../tree.ts';
import { holdsChange } from './changing-steps.ts';
import { setOf } from './fan-out-without-waves.ts';
import type { LintRule } from './rule.ts';

const WIDE = 100;

/** RW523: a `max` so high that it limits nothing, on a set that steps change. */
export const wideBlastLimit: LintRule = {
  code: 'RW523',
  check({ root, runbook, steps, report }) {
    for (const [name, set] of Object.entries(runbook.targets)) {
      if (set.max <= WIDE || !steps.some((step) => setOf(step) === name && holdsChange(step, steps))) continue;
      const node = child(child(child(root, 'targets'), name), 'max');
      if (node === undefined) continue;
      const place = { span: node.span, pointer: pointerOf(['targets', name, 'max']) };
      report('RW523', place, { max: String(set.max), set: quoted(name) });
    }
  },
};
