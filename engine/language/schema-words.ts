import type { Schema } from './json-schema.ts';

/** How a table names what stands elsewhere: the schema behind a reference, and the text for a map that has a section of its own. */
export interface Naming {
  readonly resolve: (schema: Schema) => Schema;
  readonly link: (title: string) => string;
}

const PLAIN: Naming = { resolve: (schema) => schema, link: (title) => title };

/** What a value must be, in words and code marks for a table. */
export function kindOf(given: Schema, naming: Naming = PLAIN): string {
  const schema = naming.resolve(given);
  if (schema.title !== undefined && schema.properties !== undefined) return naming.link(schema.title);
  if (schema['x-kind'] !== undefined) return schema['x-kind'];
  if (schema.const !== undefined) return `\`${String(schema.const)}\``;
  if (schema.enum !== undefined) return schema.enum.map((one) => `\`${String(one)}\``).join(', ');
  const parts = schema.anyOf ?? schema.oneOf;
  if (parts !== undefined) return parts.map((one) => kindOf(one, naming)).join(' or ');
  if (schema.items !== undefined) return `list of ${kindOf(schema.items, naming)}`;
  if (typeof schema.additionalProperties === 'object') return `map of ${kindOf(schema.additionalProperties, naming)}`;
  return [schema.type ?? 'any'].flat().join(' or ') + boundsOf(schema);
}

// zod bounds every integer by what a double can hold, which says nothing to a reader.
function boundsOf({ minimum, maximum }: Schema): string {
  const low = minimum !== undefined && minimum > Number.MIN_SAFE_INTEGER ? [`from ${minimum}`] : [];
  const high = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER ? [`to ${maximum}`] : [];
  return low.length + high.length === 0 ? '' : ` (${[...low, ...high].join(' ')})`;
}
