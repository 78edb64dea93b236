import { child, entryOf } from '../tree.ts';
import type { LintRule } from './rule.ts';

/** RW525: a drill or failover without objectives; nothing is measured. */
export const nothingMeasured: LintRule = {
  code: 'RW525',
  check({ root, runbook, report }) {
    const purpose = entryOf(root, 'purpose');
    if (purpose === undefined || !runbook.purposes.some((each) => each === 'drill' || each === 'failover')) return;
    const { objectives } = runbook;
    const measures = objectives?.clock !== undefined && child(child(root, 'objectives'), 'rto') !== undefined;
    if (!measures) report('RW525', { span: purpose.value.span, pointer: '/purpose' }, { purpose: runbook.purposes.join(', ') });
  },
};
