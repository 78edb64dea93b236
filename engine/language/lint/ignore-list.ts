import { type Code, CODES } from '../codes.ts';
import { didYouMean, type Finding, quoted, type Report, reportInto } from '../diagnostics.ts';
import { acceptText, type DocumentFile } from '../guard.ts';
import { nearest } from '../near.ts';
import { readDocument } from '../read.ts';
import { child, entriesOf, type Entry, pointerOf, textOf } from '../tree.ts';

/**
 * The codes that a project does not want to be warned of: `lint: { ignore: { RW524: reason } }` in its configuration. Adds findings where a
 * code is none, is an error, or has no reason; such an entry ignores nothing.
 */
export function readIgnoreList(file: DocumentFile, findings: Finding[]): ReadonlySet<string> {
  const { source, reason } = acceptText(file);
  const report = reportInto(findings, source);
  if (reason !== undefined) {
    report('RW101', { span: { start: 0, end: 0 }, pointer: '' }, { reason });
    return new Set();
  }
  const list = child(child(readDocument(source, report), 'lint'), 'ignore');
  return new Set(entriesOf(list).flatMap((entry) => (holds(entry, report) ? [entry.key] : [])));
}

/** The codes that can be ignored: those of warnings. */
export function warningCodes(): readonly Code[] {
  return (Object.keys(CODES) as Code[]).filter((code) => CODES[code].severity === 'warning');
}

function holds({ key, keySpan, value }: Entry, report: Report): boolean {
  const pointer = pointerOf(['lint', 'ignore', key]);
  const known = warningCodes();
  if (!known.some((code) => code === key)) {
    const near = nearest(key, known);
    const hint = Object.hasOwn(CODES, key)
      ? 'errors cannot be ignored'
      : near === undefined
        ? 'runward explain --codes lists them'
        : didYouMean(near);
    report('RW206', { span: keySpan, pointer, hint }, { value: quoted(key), list: 'the codes of warnings' });
    return false;
  }
  if ((textOf(value) ?? '').trim() !== '') return true;
  report(
    'RW205',
    { span: value.span, pointer },
    { key: quoted(key), type: 'a reason', found: 'nothing', example: `${key}: why this does not matter here` },
  );
  return false;
}
