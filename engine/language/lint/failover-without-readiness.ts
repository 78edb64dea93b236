import { entryOf } from '../tree.ts';
import type { LintRule } from './rule.ts';

/** RW526: a failover or failback without readiness checks; it fails in the middle instead of before. */
export const failoverWithoutReadiness: LintRule = {
  code: 'RW526',
  check({ root, runbook, report }) {
    const purpose = entryOf(root, 'purpose');
    const severe = runbook.purposes.find((each) => each === 'failover' || each === 'failback');
    if (purpose === undefined || severe === undefined || runbook.readiness !== undefined) return;
    report('RW526', { span: purpose.value.span, pointer: '/purpose' }, { purpose: severe });
  },
};
