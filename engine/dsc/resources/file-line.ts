import { z } from 'zod';
import type { JsonObject, JsonValue } from '../../json.ts';
import { type Compared, type Outcome, outcome, unknown } from '../compare.ts';
import type { Fact, Facts, ProbeKind, ProbeRequest } from '../fact.ts';
import { resourceType } from '../resource.ts';
import { fileLineSetting } from './file-line-setting.ts';
import { absolutePath, oneLine } from './one-line.ts';
import { heard, type Spoken, spoken } from './spoken.ts';

const LINES_MAX = 20;

const schema = z
  .strictObject({
    path: absolutePath,
    line: oneLine.optional().describe('This whole line is there'),
    match: oneLine.optional().describe('POSIX extended regular expression: every line that matches equals `line`; alone: a line matches'),
    absent: oneLine.optional().describe('POSIX extended regular expression that no line matches'),
    caseSensitive: z.boolean().default(true),
    _exist: z.boolean().default(true),
  })
  .refine((wanted) => wanted.line !== undefined || wanted.match !== undefined || wanted.absent !== undefined, 'needs line, match or absent')
  .refine((wanted) => wanted._exist || wanted.absent === undefined, 'absent and _exist: false say the same: keep one');

type FileLine = z.infer<typeof schema>;

const LINES: ProbeKind = {
  name: 'file.lines',
  body: `need grep; o=$(grep "-n$3" -e "$2" -- "$1" 2>&1)
case $? in 0) printf 'hits\\n'; printf '%s\\n' "$o" | head -n ${LINES_MAX + 1};; 1) printf 'none\\n';; *) why "$o";; esac`,
  decode: (output) => {
    if (output === 'none\n') return [];
    const [head, ...lines] = output.replace(/\n$/, '').split('\n');
    if (head !== 'hits' || lines.length === 0 || !lines.every((line) => /^\d+:/.test(line))) return undefined;
    return lines.map((line) => line.slice(line.indexOf(':') + 1));
  },
};

// Whole lines are looked for in all files at once, and each file's hits are told apart here.
const WHOLE: ProbeKind = {
  ...LINES,
  name: 'file.wholeLines',
  many: {
    together: ([path = '']) => (path.includes(':') ? undefined : ''),
    argsOf: (asked) => [
      ...[...new Set(asked.map(([, line]) => line ?? ''))].flatMap((line) => ['-e', line]),
      '--',
      ...new Set(asked.map(([path]) => path ?? '')),
    ],
    body: `need grep; many grep -HnxF "$@"; exit 0`,
    decode: (output, asked) => {
      const said = spoken(output);
      if (said === undefined || said.status > 2) return [];
      const hits = said.lines.map((line) => /^([^:]+):\d+:(.*)$/.exec(line));
      if (hits.includes(null) || !agrees(said)) return [];
      const missing = heard({ lines: [], complaints: said.complaints }, grepped(asked));
      return asked.map(([path, line], index) => {
        const mine = hits.filter((hit) => hit?.[1] === path && hit?.[2] === line).map(() => line ?? '');
        const fact = missing[index];
        return mine.length > 0 && fact?.state === 'value' ? { state: 'value', value: mine.slice(0, LINES_MAX + 1) } : fact;
      });
    },
  },
};

// Only grep knows which line an expression matches. One process says that none of them matches anywhere; else each has its own.
const EXPRESSIONS: ProbeKind = {
  ...LINES,
  many: {
    together: ([, , how]) => how,
    argsOf: (asked) => [
      asked[0]?.[2] ?? '',
      String(2 * asked.length),
      ...asked.flatMap(([path = '', expression = '']) => [path, expression]),
      ...[...new Set(asked.map(([, expression]) => expression ?? ''))].flatMap((expression) => ['-e', expression]),
      '--',
      ...new Set(asked.map(([path]) => path ?? '')),
    ],
    body: `need grep; h=$1; p=$2; shift 2
( shift "$p"; exec grep "-$h" "$@" >/dev/null 2>&1 ); [ $? -eq 1 ] && { echo none; exit 0; }
while [ "$p" -gt 0 ]; do o=$(grep "-n$h" -e "$2" -- "$1" 2>&1); printf '=%s\\n' "$?"
if [ \${#o} -lt 4096 ]; then printf '%s\\n' "$o"; else printf '%s\\n' "$o" | head -n ${LINES_MAX + 1}; fi; shift 2; p=$((p-2)); done`,
    decode: (output, asked) => {
      if (output === 'none\n') return asked.map(() => ({ state: 'value', value: [] }));
      const sections = output.replace(/\n$/, '').split(/^(?==\d{1,3}$)/m);
      return sections.length === asked.length ? sections.map((section, index) => matches(spoken(section), asked[index] ?? [])) : [];
    },
  },
};

