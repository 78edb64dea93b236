import { hasExpression } from '../template.ts';
import { child, pointerOf, textOf } from '../tree.ts';
import type { LintRule } from './rule.ts';

/** RW534: an approval whose message holds no fact; people agree to a sentence. */
export const emptyQuestion: LintRule = {
  code: 'RW534',
  check({ steps, report }) {
    for (const step of steps) {
      const message = child(child(step.node, 'approval'), 'message');
      const text = textOf(message);
      if (message === undefined || text === undefined || hasExpression(text) || /\d/.test(text)) continue;
      report('RW534', { span: message.span, pointer: pointerOf([...step.path, 'approval', 'message']) }, {});
    }
  },
};
