import type { Template } from '../dsc/template.ts';
import type { LoadedCalendar, LoadedInventory, LoadedRunbook } from '../language/load.ts';

/** A checked project: its runbooks, inventories and calendars by name, configuration documents by path. */
export interface Project {
  readonly runbooks: ReadonlyMap<string, LoadedRunbook>;
  readonly inventories: ReadonlyMap<string, LoadedInventory>;
  readonly calendars?: ReadonlyMap<string, LoadedCalendar>;
  readonly configurations?: ReadonlyMap<string, Template>;
}
