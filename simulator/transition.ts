/** A state table: for each state, the events it knows and the state each leads to. */
export type Table<State extends string, Event extends string> = Readonly<Record<State, Readonly<Partial<Record<Event, State>>>>>;

/** The state that follows; undefined when the table has no such edge, which is how a request is refused. */
export function follow<State extends string, Event extends string>(
  table: Table<State, Event>,
  from: State,
  event: Event,
): State | undefined {
  return table[from][event];
}

/** The state that follows. Throws when the table has no such edge: nothing outside a table moves a state. */
export function advance<State extends string, Event extends string>(table: Table<State, Event>, from: State, event: Event): State {
  const to = follow(table, from, event);
  if (to === undefined) throw new Error(`no edge from ${from} by ${event}`);
  return to;
}
