import { type DocumentKind, DOCUMENT_SCHEMAS, documentSchema, type Schema } from './json-schema.ts';
import { KEY_WORDS, type KeyWords } from './key-words.ts';
import { nearest } from './near.ts';
import { kindOf } from './schema-words.ts';

/** What the language says of one key. `keys` are those of the map behind it. */
export interface ExplainedKey extends Partial<KeyWords> {
  readonly path: string;
  readonly kind: DocumentKind;
  /** The map in which the key stands. */
  readonly parent: string;
  readonly required: boolean;
  readonly value: string;
  readonly keys: readonly { readonly key: string; readonly required: boolean; readonly about: string }[];
}

/** The key at a path, or the segment that is not known with the nearest that is. */
export type Explanation =
  | { readonly kind: 'found'; readonly key: ExplainedKey }
  | { readonly kind: 'unknown'; readonly segment: string; readonly parent: string; readonly near: string | undefined };

/**
 * Explains a path of keys such as `steps.retry.backoff`. It begins at a runbook, or with the name of another kind (`calendar.freezes.to`);
 * lists and free maps need no segment of their own: `inputs.default` and `inputs.ring.default` are the same.
 */
export function explainKey(path: string): Explanation {
  const segments = path.split('.');
  const first = segments[0] ?? '';
  const kind: DocumentKind = Object.hasOwn(DOCUMENT_SCHEMAS, first) ? (first as DocumentKind) : 'runbook';
  const rest = first === kind ? segments.slice(1) : segments;
  const root = documentSchema(kind);
  const resolve = (schema: Schema): Schema => resolved(root, schema);

  let at: { readonly schema: Schema; readonly title: string; readonly key: string; readonly required: boolean } | undefined;
  let map: Schema | undefined = root;
  for (const [index, segment] of rest.entries()) {
    const within: Schema | undefined = map;
    const property: Schema | undefined = within?.properties?.[segment];
    // The name of an input, a target set or a label is the author's own.
    if (property === undefined && at !== undefined && index < rest.length && isFreeMap(resolve(at.schema))) continue;
    if (property === undefined || within === undefined) {
      const keys = Object.keys(within?.properties ?? {});
      return { kind: 'unknown', segment, parent: within?.title ?? at?.key ?? kind, near: nearest(segment, keys) };
    }
    at = { schema: property, title: within.title ?? kind, key: segment, required: within.required?.includes(segment) === true };
    map = mapBehind(property, resolve);
  }
  const words = at === undefined ? {} : (KEY_WORDS[at.title]?.[at.key] ?? {});
  const naming = { resolve, link: (title: string) => title };
  return {
    kind: 'found',
    key: {
      path,
      kind,
      parent: at?.title ?? kind,
      required: at?.required ?? false,
      value: at === undefined ? 'a document' : kindOf(at.schema, naming).replaceAll('`', ''),
      ...words,
      keys: Object.keys(map?.properties ?? {}).map((key) => ({
        key,
        required: map?.required?.includes(key) === true,
        about: KEY_WORDS[map?.title ?? '']?.[key]?.about ?? '',
      })),
    },
  };
}

function isFreeMap(schema: Schema): boolean {
  return schema.properties === undefined && typeof schema.additionalProperties === 'object';
}

/** The map that a value is or leads to: itself, the items of a list, the values of a free map, a branch of several. */
function mapBehind(given: Schema, resolve: (schema: Schema) => Schema): Schema | undefined {
  const schema = resolve(given);
  if (schema.properties !== undefined) return schema;
  const below = [schema.items, schema.additionalProperties, ...(schema.anyOf ?? []), ...(schema.oneOf ?? [])];
  for (const one of below) {
    const found = typeof one === 'object' ? mapBehind(one, resolve) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

function resolved(root: Schema, schema: Schema): Schema {
  if (schema.$ref === undefined) return schema;
  return root.$defs?.[schema.$ref.split('/').at(-1) ?? ''] ?? (schema.$ref === '#' ? root : schema);
}
