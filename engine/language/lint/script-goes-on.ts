import { child, entryOf, pointerOf, textOf } from '../tree.ts';
import type { LintRule } from './rule.ts';

/** RW536: a script of several lines that goes on after an error in the middle. */
export const scriptGoesOn: LintRule = {
  code: 'RW536',
  check({ steps, report }) {
    for (const step of steps) {
      const run = entryOf(step.node, 'run');
      const shell = textOf(child(step.node, 'shell')) ?? 'sh';
      const lines = (textOf(run?.value) ?? '').split('\n').filter((line) => line.trim() !== '' && !/^\s*#(?!!)/.test(line));
      const commands = lines.filter((line) => !/^\s*set\s/.test(line));
      if (run === undefined || (shell !== 'sh' && shell !== 'bash') || commands.length < 2) continue;
      const stops = lines.some((line) => /^\s*set\s+(-\w*e|-o\s+errexit)/.test(line)) || /^#!.*\s-\w*e/.test(lines[0] ?? '');
      if (!stops) report('RW536', { span: run.keySpan, pointer: pointerOf([...step.path, 'run']) }, {});
    }
  },
};
