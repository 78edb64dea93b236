import { quoted } from '../diagnostics.ts';
import { child } from '../tree.ts';
import { forwardChanges } from './changing-steps.ts';
import type { LintRule } from './rule.ts';

/** RW539: a runbook that changes something and that no test file names; its way back was never tried. */
export const untestedChange: LintRule = {
  code: 'RW539',
  check({ root, runbook, steps, report }, { tested }) {
    const name = child(child(root, 'metadata'), 'name');
    if (tested === undefined || name === undefined || tested.has(runbook.name) || forwardChanges(steps).length === 0) return;
    report('RW539', { span: name.span, pointer: '/metadata/name' }, { runbook: quoted(runbook.name) });
  },
};
