import { armError } from '../arm-errors.ts';
import type { Answer } from '../route.ts';

/** The clauses of an OData filter of Site Recovery: what each known field is held against. A clause that is broken or unknown is refused. */
export function readClauses<Field extends string>(filter: string | null, known: readonly Field[]): ReadonlyMap<Field, string> | Answer {
  const wanted = new Map<Field, string>();
  for (const clause of (filter ?? '').split(/\s+and\s+/i).filter((text) => text.trim() !== '')) {
    const match = /^\(?\s*(\w+)\s+eq\s+'([^']*)'\s*\)?$/i.exec(clause.trim());
    const field = known.find((each) => each.toLowerCase() === match?.[1]?.toLowerCase());
    if (field === undefined) return armError(400, 'InvalidFilter', `The filter clause '${clause}' is not valid.`);
    wanted.set(field, match?.[2] ?? '');
  }
  return wanted;
}

/** The bounds that `startTime eq` and `endTime eq` mean, in ms; open where the filter has none. A time that is none is refused. */
export function timeBounds(from: string | undefined, to: string | undefined): { readonly fromMs: number; readonly toMs: number } | Answer {
  const fromMs = from === undefined ? -Infinity : Date.parse(from);
  const toMs = to === undefined ? Infinity : Date.parse(to);
  if (Number.isNaN(fromMs) || Number.isNaN(toMs)) return armError(400, 'InvalidFilter', 'A time of the filter is not a time.');
  return { fromMs, toMs };
}
