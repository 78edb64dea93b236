import type { Command } from 'commander';
import { examplesFirst } from '../help.ts';
import { handled } from '../program-options.ts';

/** `audit list|verify`: the audit chain of the installation. Each run has one of its own, which its evidence holds. */
export function auditCommand(program: Command): void {
  const audit = program
    .command('audit')
    .description('who did what to the installation (schedules, locks, kill switch, freezes), and which runs retention has removed')
    .addHelpText('before', examplesFirst(['runward audit list', 'runward audit verify']));
  audit
    .command('list')
    .description('the last entries, newest first')
    .option('-n, --count <number>', 'how many', '20')
    .action(handled(async (...given) => (await import('../audit.ts')).listAudit(...given)))
    .addHelpText('before', examplesFirst(['runward audit list', 'runward audit list -n 500 -o jsonl']));
  audit
    .command('verify')
    .description('read every entry and compute the chain again; what was cut off at its end shows only against a digest that you kept')
    .action(handled(async (session) => (await import('../audit.ts')).verifyAudit(session)))
    .addHelpText('before', examplesFirst(['runward audit verify', 'runward audit verify -o json']));
}
