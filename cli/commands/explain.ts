import type { Command } from 'commander';
import { examplesFirst } from '../help.ts';
import { handled } from '../program-options.ts';

/** `explain`: the reference in the terminal. */
export function explainCommand(program: Command): void {
  program
    .command('explain [what]')
    .description('what a code, an action, a key or map of the language or a resource type means, as the reference says it')
    .option('--actions', 'every action in one table')
    .option('--codes', 'every code of findings in one table')
    .action(handled(async (...given) => (await import('../explain.ts')).explain(...given)))
    .addHelpText(
      'before',
      examplesFirst([
        'runward explain RW202',
        'runward explain steps.retry.backoff',
        'runward explain azure.vm.get@1',
        'runward explain --codes',
      ]),
    );
}
