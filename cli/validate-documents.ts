import { judged } from '../engine/language/finding-report.ts';
import { checkedBefore } from './checked-before.ts';
import { printFindings } from './findings.ts';
import { isOn } from './flags.ts';
import type { Flags } from './flags.ts';
import type { Session } from './program-options.ts';
import { readDocuments } from './project-documents.ts';

/** `validate`: exit code 0 when nothing is wrong, 3 when there are errors (with --strict also warnings). */
export async function validateDocuments(session: Session, args: readonly unknown[], flags: Flags): Promise<number> {
  const paths = (args[0] as readonly string[] | undefined) ?? [];
  const documents = await readDocuments(paths, session.project, true);
  const findings = await checkedBefore(documents, async () => (await import('./check-documents.ts')).checkAsked(documents));
  return printFindings(session, judged(findings, isOn(flags, 'strict')), documents.asked);
}
