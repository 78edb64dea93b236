import type { Command } from 'commander';
import { repeated } from '../flags.ts';
import { examplesFirst } from '../help.ts';
import { handled } from '../program-options.ts';

/** `kill on|off|status`: nothing is changed anywhere while the switch is on. */
export function killCommand(program: Command): void {
  const kill = program
    .command('kill')
    .description('the kill switch: no worker sends a request that may change something while it is on; reads and following go on')
    .addHelpText('before', examplesFirst(['runward kill on --reason "wrong estate"', 'runward kill status']));
  kill
    .command('on')
    .description('stop every new change everywhere, within five seconds')
    .requiredOption('--reason <text>', 'why; everybody who waits for it reads this')
    .action(handled(async (session, _args, flags) => (await import('../controls.ts')).killOn(session, flags)))
    .addHelpText('before', examplesFirst(['runward kill on --reason "wrong estate"']));
  kill
    .command('off')
    .description('let changes start again; runs that it stopped go on when somebody resumes them')
    .option('--reason <text>', 'why')
    .option('--confirm <name>', 'kill')
    .action(handled(async (session, _args, flags) => (await import('../controls.ts')).killOff(session, flags)))
    .addHelpText('before', examplesFirst(['runward kill off --confirm=kill --reason "estate is right again"']));
  kill
    .command('status')
    .description('whether it is on, by whom and why, and what it stops')
    .action(handled(async (session) => (await import('../controls.ts')).killStatus(session)))
    .addHelpText('before', examplesFirst(['runward kill status', 'runward kill status -o json']));
}

/** `freeze add|list|remove`: times in which nothing may be changed. */
export function freezeCommand(program: Command): void {
  const freeze = program
    .command('freeze')
    .description('freezes: no change starts in these environments for a time; calendars hold the planned ones')
    .addHelpText(
      'before',
      examplesFirst(['runward freeze list', 'runward freeze add --environment production --to 2026-12-01T06:00:00+01:00 --reason "audit"']),
    );
  freeze
    .command('add')
    .description('freeze environments from now, or from a time, until a time')
    .requiredOption('--environment <name>', 'which; may be repeated', repeated)
    .requiredOption('--to <time>', 'when it ends (RFC 3339)')
    .requiredOption('--reason <text>', 'why; everybody who waits for it reads this')
    .option('--from <time>', 'when it begins (RFC 3339); now when it is left out')
    .action(handled(async (session, _args, flags) => (await import('../controls.ts')).freezeAdd(session, flags)))
    .addHelpText('before', examplesFirst(['runward freeze add --environment production --to 2026-12-01T06:00:00+01:00 --reason "audit"']));
  freeze
    .command('list')
    .description('freezes that hold now or later')
    .action(handled(async (session) => (await import('../controls.ts')).freezeList(session)))
    .addHelpText('before', examplesFirst(['runward freeze list', 'runward freeze list -o json']));
  freeze
    .command('remove <freeze>')
    .description('end a freeze early; in production two administrators must ask for it')
    .requiredOption('--reason <text>', 'why')
    .action(handled(async (...given) => (await import('../controls.ts')).freezeRemove(...given)))
    .addHelpText('before', examplesFirst(['runward freeze remove 3f2a91c0 --reason "audit is over"']));
}
