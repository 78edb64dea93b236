import type { Command } from 'commander';
import { repeated } from '../flags.ts';
import { examplesFirst } from '../help.ts';
import { handled } from '../program-options.ts';
import { OUTAGE_FLAG, startFlags } from './run.ts';

const STARTS = { drill: 'test a recovery', failover: 'move an application to its recovery site', failback: 'bring an application home' };

/** `dr status|readiness|drill|failover|failback`: applications, what their drills prove, and whether they are ready. */
export function drCommand(program: Command): void {
  const dr = program
    .command('dr')
    .description('what drills prove, whether applications are ready, and starting a drill, failover or failback')
    .addHelpText(
      'before',
      examplesFirst(['runward dr status', 'runward dr status shop', 'runward dr readiness shop', 'runward dr drill shop']),
    );
  dr.command('status [app]')
    .description('every application: its last drill, when the next is due, recovery time and point, readiness; with a name, one in full')
    .option('--exit-code', 'exit with 3 when something is not proven, at risk or not ready, and with 1 when something is not known')
    .action(handled(async (...given) => (await import('../recovery.ts')).recoveryStatus(...given)))
    .addHelpText('before', examplesFirst(['runward dr status', 'runward dr status --exit-code -o json', 'runward dr status shop']));
  dr.command('readiness <app>')
    .description(
      'make the readiness checks now and show them and every machine with its figures (-o wide: all of them); changes nothing. Exit code 0 ready, 3 at risk or not ready, 1 something is not known',
    )
    .option('-i <name=value>', 'an input that the checks read; may be repeated', repeated)
    .option('--inputs <file>', 'inputs as a JSON object, or - for stdin')
    .action(handled(async (...given) => (await import('../readiness-checks.ts')).makeChecks(...given)))
    .addHelpText(
      'before',
      examplesFirst([
        'runward dr readiness shop',
        'runward dr readiness shop -o wide',
        'runward dr readiness shop -i test_network=/subscriptions/…',
      ]),
    );
  for (const [purpose, what] of Object.entries(STARTS)) {
    const command = startFlags(
      dr
        .command(`${purpose} <app>`)
        .description(`${what}: \`run start\` of the application's runbook with --as ${purpose}`)
        .option('--runbook <name>', 'where an application has several'),
    );
    if (purpose === 'failover') command.option(...OUTAGE_FLAG);
    command
      .action(
        handled(async (session, args, flags) => (await import('../recovery-start.ts')).startRecovery(session, args, { purpose, flags })),
      )
      .addHelpText(
        'before',
        examplesFirst([
          `runward dr ${purpose} shop`,
          `runward dr ${purpose} shop --runbook shop-${purpose} --wait`,
          ...(purpose === 'failover' ? ['runward dr failover shop --outage-at 2026-11-24T02:41:00+01:00'] : []),
        ]),
      );
  }
}
