import type { JsonObject } from '../json.ts';
import { type Finding, inOrder } from './diagnostics.ts';
import { checkMap } from './input-values.ts';
import { type LateFinding, placeLateFindings } from './late-finding.ts';
import type { LoadedRunbook } from './load.ts';

/** The inputs of a run with defaults applied, in stored form, or RW517 findings that point at the definitions and carry JSON Pointers into the inputs. */
export type CheckedInputs =
  | { readonly ok: true; readonly inputs: JsonObject }
  | { readonly ok: false; readonly findings: readonly Finding[] };

/** Checks given inputs against a runbook's definitions; secrets stay references. Never throws for what was given. */
export function checkInputs(loaded: Pick<LoadedRunbook, 'runbook' | 'path' | 'text'>, given: JsonObject): CheckedInputs {
  const checked = checkMap(loaded.runbook.inputs, given, '');
  if (checked.ok) return { ok: true, inputs: checked.value as JsonObject };
  const late = checked.problems.map(({ pointer, reason, bounds }): LateFinding => {
    const name = pointer.split('/')[1] ?? '';
    const path = Object.hasOwn(loaded.runbook.inputs, name) ? ['inputs', name] : ['inputs'];
    return { code: 'RW517', path, atKey: true, pointer, marks: { pointer, reason, bounds } };
  });
  return { ok: false, findings: inOrder(placeLateFindings(loaded, late)) };
}
