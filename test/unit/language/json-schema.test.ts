import { describe, expect, it } from 'vitest';
import { type DocumentKind, DOCUMENT_SCHEMAS, documentSchema, type Schema } from '../../../engine/language/json-schema.ts';
import { MAPS } from '../../../engine/language/schema-maps.ts';
import { KEY_WORDS } from '../../../engine/language/key-words.ts';

const KINDS = Object.keys(DOCUMENT_SCHEMAS) as DocumentKind[];

/** Every titled map of a schema with its keys. */
function* maps(schema: Schema): Generator<Schema> {
  if (schema.title !== undefined && schema.properties !== undefined) yield schema;
  const below = [schema.items, schema.additionalProperties, ...(schema.anyOf ?? []), ...(schema.oneOf ?? [])];
  for (const one of [...below, ...Object.values(schema.properties ?? {}), ...Object.values(schema.$defs ?? {})])
    if (typeof one === 'object') yield* maps(one);
}

describe('the schema for editors', () => {
  it.each(KINDS)('says of every key of a %s what it is for', (kind) => {
    const silent = [...maps(documentSchema(kind))].flatMap(({ title = '', properties = {} }) =>
      Object.keys(properties)
        .filter((key) => KEY_WORDS[title]?.[key] === undefined)
        .map((key) => `${title}: ${key}`),
    );
    expect([...new Set(silent)]).toEqual([]);
  });

  it.each(KINDS)('comes for a %s in the dialects that editors read', (kind) => {
    expect(documentSchema(kind)).toMatchObject({ $schema: 'https://json-schema.org/draft/2020-12/schema', type: 'object' });
    const older = JSON.stringify(documentSchema(kind, 'draft-07'));
    expect(older).toContain('http://json-schema.org/draft-07/schema#');
    expect(older).not.toMatch(/\$defs|prefixItems/);
  });

  it('closes every map of a document', () => {
    const open = KINDS.flatMap((kind) => [...maps(documentSchema(kind))]).filter(
      ({ additionalProperties }) => additionalProperties !== false,
    );
    expect(open.map(({ title }) => title)).toEqual([]);
    expect(MAPS.get(DOCUMENT_SCHEMAS.runbook)?.title).toBe('the runbook');
  });
});