function matches(said: Spoken | undefined, [path = '', ...rest]: readonly string[]): Fact | undefined {
  if (said === undefined || said.lines.length > 0) return undefined;
  const { status, complaints: lines } = said;
  if (status === 1) return lines.length === 0 ? { state: 'value', value: [] } : undefined;
  if (status !== 0) return heard({ lines: [], complaints: lines }, grepped([[path, ...rest]]))[0];
  const value = LINES.decode(`hits\n${lines.slice(0, LINES_MAX + 1).join('\n')}\n`, []);
  return value === undefined ? undefined : { state: 'value', value };
}

/** grep(1): 0 found lines, 1 none, 2 had errors. A status that its output contradicts proves nothing. */
function agrees({ status, lines, complaints }: Spoken): boolean {
  if (status === 2) return complaints.length > 0;
  return complaints.length === 0 && (status === 0) === lines.length > 0;
}

function grepped(asked: readonly (readonly string[])[]): Parameters<typeof heard>[1] {
  return {
    names: asked.map(([path]) => path ?? ''),
    read: () => undefined,
    complaints: [['grep: ', '']],
    silence: { state: 'value', value: [] },
  };
}

/** Lines of a text file: one that must be there, those that must be equal to it, those that must not be. */
export const fileLine = resourceType<FileLine>({
  type: 'Runward.Linux/FileLine',
  version: '1.0.0',
  summary: 'A line that a text file holds, or must not hold',
  schema,
  keys: ['path', 'caseSensitive', '_exist'],
  cannotTell: ['files that the file includes', 'which of two lines its program follows'],
  requests: (desired) => ASKED.flatMap((property) => (desired[property] === undefined ? [] : [request(desired, property)])),
  judge: (desired, facts) => ASKED.flatMap((property) => (desired[property] === undefined ? [] : [judged(desired, property, facts)])),
  sets: 'a new text that takes the place of the file: matching lines are replaced where they stand, a missing line comes last; `match` alone is only checked',
  setting: fileLineSetting,
});

type Property = 'line' | 'match' | 'absent';
const ASKED: readonly Property[] = ['line', 'match', 'absent'];

function request(desired: FileLine, property: Property): ProbeRequest {
  const how = `${property === 'line' ? 'xF' : 'E'}${desired.caseSensitive ? '' : 'i'}`;
  return { kind: how === 'xF' ? WHOLE : EXPRESSIONS, args: [desired.path, desired[property] ?? '', how] };
}

function judged(desired: FileLine, property: Property, facts: Facts): Outcome {
  const compared = { area: 'fileLine', what: desired.path, property, desired: desired[property] ?? '' };
  const fact = facts(request(desired, property));
  if (fact.state === 'unknown') return unknown(compared, fact.reason);
  const lines = linesOf(fact);
  const wanted = desired._exist && property !== 'absent';
  if (!wanted) return forbidden(compared, lines);
  if (lines.length === 0 && (property === 'line' || desired.line === undefined)) {
    const why = fact.state === 'absent' ? 'the file is not there' : 'no line is like that';
    return outcome(compared, 'missing', `${property} of ${desired.path}: ${why}`);
  }
  return property === 'match' && desired.line !== undefined ? uniform(compared, lines, desired) : found(compared);
}

function forbidden(compared: Compared, lines: readonly string[]): Outcome {
  if (lines.length === 0) return outcome(compared, 'equal', `no line of ${compared.what} is like that`);
  return outcome(compared, 'unexpected', `${compared.what} holds a line that must not be there`, lines.slice(0, LINES_MAX));
}

function uniform(compared: Compared, lines: readonly string[], desired: FileLine): Outcome {
  const fold = (text: string): string => (desired.caseSensitive ? text : text.toLowerCase());
  const others = lines.filter((line) => fold(line) !== fold(desired.line ?? ''));
  if (others.length > 0) return outcome(compared, 'changed', `${desired.path} holds another line that matches`, others.slice(0, LINES_MAX));
  // More lines match than are read: the others may differ.
  return lines.length > LINES_MAX ? unknown(compared, 'tooBig') : found(compared);
}

function found(compared: Compared): Outcome {
  return outcome(compared, 'equal', `${compared.property} of ${compared.what} is as desired`);
}

function linesOf(fact: Fact): readonly string[] {
  if (fact.state !== 'value') return [];
  return (fact.value as readonly JsonValue[] | JsonObject as readonly string[]) ?? [];
}
