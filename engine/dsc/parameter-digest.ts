import type { JsonObject } from '../json.ts';
import { canonicalJson } from '../json.ts';
import type { Configuration } from './document.ts';
import { jsonText } from './functions/json-text.ts';

/** The name of the values that a document has: what they are, whichever way they came. Secrets are not in it. Undefined without any. */
export function parameterDigest({ parameters }: Pick<Configuration, 'parameters'>, sha256: (text: string) => string): string | undefined {
  if (parameters === undefined) return undefined;
  const sorted = [...parameters].toSorted(([left], [right]) => (left < right ? -1 : 1));
  return `sha256:${sha256(jsonText(new Map(sorted)))}`;
}

/** The name of the values that a step gives; empty when it gives none, so that a history without parameters stays what it is. */
export function givenText(parameters: JsonObject): string {
  return Object.keys(parameters).length === 0 ? '' : canonicalJson(parameters);
}
