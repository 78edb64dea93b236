import type { Command } from 'commander';
import { examplesFirst } from '../help.ts';
import { repeated } from '../flags.ts';
import { handled } from '../program-options.ts';

/** `plan`: what a run would do, without doing it. */
export function planCommand(program: Command): void {
  program
    .command('plan <runbook>')
    .description('what a run would read, change and wait for: inputs and targets resolved, with the hash that an approval is bound to')
    .option('-i <name=value>', 'an input; may be repeated', repeated)
    .option('--inputs <file>', 'inputs as a JSON object, or - for stdin')
    .option('--as <purpose>', 'purpose of the run, where the runbook allows several')
    .option('--offline', 'a draft from the project in this folder, without a server; also for a file')
    .option(
      '--check-permissions',
      'a draft from the project in this folder, resolved with the identity that this computer has in Azure: does it have every right that the steps need?',
    )
    .option('--out <file>', 'keep the plan in a file: run start --plan <file> starts it and nothing else')
    .option('--exit-code', 'exit code 3 when the plan changes something')
    .action(handled(async (...given) => (await import('../plans.ts')).showPlan(...given)))
    .addHelpText(
      'before',
      examplesFirst([
        'runward plan shop-drill',
        'runward plan shop-drill -i recovery_point=latest -o json',
        'runward plan shop-drill --out shop-drill.plan.json',
        'runward plan runbooks/shop-drill.yaml --offline',
        'runward plan shop-drill --check-permissions',
      ]),
    );
}
