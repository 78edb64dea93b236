import type { LoadedInventory, LoadedRunbook } from '../language/load.ts';

/** A checked project: its runbooks and inventories by name. */
export interface Project {
  readonly runbooks: ReadonlyMap<string, LoadedRunbook>;
  readonly inventories: ReadonlyMap<string, LoadedInventory>;
}
