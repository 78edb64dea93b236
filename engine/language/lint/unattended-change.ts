import { isProduction } from '../../access/decide.ts';
import { quoted } from '../diagnostics.ts';
import { child, entryOf, itemsOf, pointerOf } from '../tree.ts';
import { forwardChanges } from './changing-steps.ts';
import type { LintRule } from './rule.ts';

/** RW527: a schedule that changes production with nobody asked, at any time and everywhere at the first go. */
export const unattendedChange: LintRule = {
  code: 'RW527',
  check({ root, runbook, steps, report }) {
    if (!isProduction(runbook.environment) || forwardChanges(steps).length === 0) return;
    const held = steps.some(
      ({ body, node, section }) =>
        (body === 'approval' && section === 'steps') ||
        child(node, 'windows') !== undefined ||
        child(child(node, 'rollout'), 'waves') !== undefined,
    );
    if (held || child(root, 'windows') !== undefined) return;
    itemsOf(child(child(root, 'triggers'), 'schedules')).forEach((schedule, index) => {
      const cron = entryOf(schedule, 'cron');
      const enabled = child(schedule, 'enabled');
      if (cron === undefined || (enabled?.kind === 'scalar' && enabled.value === false)) return;
      const place = { span: cron.value.span, pointer: pointerOf(['triggers', 'schedules', index, 'cron']) };
      report('RW527', place, { environment: quoted(runbook.environment) });
    });
  },
};
