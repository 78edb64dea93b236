import { RunwardError } from '../engine/errors.ts';
import { CODES } from '../engine/language/codes.ts';
import { didYouMean } from '../engine/language/diagnostics.ts';
import { nearest } from '../engine/language/near.ts';
import { argument, type Flags, isOn } from './flags.ts';
import type { Session } from './program-options.ts';
import { referenceParts, terminalText } from './reference-pages.ts';
import { tableText } from './terminal.ts';

/** `explain`: the part of the reference about a code, an action, a kind of map or a resource type. */
export async function explain(session: Session, args: readonly unknown[], flags: Flags): Promise<number> {
  return isOn(flags, 'codes') ? listCodes(session) : explainWord(session, argument(args, 0));
}

/** Prints what one word means. Throws USAGE_FLAG for a word that the reference does not have. */
export async function explainWord(session: Session, word: string): Promise<number> {
  const parts = await referenceParts();
  const headings = parts.map((part) => part.heading);
  const part = parts.find(({ heading }) => heading.toLowerCase() === word.toLowerCase());
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
