import type { Command } from 'commander';
import { examplesFirst } from '../help.ts';
import { repeated } from '../flags.ts';
import { handled } from '../program-options.ts';

/** `doctor`: what is wrong, and the command that repairs it; `doctor azure` for the identity of this computer in Azure. */
export function doctorCommand(program: Command): void {
  const doctor = program.command('doctor');
  doctor
    .description('check this computer and the chosen server: Node, address, sign-in, store, clocks, workers')
    .action(handled(async (session) => (await import('../doctor.ts')).examine(session)))
    .addHelpText(
      'before',
      examplesFirst(['runward doctor', 'runward doctor --server https://runward.corp -o json', 'runward doctor azure']),
    );
  doctor
    .command('azure')
    .description(
      'the identity that this computer has in Azure: who it is, whether it may do what the runbooks of the project need, what is missing and the command that grants it; locks and clocks; nothing is changed',
    )
    .option('--scope <id>', 'check this ARM id of a vault, resource group or subscription instead; may be repeated', repeated)
    .option('--action <name>', 'with --scope: only what this action needs; may be repeated', repeated)
    .action(handled(async (...given) => (await import('../azure/doctor.ts')).examineAzure(...given)))
    .addHelpText(
      'before',
      examplesFirst([
        'runward doctor azure',
        'runward doctor azure --scope /subscriptions/ID/resourceGroups/rg-dr-neu --action asr.plan.failover -o json',
      ]),
    );
}
