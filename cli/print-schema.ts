import { RunwardError } from '../engine/errors.ts';
import { DIALECTS, type DocumentKind, DOCUMENT_SCHEMAS, documentSchema } from '../engine/language/json-schema.ts';
import { argument, type Flags, textFlag } from './flags.ts';
import type { Session } from './program-options.ts';

/** `schema print`: the schema is the one document on stdout, whatever the format. Throws USAGE_FLAG for a kind without a schema. */
export async function printSchema(session: Session, args: readonly unknown[], flags: Flags): Promise<number> {
  const kind = argument(args, 0) || 'runbook';
  if (!isKind(kind)) throw new RunwardError('USAGE_FLAG', `there is no kind "${kind}": ${Object.keys(DOCUMENT_SCHEMAS).join(', ')}`);
  const dialect = DIALECTS.find((one) => one === textFlag(flags, 'dialect')) ?? '2020-12';
  const schema = documentSchema(kind, dialect);
  session.output.data({ text: () => JSON.stringify(schema, undefined, 2), json: schema });
  return 0;
}

function isKind(word: string): word is DocumentKind {
  return Object.hasOwn(DOCUMENT_SCHEMAS, word);
}
