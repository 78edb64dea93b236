import { styleText } from 'node:util';

/** The part of a stream that decides how text looks on it. */
export interface TextStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly write: (text: string) => unknown;
}

/** Colours by meaning; colour never carries it alone. */
export type Tone = 'good' | 'bad' | 'warn' | 'dim' | 'strong' | 'busy';

const STYLES = { good: 'green', bad: 'red', warn: 'yellow', dim: 'dim', strong: 'bold', busy: 'cyan' } as const;

type Env = Readonly<Record<string, string | undefined>>;

/** True when a stream gets colour: never with --no-color, NO_COLOR or TERM=dumb; always with FORCE_COLOR or CLICOLOR_FORCE; else on a terminal. */
export function hasColour(stream: Pick<TextStream, 'isTTY'>, env: Env, flag = true): boolean {
  if (!flag || isSet(env['NO_COLOR'])) return false;
  if (isSet(env['FORCE_COLOR']) || isSet(env['CLICOLOR_FORCE'])) return true;
  return stream.isTTY === true && env['TERM'] !== 'dumb';
}

/** Text in the colour of a meaning, or as it is. */
export function toned(colour: boolean, tone: Tone | undefined, text: string): string {
  return colour && tone !== undefined ? styleText(STYLES[tone], text, { validateStream: false }) : text;
}

/** True where the locale cannot show marks such as ✓; then their ASCII forms are used. */
export function needsAscii(env: Env): boolean {
  const locale = env['LC_ALL'] ?? env['LC_CTYPE'] ?? env['LANG'] ?? '';
  return locale !== '' && !/utf-?8/i.test(locale);
}

/** Text of targets and people for a terminal: control characters and text-turning marks are shown, never obeyed. */
export function plainText(text: string): string {
  return Array.from(text, (char) => {
    const code = char.codePointAt(0) ?? 0;
    if (code < 0x20) return String.fromCodePoint(0x2400 + code);
    if (code === 0x7f) return '␡';
    const turns = (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069) || (code >= 0x80 && code <= 0x9f);
    return turns ? '�' : char;
  }).join('');
}

/** A duration as tables show it: `m:ss` or `h:mm:ss`. */
export function clockText(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (value: number): string => String(value).padStart(2, '0');
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

/** A measured time as tables show it: rounded up, so that it never looks shorter than it was. */
export function measuredClockText(ms: number): string {
  return clockText(Math.ceil(ms / 1000) * 1000);
}

/** An age as lists show it: one unit, `7m`, `9h`, `2d`. */
export function ageText(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m`;
  return seconds < 86_400 ? `${Math.floor(seconds / 3600)}h` : `${Math.floor(seconds / 86_400)}d`;
}

/** Rows below headings in capitals, columns two spaces apart; the last column is not padded. Cells are made safe for terminals. */
export function tableText(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const safe = rows.map((row) => row.map((cell) => (cell === '' ? '-' : plainText(cell))));
  const widths = headings.map((heading, at) => Math.max(heading.length, ...safe.map((row) => Array.from(row[at] ?? '').length)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, at) => (at === row.length - 1 ? cell : cell + ' '.repeat((widths[at] ?? 0) - Array.from(cell).length)))
      .join('  ')
      .trimEnd();
  return [headings, ...safe].map(line).join('\n');
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== '' && value !== '0';
}
