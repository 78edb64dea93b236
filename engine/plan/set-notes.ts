import { configure, readConfiguration } from '../dsc/document.ts';
import { neverSet } from '../dsc/set-plan.ts';
import type { JsonObject, JsonValue } from '../json.ts';
import { templateNames } from '../language/expression.ts';
import type { Step } from '../language/runbook.ts';

/** What the documents of a plan want and no set could ever do, so that its reader knows before anything is run. */
export function setNotes(steps: readonly Step[], configurations: Readonly<Record<string, string>>): readonly string[] {
  const sets = steps.flatMap(({ body }) => (body.kind === 'uses' && body.action === 'dsc.set@1' ? [body.with] : []));
  if (sets.length === 0) return [];
  const given = sets.map(parametersOf).filter((each) => each !== undefined);
  const notes = Object.entries(configurations).flatMap(([path, text]) =>
    given.flatMap((parameters) => notesOf({ path, text }, parameters)),
  );
  return [...new Set(notes)];
}

function notesOf({ path, text }: { readonly path: string; readonly text: string }, parameters: JsonObject): readonly string[] {
  const template = readConfiguration({ path, text }, []);
  const made = template === undefined ? undefined : configure(template, parameters);
  if (made?.kind !== 'configured') return [];
  return made.configuration.instances.flatMap((instance) =>
    neverSet(instance).map((one) => `${path}:${instance.at.line}: ${instance.id}${one.path} is checked and never set: ${one.why}`),
  );
}

/** The parameters when all of them are written out; undefined when they depend on the run: then nothing can be said yet. */
function parametersOf(given: unknown): JsonObject | undefined {
  const parameters = given !== null && typeof given === 'object' && 'parameters' in given ? (given.parameters as JsonValue) : {};
  const { names, functions } = templateNames(parameters);
  const isWritten = names.size === 0 && functions.size === 0 && parameters !== null && typeof parameters === 'object';
  return isWritten && !Array.isArray(parameters) ? (parameters as JsonObject) : undefined;
}
