import type { Command } from 'commander';
import { examplesFirst } from '../help.ts';
import { handled } from '../program-options.ts';

/** `test`: plays the cases of runbook tests on a virtual clock; no server, no network. */
export function testCommand(program: Command): void {
  program
    .command('test [paths...]')
    .description('play the tests of runbooks with mocked actions on a virtual clock (default: runbooks/tests in this folder)')
    .option('--filter <text>', 'only cases whose name, or whose runbook, holds this text')
    .option('--coverage', 'name the steps and conditions that no case reached')
    .option('--min-coverage <percent>', 'fail when the cases of a runbook reach less than this share')
    .option('--seed <number>', 'decides all choice, such as the jitter of retries', '1')
    .action(handled(async (...given) => (await import('../test-runbooks.ts')).testRunbooks(...given), ['junit']))
    .addHelpText(
      'before',
      examplesFirst([
        'runward test',
        'runward test runbooks/tests/shop-drill.test.yaml --coverage',
        'runward test --filter cancelled',
        'runward test --min-coverage 80 -o junit > report.xml',
      ]),
    );
}
