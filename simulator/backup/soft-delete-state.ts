import type { Table } from '../transition.ts';

/** Whether a vault keeps what is deleted for a while. Always means that nobody can switch it off again. */
export type SoftDelete = 'Enabled' | 'Disabled' | 'AlwaysON';

/** Edges of the setting; an event is the state that is wanted. */
export const SOFT_DELETE: Table<SoftDelete, SoftDelete> = {
  Enabled: { Enabled: 'Enabled', Disabled: 'Disabled', AlwaysON: 'AlwaysON' },
  Disabled: { Enabled: 'Enabled', Disabled: 'Disabled', AlwaysON: 'AlwaysON' },
  AlwaysON: { AlwaysON: 'AlwaysON' },
};
