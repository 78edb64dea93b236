import { actions } from '../engine/actions/registry.ts';
import type { Finding } from '../engine/language/diagnostics.ts';
import { loadDocuments } from '../engine/language/load.ts';
import { findingsText, summaryText } from './findings-text.ts';
import { isOn } from './flags.ts';
import type { Flags } from './flags.ts';
import type { Session } from './program-options.ts';
import { readDocuments } from './project-documents.ts';

const FOUND_EXIT = 3;

/** `validate`: exit code 0 when nothing is wrong, 3 when there are errors (with --strict also warnings). */
export async function validateDocuments(session: Session, args: readonly unknown[], flags: Flags): Promise<number> {
  const paths = (args[0] as readonly string[] | undefined) ?? [];
  const { asked, beside } = await readDocuments(paths, session.project);
  const loaded = loadDocuments([...asked, ...beside], { actions });
  const names = new Set(asked.map((file) => file.path));
  const findings = loaded.findings.filter((finding) => names.has(finding.file)).map((finding) => judged(finding, isOn(flags, 'strict')));
  const errors = findings.filter((finding) => finding.severity === 'error').length;
  const outcome = errors > 0 ? 'differences' : 'succeeded';
  session.output.data({
    text: () => findingsText(findings, asked, session.output.colour),
    json: {
      apiVersion: 'runward/v1',
      kind: 'Findings',
      outcome,
      files: asked.length,
      counts: { errors, warnings: findings.length - errors },
      findings,
    },
    lines: findings,
    names: [...new Set(findings.map((finding) => finding.file))],
  });
  session.output.say(summaryText(findings, asked.length), errors > 0 ? 'bad' : 'good');
  return errors > 0 ? FOUND_EXIT : 0;
}

function judged(finding: Finding, strict: boolean): Finding {
  return strict ? { ...finding, severity: 'error' } : finding;
}
