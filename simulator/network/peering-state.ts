import type { Table } from '../transition.ts';

export type PeeringState = 'Initiated' | 'Connected' | 'Disconnected';
export type PeeringEvent = 'connect' | 'lose' | 'renew';

/** Edges of one side of a peering. A side that has lost the other one is connected to nothing until it is put again. */
export const PEERING: Table<PeeringState, PeeringEvent> = {
  Initiated: { connect: 'Connected', renew: 'Initiated' },
  Connected: { lose: 'Disconnected', renew: 'Connected' },
  Disconnected: { renew: 'Initiated' },
};
