import { actions } from '../engine/actions/registry.ts';
import type { Finding } from '../engine/language/diagnostics.ts';
import { loadDocuments } from '../engine/language/load.ts';
import type { Documents } from './project-documents.ts';

/** The findings of the documents that were asked for; what they name is looked up in the others. */
export function checkAsked({ asked, beside }: Documents): readonly Finding[] {
  const names = new Set(asked.map((file) => file.path));
  return loadDocuments([...asked, ...beside], { actions }).findings.filter((finding) => names.has(finding.file));
}
