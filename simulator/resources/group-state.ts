import type { Table } from '../transition.ts';

export type GroupState = 'Succeeded' | 'Deleting';
export type GroupEvent = 'delete' | 'rollBack';

/** Edges of a resource group. One whose deletion fails is what it was, without what could be deleted. */
export const GROUP: Table<GroupState, GroupEvent> = {
  Succeeded: { delete: 'Deleting' },
  Deleting: { rollBack: 'Succeeded' },
};
