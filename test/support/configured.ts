import { type Configuration, configure, readConfiguration } from '../../engine/dsc/document.ts';
import type { JsonObject } from '../../engine/json.ts';
import type { Finding } from '../../engine/language/diagnostics.ts';

/** A document with its parameters, for tests of what comes after. Throws with the first finding when it has errors. */
export function configured(file: { readonly path: string; readonly text: string }, parameters: JsonObject = {}): Configuration {
  const findings: Finding[] = [];
  const template = readConfiguration(file, findings);
  const made = template === undefined ? undefined : configure(template, parameters);
  if (made?.kind === 'configured') return made.configuration;
  throw new Error(`the document of this test has errors: ${JSON.stringify(made ?? findings)}`);
}
