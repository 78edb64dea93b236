import { Command } from 'commander';
import { COMMANDS } from '../../cli/command-list.ts';
import { configureHelp } from '../../cli/help.ts';
import { addGlobalOptions } from '../../cli/program-options.ts';
import { fence, page, table } from './markdown.ts';

const WIDTH = 100;

// The foot that every help has; the page says it one time.
const FOOT = /\nFlags for every command: [\s\S]*$/;

/** The whole command line with every command loaded, to be read and not to be run. */
export async function wholeProgram(): Promise<Command> {
  const program = new Command('runward');
  addGlobalOptions(program);
  configureHelp(program);
  for (const listed of COMMANDS) (await listed.load())(program);
  return program;
}

/** docs/reference/cli.md: the help of every command, as the terminal shows it. */
export async function commandLinePage(): Promise<string> {
  const program = await wholeProgram();
  const list = COMMANDS.map(({ name, summary }) => [`\`runward ${name}\``, summary]);
  return page('Command line', 'The help of every command. The exit codes of single errors stand in [problems.md](problems.md).', [
    table(['Command', 'Does'], list),
    ...leavesOf(program).flatMap((command) => [`## ${pathOf(command)}`, fence('text', helpOf(command).replace(FOOT, ''))]),
    '## Flags for every command, and exit codes',
    fence('text', helpOf(program)),
  ]);
}

/** The commands that do something: those without commands below them. */
function leavesOf(command: Command): readonly Command[] {
  return command.commands.flatMap((child) => (child.commands.length === 0 ? [child] : leavesOf(child)));
}

function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
}

function helpOf(command: Command): string {
  let text = '';
  command.configureOutput({ writeOut: (part) => (text += part), getOutHelpWidth: () => WIDTH, getOutHasColors: () => false });
  command.outputHelp();
  return text;
}
