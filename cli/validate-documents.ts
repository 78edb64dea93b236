import { actions } from '../engine/actions/registry.ts';
import { judged } from '../engine/language/finding-report.ts';
import { loadDocuments } from '../engine/language/load.ts';
import { printFindings } from './findings.ts';
import { isOn } from './flags.ts';
import type { Flags } from './flags.ts';
import type { Session } from './program-options.ts';
import { readDocuments } from './project-documents.ts';

/** `validate`: exit code 0 when nothing is wrong, 3 when there are errors (with --strict also warnings). */
export async function validateDocuments(session: Session, args: readonly unknown[], flags: Flags): Promise<number> {
  const paths = (args[0] as readonly string[] | undefined) ?? [];
  const { asked, beside } = await readDocuments(paths, session.project, true);
  const loaded = loadDocuments([...asked, ...beside], { actions });
  const names = new Set(asked.map((file) => file.path));
  const findings = loaded.findings.filter((finding) => names.has(finding.file));
  return printFindings(session, judged(findings, isOn(flags, 'strict')), asked);
}
