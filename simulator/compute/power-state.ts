import type { Table } from '../transition.ts';

export type MachinePower = 'deallocated' | 'starting' | 'running' | 'deallocating' | 'stopping' | 'stopped';
export type PowerEvent = 'start' | 'started' | 'deallocate' | 'deallocated' | 'restart' | 'stopped';
export type Provisioning = 'Creating' | 'Succeeded' | 'Updating' | 'Deleting' | 'Failed';

/** Edges of a machine's power. A request for which there is no edge is refused, or joins what is under way. */
export const POWER: Table<MachinePower, PowerEvent> = {
  deallocated: { start: 'starting' },
  starting: { started: 'running' },
  running: { deallocate: 'deallocating', restart: 'stopping' },
  stopping: { stopped: 'stopped' },
  deallocating: { deallocated: 'deallocated' },
  stopped: { start: 'starting', deallocate: 'deallocating' },
};
