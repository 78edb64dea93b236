import { z } from 'zod';
import type { JsonObject, JsonValue } from '../json.ts';
import { KEY_WORDS } from './key-words.ts';
import { calendarSchema } from './schema-calendar.ts';
import { cel, duration, id, instant, name, secretReference, share, templated, text } from './schema-scalars.ts';
import { testSchema } from './schema-test.ts';
import { MAPS } from './schema-maps.ts';
import { inventorySchema, runbookSchema } from './schema-v1.ts';

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

/** The dialects that editors read. */
export const DIALECTS = ['2020-12', 'draft-07'] as const;
export type Dialect = (typeof DIALECTS)[number];

/** The kinds of documents that have a schema, by the name of its file. */
export const DOCUMENT_SCHEMAS = { runbook: runbookSchema, inventory: inventorySchema, calendar: calendarSchema, test: testSchema } as const;
export type DocumentKind = keyof typeof DOCUMENT_SCHEMAS;

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

/** The JSON schema of a kind of document: every map has its title, every key says what it is for. */
export function documentSchema(kind: DocumentKind, dialect: Dialect = '2020-12'): Schema {
  return described(schemaOf(DOCUMENT_SCHEMAS[kind], dialect) as JsonValue) as Schema;
}

/** The JSON schema of what a zod schema accepts. */
export function schemaOf(type: z.ZodType, dialect: Dialect = '2020-12'): Schema {
  return z.toJSONSchema(type, {
    io: 'input',
    unrepresentable: 'any',
    target: dialect === '2020-12' ? 'draft-2020-12' : 'draft-7',
    override: ({ zodSchema, jsonSchema }) => {
      const type = zodSchema as unknown as z.ZodType;
      const { title, reserved } = MAPS.get(type) ?? {};
      if (title !== undefined) jsonSchema.title = title;
      if (reserved !== undefined && reserved.length > 0) jsonSchema['x-reserved'] = reserved;
      const kind = SCALARS.get(type);
      if (kind !== undefined) jsonSchema['x-kind'] = kind;
    },
  }) as Schema;
}

function described(schema: JsonValue): JsonValue {
  if (Array.isArray(schema)) return schema.map(described);
  if (schema === null || typeof schema !== 'object') return schema;
  const below = Object.fromEntries(Object.entries(schema as JsonObject).map(([key, value]) => [key, described(value ?? null)]));
  const { title, properties } = below;
  if (typeof title !== 'string' || properties === undefined) return below;
  return { ...below, properties: withWords(title, properties as JsonObject) };
}

function withWords(title: string, properties: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(properties).map(([key, value]) => {
      const { about, whenAbsent, example } = KEY_WORDS[title]?.[key] ?? {};
      if (about === undefined) return [key, value];
      const description = `${sentence(about)}${whenAbsent === undefined ? '' : ` Not written: ${whenAbsent}.`}`;
      return [key, { ...(value as JsonObject), description, ...(example === undefined ? {} : { examples: [example] }) }];
    }),
  );
}

function sentence(words: string): string {
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
}
