import type { JsonObject } from '../json.ts';
import { type Finding, inOrder, reportInto } from './diagnostics.ts';
import { checkMap } from './input-values.ts';
import type { LoadedRunbook } from './load.ts';
import { readDocument } from './read.ts';
import { ownerSpan } from './schema-findings.ts';
import { sourceText } from './source-text.ts';

/** The inputs of a run with defaults applied, in stored form, or RW517 findings that point at the definitions and carry JSON Pointers into the inputs. */
export type CheckedInputs =
  | { readonly ok: true; readonly inputs: JsonObject }
  | { readonly ok: false; readonly findings: readonly Finding[] };

/** Checks given inputs against a runbook's definitions; secrets stay references. Never throws for what was given. */
export function checkInputs(loaded: Pick<LoadedRunbook, 'runbook' | 'path' | 'text'>, given: JsonObject): CheckedInputs {
  const checked = checkMap(loaded.runbook.inputs, given, '');
  if (checked.ok) return { ok: true, inputs: checked.value as JsonObject };
  const findings: Finding[] = [];
  const source = sourceText(loaded.path, loaded.text);
  const report = reportInto(findings, source);
  const root = readDocument(source, () => undefined);
  for (const { pointer, reason, bounds } of checked.problems) {
    const name = pointer.split('/')[1] ?? '';
    const defined = Object.hasOwn(loaded.runbook.inputs, name);
    const span = root === undefined ? { start: 0, end: 0 } : ownerSpan(root, defined ? ['inputs', name] : ['inputs']);
    report('RW517', { span, pointer }, { pointer, reason, bounds });
  }
  return { ok: false, findings: inOrder(findings) };
}
