import { ARRAY_FUNCTIONS } from './arrays.ts';
import { COLLECTION_FUNCTIONS } from './collections.ts';
import { DOCUMENT_FUNCTIONS } from './document-functions.ts';
import { ENCODING_FUNCTIONS } from './encodings.ts';
import type { DscFunction } from './function.ts';
import { LAMBDA_FUNCTIONS } from './lambdas.ts';
import { LOGIC_FUNCTIONS } from './logic.ts';
import { NETWORK_FUNCTIONS } from './networks.ts';
import { NUMBER_FUNCTIONS } from './numbers.ts';
import { TARGET_FUNCTIONS } from './target-functions.ts';
import { TEXT_FUNCTIONS } from './texts.ts';

/** The functions of the document language by subject, in the order of their page. */
export const FUNCTION_GROUPS: readonly { readonly title: string; readonly functions: readonly DscFunction[] }[] = [
  { title: 'The document', functions: DOCUMENT_FUNCTIONS },
  { title: 'Logic and comparison', functions: LOGIC_FUNCTIONS },
  { title: 'Integers', functions: NUMBER_FUNCTIONS },
  { title: 'Texts', functions: TEXT_FUNCTIONS },
  { title: 'Encodings', functions: ENCODING_FUNCTIONS },
  { title: 'Arrays', functions: ARRAY_FUNCTIONS },
  { title: 'Objects and collections', functions: COLLECTION_FUNCTIONS },
  { title: 'Lambdas', functions: LAMBDA_FUNCTIONS },
  { title: 'Networks', functions: NETWORK_FUNCTIONS },
  { title: 'The target', functions: TARGET_FUNCTIONS },
];

/** Every function by its name; case counts. */
export const dscFunctions: ReadonlyMap<string, DscFunction> = new Map(
  FUNCTION_GROUPS.flatMap(({ functions }) => functions.map((each) => [each.name, each] as const)),
);

/** The name of the one function whose last argument is not evaluated before. */
export const LAMBDA = 'lambda';
