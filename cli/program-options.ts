import type { Command } from 'commander';
import { RunwardError } from '../engine/errors.ts';
import { parseDurationMs } from '../engine/language/duration.ts';
import type { Format, Output } from './output.ts';
import { FORMATS, makeOutput } from './output.ts';

/** The flags that every command takes. */
export interface GlobalOptions {
  readonly server?: string;
  readonly project?: string;
  readonly tokenFile?: string;
  readonly output?: string;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  readonly color?: boolean;
  readonly input?: boolean;
  readonly yes?: boolean;
  readonly timeout?: string;
}

/** What a command gets to work with. */
export interface Session {
  readonly options: GlobalOptions;
  readonly output: Output;
  /** The word of -o: one of the command's own formats, or one that every command has. */
  readonly format: string;
  readonly project: string;
  /** True when a person can be asked: a terminal on both sides and no --no-input. */
  readonly canAsk: boolean;
  readonly timeoutMs: number | undefined;
}

type Handler = (session: Session, args: readonly unknown[], flags: Readonly<Record<string, unknown>>) => Promise<number>;

/** Adds the flags that every command takes. */
export function addGlobalOptions(program: Command): void {
  program
    .option('--server <url>', 'the server to talk to (RUNWARD_SERVER; default: the one that demo or dev started in this folder)')
    .option('--project <dir>', 'folder of the project (RUNWARD_PROJECT; default: here)')
    .option('--token-file <path>', 'file with an API token, or - for stdin (RUNWARD_TOKEN holds the token itself)')
    .option('-o, --output <format>', `how data is printed: ${FORMATS.join(', ')} (RUNWARD_OUTPUT)`)
    .option('-q, --quiet', 'no messages, only data and errors')
    .option('-v, --verbose', 'request ids and timings')
    .option('--no-color', 'no colours (also NO_COLOR)')
    .option('--no-input', 'never ask; fail and name the missing flag (RUNWARD_NO_INPUT)')
    .option('-y, --yes', 'answer yes to moderate questions; severe ones need --confirm')
    .option('--timeout <duration>', 'give up waiting after this time, for example 10m (exit 7); a run goes on');
}

/**
 * Wraps a handler for commander: it gets the session, the arguments and its own flags, and its answer becomes the exit code.
 * `formats` are further words for -o that mean the text for people.
 */
export function handled(handler: Handler, formats: readonly string[] = []): (...all: readonly unknown[]) => Promise<void> {
  return async (...all) => {
    const command = all.at(-1) as Command;
    const session = sessionOf(command.optsWithGlobals(), { formats });
    process.exitCode = await handler(session, all.slice(0, -2), command.opts());
  };
}

/** The session that global flags and environment describe; without a check nothing is refused, so that errors can be printed. Throws USAGE_FLAG for a format or duration that is none. */
export function sessionOf(options: GlobalOptions, check: { readonly formats: readonly string[] } | undefined): Session {
  const { env, stdin, stderr } = process;
  const word = options.output ?? env['RUNWARD_OUTPUT'] ?? 'table';
  const format = check === undefined ? looseFormat(options.output) : formatOf(word, check.formats);
  const timeoutMs = options.timeout === undefined ? undefined : parseDurationMs(options.timeout);
  if (check !== undefined && options.timeout !== undefined && timeoutMs === undefined) {
    throw new RunwardError('USAGE_FLAG', `--timeout: "${options.timeout}" is not a duration such as 90s or 10m`);
  }
  return {
    options,
    format: word,
    output: makeOutput({ format, quiet: options.quiet === true, colour: options.color !== false, stdout: process.stdout, stderr, env }),
    project: options.project ?? env['RUNWARD_PROJECT'] ?? process.cwd(),
    canAsk: options.input !== false && (env['RUNWARD_NO_INPUT'] ?? '') === '' && stdin.isTTY === true && stderr.isTTY === true,
    timeoutMs,
  };
}

function formatOf(text: string, further: readonly string[]): Format {
  const format = FORMATS.find((known) => known === text);
  if (format !== undefined) return format;
  if (further.includes(text)) return 'table';
  throw new RunwardError('USAGE_FLAG', `-o ${text}: the formats here are ${[...further, ...FORMATS].join(', ')}`);
}

// Errors are printed even when the format itself is the error.
function looseFormat(text: string | undefined): Format {
  return FORMATS.find((known) => known === text) ?? 'table';
}
