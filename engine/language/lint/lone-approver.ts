import { child, itemsOf, pointerOf, textOf } from '../tree.ts';
import type { LintRule } from './rule.ts';

/** RW533: an approval that one person alone can give; a holiday blocks recovery. Known where the members of groups are. */
export const loneApprover: LintRule = {
  code: 'RW533',
  check({ steps, report }, { groupSizes }) {
    if (groupSizes === undefined) return;
    for (const step of steps) {
      const by = child(child(step.node, 'approval'), 'by');
      const groups = itemsOf(by).map((item) => textOf(item)?.replace(/^group:/, '') ?? '');
      const people = groups.reduce((sum, group) => sum + (groupSizes.get(group) ?? 0), 0);
      if (by === undefined || people > 1) continue;
      const who = people === 0 ? 'nobody' : 'one person';
      report('RW533', { span: by.span, pointer: pointerOf([...step.path, 'approval', 'by']) }, { who, groups: groups.join(', ') });
    }
  },
};
