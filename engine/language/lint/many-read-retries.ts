import { quoted } from '../diagnostics.ts';
import { child, entryOf, pointerOf } from '../tree.ts';
import type { LintRule } from './rule.ts';

const MANY = 5;

/** RW532: a read that is retried so often that it waits for something; `until` says for what. */
export const manyReadRetries: LintRule = {
  code: 'RW532',
  check({ steps, report }) {
    for (const step of steps) {
      const retry = entryOf(step.node, 'retry');
      const attempts = retry?.value.kind === 'map' ? child(retry.value, 'attempts') : retry?.value;
      if (step.effect !== 'read' || retry === undefined || attempts?.kind !== 'scalar' || Number(attempts.value) <= MANY) continue;
      report('RW532', { span: attempts.span, pointer: pointerOf([...step.path, 'retry']) }, { step: quoted(step.id) });
    }
  },
};
