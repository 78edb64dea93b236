import type { Command } from 'commander';
import { examplesFirst } from '../help.ts';
import { handled } from '../program-options.ts';

/** `schedule list|show|next|slots|pause|resume|enable|skip|trigger`: what starts runs by the clock. */
export function scheduleCommand(program: Command): void {
  const schedule = program
    .command('schedule')
    .description('schedules: what starts runs by the clock')
    .addHelpText('before', examplesFirst(['runward schedule list', 'runward schedule next nightly-backup.nightly -n 3']));
  schedule
    .command('list')
    .description('schedules with their states and next slots')
    .action(handled(async (session) => (await import('../schedules.ts')).listSchedules(session)))
    .addHelpText('before', examplesFirst(['runward schedule list', 'runward schedule list -o json']));
  schedule
    .command('show <schedule>')
    .description('one schedule, and what became of its last slots')
    .action(handled(async (session, args) => (await import('../schedules.ts')).showSchedule(session, args)))
    .addHelpText('before', examplesFirst(['runward schedule show nightly-backup.nightly']));
  schedule
    .command('next [schedule]')
    .description('coming slots as they will fire, in two zones; with -f from a file, without a server')
    .option('-f, --file <file>', 'a runbook file: all its schedules, or the one that is named')
    .option('-n <count>', 'how many', '10')
    .option('--tz <zone>', 'the second zone (default: that of this computer)')
    .option('--from <time>', 'look from here: RFC 3339, or a date in the zone of the schedule')
    .action(handled(async (...given) => (await import('../schedule-next.ts')).nextOfSchedule(...given)))
    .addHelpText(
      'before',
      examplesFirst([
        'runward schedule next nightly-backup.nightly -n 3 --from 2027-03-27 --tz America/New_York',
        'runward schedule next -f runbooks/shop-drill.yaml',
      ]),
    );
  addControls(schedule);
}

function addControls(schedule: Command): void {
  schedule
    .command('pause <schedule>')
    .description('skip its slots, with the reason, until it is resumed')
    .requiredOption('--reason <text>', 'why; it stands in every record of a skipped slot')
    .option('--until <time>', 'go on by itself at this time (RFC 3339)')
    .action(handled(async (...given) => (await import('../schedules.ts')).pauseSchedule(...given)))
    .addHelpText('before', examplesFirst(['runward schedule pause nightly-backup.nightly --reason "vault maintenance"']));
  schedule
    .command('resume <schedule>')
    .description('let a paused or parked schedule fire again; what it owes is not made up for')
    .option('--reason <text>', 'why')
    .action(handled(async (...given) => (await import('../schedules.ts')).resumeSchedule(...given)))
    .addHelpText('before', examplesFirst(['runward schedule resume nightly-backup.nightly']));
  schedule
    .command('enable <schedule>')
    .description('turn on a schedule that its document leaves off; a changed document turns it off again')
    .option('--reason <text>', 'why')
    .action(handled(async (...given) => (await import('../schedules.ts')).enableSchedule(...given)))
    .addHelpText('before', examplesFirst(['runward schedule enable shop-drill.quarterly --reason "agreed with the owner"']));
  schedule
    .command('slots <schedule>')
    .description('slots that wait for their run and why, and what became of the last ones')
    .option('-n <count>', 'how many past ones', '10')
    .action(handled(async (...given) => (await import('../schedule-slots.ts')).showSlots(...given)))
    .addHelpText(
      'before',
      examplesFirst(['runward schedule slots nightly-backup.nightly', 'runward schedule slots nightly-backup.nightly -n 50 -o jsonl']),
    );
  schedule
    .command('skip <schedule> <slot>')
    .description('record a slot as skipped that waits for its run and does not get it')
    .requiredOption('--reason <text>', 'why; it stands in the record of the slot')
    .action(handled(async (...given) => (await import('../schedule-slots.ts')).skipSlot(...given)))
    .addHelpText(
      'before',
      examplesFirst(['runward schedule skip vault-report.nightly 2027-03-27T01:30:00.000Z --reason "the vault is gone"']),
    );
  schedule
    .command('trigger <schedule>')
    .description('start a run now with the inputs of the schedule; no slot is used up')
    .option('--reason <text>', 'why')
    .action(handled(async (...given) => (await import('../schedules.ts')).triggerSchedule(...given)))
    .addHelpText('before', examplesFirst(['runward schedule trigger nightly-backup.nightly --yes']));
}
