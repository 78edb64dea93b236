import type { Configuration } from '../dsc/document.ts';
import type { LoadedInventory, LoadedRunbook } from '../language/load.ts';

/** A checked project: its runbooks and inventories by name, configuration documents by path. */
export interface Project {
  readonly runbooks: ReadonlyMap<string, LoadedRunbook>;
  readonly inventories: ReadonlyMap<string, LoadedInventory>;
  readonly configurations?: ReadonlyMap<string, Configuration>;
}
