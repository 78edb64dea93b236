import type { Command, Help } from 'commander';

const EXIT_CODES = `Exit codes:
  0 done    1 failed or not found    2 wrong use    3 found something (validate)
  4 not signed in or not allowed     5 cancelled, denied or expired
  6 waits for a person    7 timed out    130 Ctrl-C while watching`;

/** Examples, as help shows them first. */
export function examplesFirst(examples: readonly string[]): string {
  return `Examples:\n${examples.map((example) => `  ${example}`).join('\n')}\n`;
}

/** Help as this command line prints it: examples, usage and flags, then the exit codes. */
export function configureHelp(program: Command): void {
  program.configureHelp({ showGlobalOptions: false, helpWidth: 100, subcommandTerm: plainTerm });
  program.addHelpText(
    'afterAll',
    ({ command }) => `${command === program ? '' : '\nFlags for every command: runward --help\n'}\n${EXIT_CODES}`,
  );
}

function plainTerm(this: Help, command: Command): string {
  return command.registeredArguments.length === 0
    ? command.name()
    : `${command.name()} ${command.registeredArguments.map((one) => (one.required ? `<${one.name()}>` : `[${one.name()}]`)).join(' ')}`;
}
