import { RunwardError } from './errors.ts';

/** A state machine as data: state -> event -> next state. */
export type EdgeTable = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** The state after an event. Throws RUN_BAD_EDGE for a pair that the table does not allow. */
export function follow<S extends string>(table: EdgeTable, state: S, event: string): S {
  const to = table[state]?.[event];
  if (to === undefined) throw new RunwardError('RUN_BAD_EDGE', `"${event}" is not possible in state "${state}"`, { state, event });
  return to as S;
}

/** All pairs `from>to` that the table allows, for the store's own check. */
export function edgePairs(table: EdgeTable): readonly string[] {
  const pairs = Object.entries(table).flatMap(([from, row]) => Object.values(row).map((to) => `${from}>${to}`));
  return [...new Set(pairs)].toSorted();
}
