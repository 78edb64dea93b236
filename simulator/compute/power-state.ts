import type { Table } from '../transition.ts';

export type MachinePower = 'deallocated' | 'starting' | 'running' | 'deallocating' | 'restarting' | 'stopping' | 'stopped';
export type PowerEvent = 'start' | 'started' | 'refused' | 'kept' | 'deallocate' | 'deallocated' | 'powerOff' | 'restart' | 'stopped';
export type Provisioning = 'Creating' | 'Succeeded' | 'Updating' | 'Deleting' | 'Failed';

/** Edges of a machine's power. A request for which there is no edge is refused, or joins what is under way. */
export const POWER: Table<MachinePower, PowerEvent> = {
  deallocated: { start: 'starting' },
  // Where there is no room for it, a machine falls back to what it was.
  starting: { started: 'running', refused: 'deallocated', kept: 'stopped' },
  running: { deallocate: 'deallocating', powerOff: 'stopping', restart: 'restarting' },
  restarting: { stopped: 'stopped' },
  stopping: { stopped: 'stopped' },
  deallocating: { deallocated: 'deallocated' },
  // Off, and still in its place: paid for as if it ran.
  stopped: { start: 'starting', deallocate: 'deallocating' },
};
