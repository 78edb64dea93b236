import { RunwardError } from '../engine/errors.ts';
import { actions } from '../engine/actions/registry.ts';
import { CODES } from '../engine/language/codes.ts';
import { didYouMean } from '../engine/language/diagnostics.ts';
import { type ExplainedKey, explainKey } from '../engine/language/explain-key.ts';
import { nearest } from '../engine/language/near.ts';
import { argument, type Flags, isOn } from './flags.ts';
import type { Session } from './program-options.ts';
import { referenceParts, terminalText } from './reference-pages.ts';
import { tableText } from './terminal.ts';

/** `explain`: the part of the reference about a code, an action, a kind of map or a resource type. */
export async function explain(session: Session, args: readonly unknown[], flags: Flags): Promise<number> {
  if (isOn(flags, 'codes')) return listCodes(session);
  if (isOn(flags, 'actions')) return listActions(session);
  return explainWord(session, argument(args, 0));
}

/** Prints what one word means. Throws USAGE_FLAG for a word that the reference does not have. */
export async function explainWord(session: Session, word: string): Promise<number> {
  if (explainKey(word).kind === 'found') return explainPath(session, word);
  const parts = await referenceParts();
  const headings = parts.map((part) => part.heading);
  const part = parts.find(({ heading }) => heading.toLowerCase() === word.toLowerCase());
  if (part === undefined && /^[a-z_]+(\.[\w-]+)*$/i.test(word)) return explainPath(session, word);
  if (part === undefined) {
    const near = nearest(word, headings);
    const hint = near === undefined ? 'a code such as RW202, an action such as azure.vm.get@1, or a map such as step' : didYouMean(near);
    throw new RunwardError('USAGE_FLAG', `nothing is written about "${word}": ${hint}`, { next: 'runward explain --codes' });
  }
  session.output.data({
    text: () => terminalText(part),
    json: { apiVersion: 'runward/v1', kind: 'Explanation', name: part.heading, text: part.text },
    names: [part.heading],
  });
  return 0;
}

function explainPath(session: Session, path: string): number {
  const explained = explainKey(path);
  if (explained.kind === 'unknown') {
    const { segment, parent, near } = explained;
    const hint = near === undefined ? '' : `: ${didYouMean(near)}`;
    throw new RunwardError('USAGE_FLAG', `nothing is written about "${segment}" in ${parent}${hint}`, { next: 'runward explain step' });
  }
  const { key } = explained;
  session.output.data({ text: () => keyText(key), json: { apiVersion: 'runward/v1', ...key, kind: 'KeyExplanation' }, names: [key.path] });
  return 0;
}

function keyText({ path, parent, value, required, about, whenAbsent, example, keys }: ExplainedKey): string {
  const facts = [
    ['in', parent],
    ['value', value],
    ['required', required ? 'yes' : 'no'],
    ...(whenAbsent === undefined ? [] : [['not written', whenAbsent]]),
    ...(example === undefined ? [] : [['example', `${path.split('.').at(-1) ?? path}: ${example}`]]),
  ];
  const width = Math.max(...facts.map(([name = '']) => name.length));
  return [
    path,
    ...(about === undefined ? [] : [`  ${about}`]),
    '',
    ...facts.map(([name = '', text = '']) => `  ${name.padEnd(width)}  ${text}`),
    ...(keys.length === 0
      ? []
      : [
          '',
          tableText(
            ['KEY', 'REQUIRED', 'MEANING'],
            keys.map((one) => [one.key, one.required ? 'yes' : '-', one.about]),
          ),
        ]),
  ].join('\n');
}

function listActions(session: Session): number {
  const rows = [...actions.values()].map(({ name, effect, severity, target, summary, undo }) => ({
    name,
    effect,
    severity,
    target,
    summary,
    ...(undo === undefined ? {} : { undo: undo.action }),
  }));
  session.output.data({
    text: () =>
      tableText(
        ['ACTION', 'CLASS', 'SEVERITY', 'TARGET', 'UNDONE BY', 'DOES'],
        rows.map((row) => [row.name, row.effect, row.severity, row.target, row.undo ?? '-', row.summary]),
      ),
    json: { apiVersion: 'runward/v1', kind: 'ActionList', items: rows },
    lines: rows,
    names: rows.map(({ name }) => name),
  });
  session.output.say('next: runward explain azure.vm.start@1');
  return 0;
}

function listCodes(session: Session): number {
  const rows = Object.entries(CODES).toSorted(([left], [right]) => (left < right ? -1 : 1));
  session.output.data({
    text: () =>
      tableText(
        ['CODE', 'SEVERITY', 'SAYS'],
        rows.map(([code, { severity, message }]) => [code, severity, message]),
      ),
    json: { apiVersion: 'runward/v1', kind: 'CodeList', items: rows.map(([code, row]) => ({ code, ...row })) },
    lines: rows.map(([code, row]) => ({ code, ...row })),
    names: rows.map(([code]) => code),
  });
  return 0;
}
