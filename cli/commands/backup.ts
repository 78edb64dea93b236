import type { Command } from 'commander';
import { examplesFirst } from '../help.ts';
import { handled } from '../program-options.ts';

/** `backup status|coverage`: machines and their backups. */
export function backupCommand(program: Command): void {
  const backup = program
    .command('backup')
    .description('how machines are backed up, and when a restore of them was proved')
    .addHelpText('before', examplesFirst(['runward backup status', 'runward backup coverage']));
  backup
    .command('status')
    .description('every machine with its policy and its last backup; unprotected first')
    .option('--target <name>', 'only this machine')
    .action(
      handled(async (session, _args, flags) => (await import('../backup-coverage.ts')).showBackups(session, { view: 'status', flags })),
    )
    .addHelpText('before', examplesFirst(['runward backup status', 'runward backup status --target db-01 -o json']));
  backup
    .command('coverage')
    .description(
      'every machine with the age of its newest recovery point against what was promised, and its last restore test; unprotected first',
    )
    .option('--target <name>', 'only this machine')
    .option('--exit-code', 'exit with 3 when a machine is unprotected, late or was never restored, and with 1 when something is not known')
    .action(
      handled(async (session, _args, flags) => (await import('../backup-coverage.ts')).showBackups(session, { view: 'coverage', flags })),
    )
    .addHelpText('before', examplesFirst(['runward backup coverage', 'runward backup coverage --exit-code -o json']));
}
