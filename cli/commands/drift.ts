import type { Command } from 'commander';
import { repeated } from '../flags.ts';
import { examplesFirst } from '../help.ts';
import { handled } from '../program-options.ts';
import { startFlags } from './run.ts';

const REMEDIATION = 'drift-remediation';

/** `drift check|remediate|status|show`: machines against their configuration documents. */
export function driftCommand(program: Command): void {
  const drift = program
    .command('drift')
    .description('check machines against their configuration documents, and bring them back')
    .addHelpText(
      'before',
      examplesFirst(['runward drift check', 'runward drift status', 'runward drift show app-03', 'runward drift remediate']),
    );
  drift
    .command('check [runbook]')
    .description('run a drift runbook now (default: drift-check); exit code 0 all as desired, 3 differences, 1 something is not known')
    .option('-i <name=value>', 'an input; may be repeated', repeated)
    .option('--inputs <file>', 'inputs as a JSON object, or - for stdin')
    .option(
      '-p, --parameters <name=value>',
      'a parameter of the document, JSON or text, for a runbook with an input `parameters`; may be repeated',
      repeated,
    )
    .action(handled(async (...given) => (await import('../drift-check.ts')).checkDrift(...given)))
    .addHelpText(
      'before',
      examplesFirst(['runward drift check', 'runward drift check -p sshPort=2222', 'runward drift check drift-check -o json']),
    );
  startFlags(
    drift
      .command('remediate [runbook]')
      .description('run a remediation (default: drift-remediation): it checks, asks a person, sets one machine, and then the others'),
  )
    .action(handled(async (session, args, flags) => (await import('../run-start.ts')).startRun(session, [args[0] ?? REMEDIATION], flags)))
    .addHelpText('before', examplesFirst(['runward drift remediate', 'runward drift remediate -i at_most=10 --wait']));
  drift
    .command('status')
    .description('every machine as its last check left it')
    .option('--document <path>', 'only machines of this configuration document')
    .option('--exit-code', 'exit with 3 on differences and with 1 when something is not known')
    .action(handled(async (...given) => (await import('../drift.ts')).driftStatus(...given)))
    .addHelpText('before', examplesFirst(['runward drift status', 'runward drift status --exit-code -o json']));
  drift
    .command('show <target>')
    .description('one machine: differences with their class, what was not observed, and the checks before')
    .option('--document <path>', 'where a machine has more than one document')
    .option('-p, --parameters <name=value>', 'where a document is checked with more than one set of parameters; may be repeated', repeated)
    .option('--exit-code', 'exit with 3 on differences and with 1 when something is not known')
    .action(handled(async (...given) => (await import('../drift.ts')).showDrift(...given)))
    .addHelpText('before', examplesFirst(['runward drift show app-03', 'runward drift show app-03 --exit-code']));
}
