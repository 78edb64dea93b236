import type { Tickets } from '../../engine/ports.ts';

/** Send tickets in memory: the first `create` of a name answers `created`, every later one `exists`. */
export function makeMemoryTickets(): Tickets & { readonly names: ReadonlySet<string> } {
  const names = new Set<string>();
  return {
    names,
    async create(name) {
      if (names.has(name)) return 'exists';
      names.add(name);
      return 'created';
    },
  };
}
