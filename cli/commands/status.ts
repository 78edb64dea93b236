import type { Command } from 'commander';
import { examplesFirst } from '../help.ts';
import { handled } from '../program-options.ts';

/** `status`: what needs a person. */
export function statusCommand(program: Command): void {
  program
    .command('status')
    .description('what needs a person, worst first, each with the command that shows more; exit code 6 when something waits')
    .action(handled(async (session) => (await import('../status.ts')).showStatus(session)))
    .addHelpText('before', examplesFirst(['runward status', 'runward status -o json']));
}
