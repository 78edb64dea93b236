import type { JsonValue } from '../../json.ts';
import type { Fact } from '../fact.ts';

/** What a tool printed about many things, apart: its lines, its exit status, and the lines of its errors. */
export interface Spoken {
  readonly lines: readonly string[];
  readonly status: number;
  readonly complaints: readonly string[];
}

/** Takes apart what `many` of the probe script prints; undefined when its mark is not there. */
export function spoken(output: string): Spoken | undefined {
  const lines = output.replace(/\n$/, '').split('\n');
  const mark = lines.findIndex((line) => /^=\d{1,3}$/.test(line));
  if (mark < 0) return undefined;
  return {
    lines: lines.slice(0, mark),
    status: Number(lines[mark]?.slice(1)),
    complaints: lines.slice(mark + 1).filter((line) => line !== ''),
  };
}

/** How lines and complaints become facts about names. */
export interface Hearing {
  readonly names: readonly string[];
  /** The name that a line speaks of, and its value; undefined for a line that is not understood. */
  readonly read: (line: string) => { readonly name: string; readonly value: JsonValue | undefined } | undefined;
  /** How the tool begins and ends the name in an error: `["stat: cannot stat '", "'"]`. */
  readonly complaints?: readonly (readonly [string, string])[];
  /** What it means that nothing was said of a name, when everything that was said is understood. */
  readonly silence?: Fact;
}

/**
 * One fact for each name. A value is taken where exactly one line speaks of the name. Absence, and what silence means, are taken only when
 * nothing else was said: one line or complaint that is not understood leaves all names without a value in doubt.
 */
export function heard(said: Pick<Spoken, 'lines' | 'complaints'>, hearing: Hearing): readonly (Fact | undefined)[] {
  const { names } = hearing;
  const values = new Map<string, JsonValue | undefined>();
  let understood = true;
  for (const line of said.lines) {
    const found = hearing.read(line);
    if (found === undefined || !names.includes(found.name)) understood = false;
    else values.set(found.name, values.has(found.name) ? undefined : found.value);
  }
  const refused = new Map<string, Fact>();
  for (const complaint of said.complaints) {
    const about = complained(complaint, hearing);
    if (about === undefined) understood = false;
    else refused.set(about.name, about.fact);
  }
  return names.map((name) => {
    const value = values.get(name);
    if (values.has(name)) return value === undefined || refused.has(name) ? undefined : { state: 'value', value };
    return understood ? (refused.get(name) ?? hearing.silence) : undefined;
  });
}

/** The texts of the C locale for errors that prove something (errno(3)). */
const PROOFS: readonly (readonly [string, Fact])[] = [
  [': No such file or directory', { state: 'absent' }],
  [': Not a directory', { state: 'absent' }],
  [': Permission denied', { state: 'unknown', reason: 'noPermission' }],
  [': Operation not permitted', { state: 'unknown', reason: 'noPermission' }],
];

function complained(complaint: string, { names, complaints = [] }: Hearing): { readonly name: string; readonly fact: Fact } | undefined {
  for (const [text, fact] of PROOFS) {
    if (!complaint.endsWith(text)) continue;
    const said = complaint.slice(0, -text.length);
    for (const [before, after] of complaints) {
      if (!said.startsWith(before) || !said.endsWith(after)) continue;
      const name = said.slice(before.length, said.length - after.length);
      if (names.includes(name)) return { name, fact };
    }
  }
  return undefined;
}

/**
 * One line for each request, in their order: `=STATUS TEXT`. Status 1 is what the kind calls `failed(70)` alone as well; anything else leaves
 * a doubt.
 */
export function oneByOne(
  output: string,
  asked: readonly (readonly string[])[],
  value: (text: string) => JsonValue | undefined,
): readonly (Fact | undefined)[] {
  const lines = output.replace(/\n$/, '').split('\n');
  if (lines.length !== asked.length) return [];
  return lines.map((line) => {
    if (line === '=1 ') return { state: 'unknown', reason: 'failed(70)' };
    const found = line.startsWith('=0 ') && line.length > 3 ? value(line.slice(3)) : undefined;
    return found === undefined ? undefined : { state: 'value', value: found };
  });
}
