import type { JsonObject, JsonValue } from '../json.ts';
import { canonicalJson } from '../json.ts';
import type { Runbook, Step } from '../language/runbook.ts';
import type { Plan } from '../plan/plan-record.ts';
import { allSteps } from './step-path.ts';

/** The ids of these steps and of all that read them, directly or through others: `steps.<id>` in any of their texts. */
export function dependents(definition: Runbook, ids: ReadonlySet<string>): ReadonlySet<string> {
  const reached = new Set(ids);
  const steps = [...allSteps(definition.steps)];
  for (let grown = true; grown;) {
    const found = steps.filter((step) => !reached.has(step.id) && mentions(step, 'steps', reached));
    for (const { id } of found) reached.add(id);
    grown = found.length > 0;
  }
  return reached;
}

/** The ids of steps that read an input, a variable or a target set which is not the same in the two plans. */
export function readersOfChanges(before: Plan, after: Plan): ReadonlySet<string> {
  const inputs = changedNames(before.inputs, after.inputs);
  const vars = changedNames(before.vars as JsonObject, after.vars as JsonObject);
  const sets = changedNames(before.sets as unknown as JsonObject, after.sets as unknown as JsonObject);
  const readers = [...allSteps(after.definition.steps)].filter(
    (step) =>
      mentions(step, 'inputs', inputs) ||
      mentions(step, 'vars', vars) ||
      mentions(step, 'targets', sets) ||
      (step.target?.kind === 'set' && sets.has(step.target.set)),
  );
  return new Set(readers.map(({ id }) => id));
}

function changedNames(before: JsonObject, after: JsonObject): ReadonlySet<string> {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return new Set([...names].filter((name) => text(before[name]) !== text(after[name])));
}

function text(value: JsonValue | undefined): string {
  return value === undefined ? '' : canonicalJson(value);
}

/** Blocks are looked at without the steps inside: these speak for themselves. */
function mentions(step: Step, root: string, names: ReadonlySet<string>): boolean {
  const own = step.body.kind === 'steps' || step.body.kind === 'parallel' ? { ...step, body: undefined } : step;
  const words = JSON.stringify(own);
  const undoes = (name: string): boolean => root === 'steps' && words.includes(`"kind":"undo","step":"${name}"`);
  return [...names].some((name) => undoes(name) || new RegExp(`\\b${root}\\.${name}\\b`).test(words));
}
