import type { Command } from 'commander';
import { examplesFirst } from '../help.ts';
import { handled } from '../program-options.ts';

/** `lock list|release`: targets that runs hold. */
export function lockCommand(program: Command): void {
  const lock = program
    .command('lock')
    .description('targets that runs hold, so that no two runs change one')
    .addHelpText(
      'before',
      examplesFirst(['runward lock list', 'runward lock release web-01 --confirm=web-01 --reason "looked at by hand"']),
    );
  lock
    .command('list')
    .description('targets that runs hold, the oldest first')
    .option('--run <number>', 'only those of this run')
    .action(handled(async (...given) => (await import('../locks.ts')).listLocks(...given)))
    .addHelpText('before', examplesFirst(['runward lock list', 'runward lock list --run 142 -o wide']));
  lock
    .command('release <target>')
    .description('severe: give back a target whose run stands still or has ended without its cleanup')
    .option('--reason <text>', 'how you know that the target is in order; kept')
    .option('--confirm <name>', 'the name of the target')
    .action(handled(async (...given) => (await import('../locks.ts')).releaseLock(...given)))
    .addHelpText('before', examplesFirst(['runward lock release web-01 --confirm=web-01 --reason "cleaned up by hand, INC-204817"']));
}
