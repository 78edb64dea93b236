import { z } from 'zod';
import { cel, duration, id, instant, name, secretReference, share, templated, text } from '../../engine/language/schema-scalars.ts';
import { calendarSchema } from '../../engine/language/schema-calendar.ts';
import { inventorySchema, MAPS, runbookSchema } from '../../engine/language/schema-v1.ts';

/** The part of a JSON schema that the reference reads. */
export interface Schema {
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, Schema>>;
  readonly title?: string;
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly (string | number | boolean)[];
  readonly const?: string | number | boolean;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  /** Words that the language knows and this release refuses. */
  readonly 'x-reserved'?: readonly string[];
  /** What a scalar is called. */
  readonly 'x-kind'?: string;
  readonly additionalProperties?: Schema | boolean;
}

/** What the scalars of the language are called; a pattern would not tell a reader. */
const SCALARS: ReadonlyMap<z.ZodType, string> = new Map<z.ZodType, string>([
  [cel, 'expression'],
  [duration, 'duration'],
  [id, 'id'],
  [instant, 'time'],
  [name, 'name'],
  [secretReference, 'secret reference'],
  [share, 'count or percentage'],
  [templated, 'value or expression'],
  [text, 'text'],
]);

/** JSON schemas (2020-12) of the documents of the language, as editors read them; every map has its title. */
export const DOCUMENTS = { runbook: schemaOf(runbookSchema), inventory: schemaOf(inventorySchema), calendar: schemaOf(calendarSchema) };

/** The JSON schema of what a zod schema accepts. */
export function schemaOf(type: z.ZodType): Schema {
  return z.toJSONSchema(type, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      const type = zodSchema as unknown as z.ZodType;
      const { title, reserved } = MAPS.get(type) ?? {};
      if (title !== undefined) jsonSchema.title = title;
      if (reserved !== undefined) jsonSchema['x-reserved'] = reserved;
      const kind = SCALARS.get(type);
      if (kind !== undefined) jsonSchema['x-kind'] = kind;
    },
  }) as Schema;
}

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
