import type { Command } from 'commander';
import { examplesFirst } from '../help.ts';
import { handled } from '../program-options.ts';

/** `doctor`: what is wrong, and the command that repairs it. */
export function doctorCommand(program: Command): void {
  program
    .command('doctor')
    .description('check this computer and the chosen server: Node, address, sign-in, store, clocks, workers')
    .action(handled(async (session) => (await import('../doctor.ts')).examine(session)))
    .addHelpText('before', examplesFirst(['runward doctor', 'runward doctor --server https://runward.corp -o json']));
}
