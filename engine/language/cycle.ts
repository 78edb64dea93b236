/** The way from a name back to itself, without its end, when what it mentions leads there. */
export function cycleFrom(start: string, reads: ReadonlyMap<string, readonly string[]>): readonly string[] | undefined {
  const open: (readonly string[])[] = [[start]];
  const seen = new Set<string>();
  for (let way = open.pop(); way !== undefined; way = open.pop()) {
    for (const next of reads.get(way.at(-1) ?? '') ?? []) {
      if (next === start) return way;
      if (seen.has(next)) continue;
      seen.add(next);
      open.push([...way, next]);
    }
  }
  return undefined;
}
