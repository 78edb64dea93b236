import type { ErrorCode } from '../engine/errors.ts';
import { ERRORS, RunwardError } from '../engine/errors.ts';
import type { TextStream, Tone } from './terminal.ts';
import { hasColour, plainText, toned } from './terminal.ts';

/** How data is printed. */
export const FORMATS = ['table', 'wide', 'json', 'jsonl', 'name', 'none'] as const;

export type Format = (typeof FORMATS)[number];

/** The word that programs read beside an exit code. */
export const OUTCOMES: Readonly<Record<number, string>> = {
  0: 'succeeded',
  1: 'failed',
  2: 'usage_error',
  3: 'differences',
  4: 'auth_required',
  5: 'cancelled',
  6: 'waiting',
  7: 'timed_out',
  130: 'detached',
};

/** What a command prints: the text for people, the document for programs, and the short name of each thing in it. */
export interface Printed {
  readonly text: (wide: boolean) => string;
  readonly json: unknown;
  /** Items for `jsonl`; absent: the document itself on one line. */
  readonly lines?: readonly unknown[];
  readonly names?: readonly string[];
}

/** Where a command writes: data to stdout, everything that is said to stderr. */
export interface Output {
  readonly format: Format;
  readonly colour: boolean;
  readonly data: (printed: Printed) => void;
  /** A sentence for people, silent with --quiet. */
  readonly say: (text: string, tone?: Tone) => void;
  /** A warning or prompt, also with --quiet. */
  readonly warn: (text: string) => void;
  readonly stdout: TextStream;
  readonly stderr: TextStream;
}

/** What decides how a command writes. */
export interface OutputOptions {
  readonly format: Format;
  readonly quiet: boolean;
  readonly colour: boolean;
  readonly stdout: TextStream;
  readonly stderr: TextStream;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Makes the output of a command. */
export function makeOutput(options: OutputOptions): Output {
  const { stdout, stderr, env, format } = options;
  const errColour = hasColour(stderr, env, options.colour);
  return {
    format,
    stdout,
    stderr,
    colour: hasColour(stdout, env, options.colour),
    data: (printed) => void stdout.write(dataText(format, printed)),
    say: (text, tone) => {
      if (!options.quiet) stderr.write(`${toned(errColour, tone, text)}\n`);
    },
    warn: (text) => void stderr.write(`${toned(errColour, 'warn', text)}\n`),
  };
}

/** Prints an error: one sentence on stderr, and with a machine format the problem as the one document on stdout. Returns the exit code. */
export function printError(output: Output, error: unknown): number {
  const known = error instanceof RunwardError ? error : unexpected(error);
  const exit = exitOf(known);
  const problem = problemOf(known, exit);
  if (output.format === 'json') output.stdout.write(`${JSON.stringify(problem, null, 2)}\n`);
  if (output.format === 'jsonl') output.stdout.write(`${JSON.stringify(problem)}\n`);
  output.warn(`error: ${plainText(known.message)}`);
  for (const line of hintsOf(known)) output.say(line);
  return exit;
}

/** The exit code of an error, from the table of errors. */
export function exitOf(error: RunwardError): number {
  return ERRORS[error.code].exit;
}

/** True when a text is an error code of this release. */
export function isErrorCode(text: unknown): text is ErrorCode {
  return typeof text === 'string' && Object.hasOwn(ERRORS, text);
}

function dataText(format: Format, printed: Printed): string {
  switch (format) {
    case 'table':
    case 'wide':
      return ended(printed.text(format === 'wide'));
    case 'json':
      return ended(JSON.stringify(printed.json, null, 2));
    case 'jsonl':
      return ended((printed.lines ?? [printed.json]).map((line) => JSON.stringify(line)).join('\n'));
    case 'name':
      return ended((printed.names ?? []).join('\n'));
    case 'none':
      return '';
  }
}

function ended(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`;
}

function problemOf(error: RunwardError, exit: number): unknown {
  const { problem } = error.detail;
  const given = typeof problem === 'object' && problem !== null ? problem : {};
  const head = { apiVersion: 'runward/v1', kind: 'Problem', outcome: OUTCOMES[exit] ?? 'failed' };
  return {
    ...head,
    code: error.code,
    title: error.message,
    detail: error.message,
    retryable: ERRORS[error.code].retry !== 'never',
    ...given,
  };
}

const FINDINGS_SHOWN = 20;

function hintsOf(error: RunwardError): readonly string[] {
  const { next, problem } = error.detail;
  const lines = typeof next === 'string' ? [`next: ${next}`] : [];
  const findings = (problem as { readonly findings?: readonly Record<string, unknown>[] } | undefined)?.findings ?? [];
  const more = findings.length > FINDINGS_SHOWN ? [`  and ${findings.length - FINDINGS_SHOWN} more`] : [];
  return [...findings.slice(0, FINDINGS_SHOWN).map(findingLine), ...more, ...lines];
}

function findingLine(one: Readonly<Record<string, unknown>>): string {
  const place = `${String(one['file'])}:${String(one['line'])}:${String(one['column'])}`;
  const hint = typeof one['hint'] === 'string' ? ` → ${one['hint']}` : '';
  return plainText(`  ${place} ${String(one['code'])} ${String(one['message'])}${hint}`);
}

function unexpected(error: unknown): RunwardError {
  const text = error instanceof Error ? error.message : String(error);
  return new RunwardError('INTERNAL_INVARIANT', `something inside went wrong: ${text}`, {}, error);
}
