import { GLOBAL_FUNCTIONS, METHODS } from '../../engine/language/expression-functions.ts';
import type { Schema } from '../../engine/language/json-schema.ts';
import { KEY_WORDS } from '../../engine/language/key-words.ts';
import { kindOf } from '../../engine/language/schema-words.ts';
import { DOCUMENTS } from './documents.ts';
import { code, page, table } from './markdown.ts';

/** docs/reference/language.md: every map of a document with its keys, and the functions of expressions. */
export function languagePage(): string {
  const maps = new Map(Object.values(DOCUMENTS).flatMap((document) => [...mapsIn(document)]));
  const names = (set: ReadonlySet<string>) => [...set].toSorted().map(code).join(', ');
  return page(
    'Language',
    'Keys of the documents `runward/v1`. Maps are closed: an unknown key is a finding with its line. A reserved word is known and refused (RW224). The JSON schemas in `docs/schemas/v1` say the same to editors.',
    [
      ...[...maps].flatMap(([title, map]) => section(title, map)),
      '## Expressions',
      'Expressions are CEL: bare in `if`, `until`, `success_if`, `where`, `outputs` and `assert`, and inside `${{ }}` elsewhere. The list of functions is closed.',
      `Functions: ${names(GLOBAL_FUNCTIONS)}.`,
      `Methods: ${names(METHODS)}.`,
    ],
  );
}

/** A map of a document, and the document that its references lead into. */
interface FoundMap {
  readonly schema: Schema;
  readonly document: Schema;
}

function section(title: string, { schema, document }: FoundMap): readonly string[] {
  const required = new Set(schema.required);
  const link = (to: string) => `[${to}](#${to.replaceAll(' ', '-')})`;
  const rows = Object.entries(schema.properties ?? {}).map(([key, one]) => [
    code(key),
    required.has(key) ? 'yes' : '',
    kindOf(one, { resolve: (part) => resolved(part, document), link }),
    aboutOf(title, key),
  ]);
  const reserved = schema['x-reserved'] ?? [];
  const note = reserved.length === 0 ? [] : [`Reserved, and refused in this release: ${reserved.map(code).join(', ')}.`];
  return [`## ${title}`, table(['Key', 'Required', 'Value', 'Meaning'], rows), ...note];
}

function aboutOf(title: string, key: string): string {
  const { about = '', whenAbsent } = KEY_WORDS[title]?.[key] ?? {};
  return whenAbsent === undefined ? about : `${about}. Not written: ${whenAbsent}`;
}

/** Every titled map of a document, outermost first. */
function mapsIn(document: Schema): ReadonlyMap<string, FoundMap> {
  const found = new Map<string, FoundMap>();
  const visit = (node: Schema): void => {
    const schema = resolved(node, document);
    if (schema.title !== undefined && schema.properties !== undefined) {
      if (found.has(schema.title)) return;
      found.set(schema.title, { schema, document });
    }
    const below = [
      schema.items,
      schema.additionalProperties,
      ...(schema.anyOf ?? []),
      ...(schema.oneOf ?? []),
      ...Object.values(schema.properties ?? {}),
    ];
    for (const child of below) if (typeof child === 'object') visit(child);
  };
  visit(document);
  return found;
}

function resolved(schema: Schema, document: Schema): Schema {
  if (schema.$ref === undefined) return schema;
  return document.$defs?.[schema.$ref.split('/').at(-1) ?? ''] ?? schema;
}
