/** Something that others may depend on. */
export interface Ordered {
  readonly id: string;
  readonly dependsOn: readonly string[];
}

/** Everything after what it depends on, otherwise in written order; or a cycle as the ids that form it, first one repeated at the end. */
export type Order<Item> = { readonly ordered: readonly Item[] } | { readonly cycle: readonly string[] };

/** Depth-first topological order; ids that are not there are passed over. */
export function inDependencyOrder<Item extends Ordered>(items: readonly Item[]): Order<Item> {
  const byId = new Map(items.map((item) => [item.id, item]));
  const ordered: Item[] = [];
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (item: Item): readonly string[] | undefined => {
    if (done.has(item.id)) return undefined;
    const at = path.indexOf(item.id);
    if (at >= 0) return [...path.slice(at), item.id];
    path.push(item.id);
    for (const id of item.dependsOn) {
      const next = byId.get(id);
      const cycle = next === undefined ? undefined : visit(next);
      if (cycle !== undefined) return cycle;
    }
    path.pop();
    done.add(item.id);
    ordered.push(item);
    return undefined;
  };
  for (const item of items) {
    const cycle = visit(item);
    if (cycle !== undefined) return { cycle };
  }
  return { ordered };
}
