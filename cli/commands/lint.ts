import type { Command } from 'commander';
import { FINDING_WORDS } from '../finding-formats.ts';
import { repeated } from '../flags.ts';
import { examplesFirst } from '../help.ts';
import { handled } from '../program-options.ts';

/** `lint`: validate, and the rules about what is allowed and mostly a mistake. */
export function lintCommand(program: Command): void {
  program
    .command('lint [paths...]')
    .description('validate, and warn of what is allowed and mostly a mistake (default: the project in this folder)')
    .option('--rule <code>', 'of the warnings only this one; may be repeated', repeated)
    .option('--ignore <code>', 'not this warning; may be repeated. For good: lint.ignore in .runward/config.yaml, with a reason', repeated)
    .option('--level <severity>', 'the least severity that makes the exit code 3: warning or error', 'warning')
    .option('--explain <code>', 'what a code means, as runward explain does')
    .action(handled(async (...given) => (await import('../lint-documents.ts')).lintProject(...given), FINDING_WORDS))
    .addHelpText(
      'before',
      examplesFirst(['runward lint', 'runward lint runbooks/shop-drill.yaml --level error', 'runward lint --rule RW524 -o github']),
    );
}
