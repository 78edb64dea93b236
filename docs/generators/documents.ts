import { type DocumentKind, DOCUMENT_SCHEMAS, documentSchema, type Schema } from '../../engine/language/json-schema.ts';

/** The JSON schemas (2020-12) of the documents of the language. */
export const DOCUMENTS = Object.fromEntries(
  (Object.keys(DOCUMENT_SCHEMAS) as DocumentKind[]).map((kind) => [kind, documentSchema(kind)]),
) as Readonly<Record<DocumentKind, Schema>>;
