#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { RunwardError } from '../engine/errors.ts';
import { VERSION } from '../engine/version.ts';
import { COMMANDS, laterCommand } from './command-list.ts';
import { configureHelp } from './help.ts';
import { printError } from './output.ts';
import type { GlobalOptions } from './program-options.ts';
import { addGlobalOptions, sessionOf } from './program-options.ts';

const USAGE_EXIT = 2;

/** Runs the command line; what goes wrong becomes one sentence and an exit code. */
async function main(args: readonly string[]): Promise<void> {
  endQuietlyWhenThePipeCloses();
  const program = newProgram();
  try {
    const words = wordsOf(program, args);
    const later = laterCommand(words);
    if (later !== undefined) throw new RunwardError('USAGE_FLAG', `"${later}" is not available in this release`);
    await addCommands(program, words[0]);
    if (args.length === 0) {
      program.outputHelp();
      return;
    }
    await program.parseAsync(['node', 'runward', ...args]);
  } catch (error) {
    process.exitCode = exitAfter(error, program);
  }
}

function newProgram(): Command {
  const program = new Command('runward');
  program
    .description('Checks, schedules and carries out recovery runbooks, and proves what they did.')
    .version(VERSION, '--version', 'the version of this program')
    .helpOption('-h, --help', 'this help, at the end of any command')
    .helpCommand('help [command]', 'the help of a command')
    .exitOverride()
    .addHelpText(
      'before',
      'Examples:\n  runward demo                       a recovery drill, everything on this computer\n  runward validate                   check the project in this folder\n  runward run watch latest           the live step tree of the newest run\n',
    );
  addGlobalOptions(program);
  configureHelp(program);
  return program;
}

// The others stand in the help with their one line and are not loaded.
async function addCommands(program: Command, name: string | undefined): Promise<void> {
  for (const listed of COMMANDS) {
    if (listed.name === name) (await listed.load())(program);
    else program.command(listed.name).description(listed.summary);
  }
}

/** The words that were typed, without flags and their values; `help run` is about `run`. */
function wordsOf(program: Command, args: readonly string[]): readonly string[] {
  const takesValue = new Set(program.options.filter((option) => option.required).flatMap((option) => [option.short, option.long]));
  const words: string[] = [];
  for (let at = 0; at < args.length; at += 1) {
    const word = args[at] ?? '';
    if (takesValue.has(word)) at += 1;
    else if (!word.startsWith('-')) words.push(word);
  }
  return words[0] === 'help' ? words.slice(1) : words;
}

function exitAfter(error: unknown, program: Command): number {
  // Commander has printed its own sentence, or the help that was asked for.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE_EXIT;
  return printError(sessionOf(program.opts<GlobalOptions>(), undefined).output, error);
}

function endQuietlyWhenThePipeCloses(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
}

await main(process.argv.slice(2));
