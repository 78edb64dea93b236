import type { Table } from '../transition.ts';

/** How a vault protects a machine: waiting for its first point, backed up, ended with its points kept, or deleted and kept for a while. */
export type Protection = 'pending' | 'protected' | 'stopped' | 'softDeleted' | 'gone';
export type ProtectionEvent = 'backedUp' | 'configureWithoutPoints' | 'configure' | 'stop' | 'softDelete' | 'undelete' | 'remove';

/** Edges of a protected item. */
export const PROTECTION: Table<Protection, ProtectionEvent> = {
  pending: { backedUp: 'protected', configureWithoutPoints: 'pending', stop: 'stopped', softDelete: 'softDeleted', remove: 'gone' },
  protected: { backedUp: 'protected', configure: 'protected', stop: 'stopped', softDelete: 'softDeleted', remove: 'gone' },
  stopped: { configure: 'protected', configureWithoutPoints: 'pending', softDelete: 'softDeleted', remove: 'gone' },
  softDeleted: { undelete: 'stopped', remove: 'gone' },
  gone: {},
};

/** The words of Azure; what is deleted and kept is a stopped item that says when it goes. */
export const PROTECTION_WORD: Readonly<Record<Protection, string>> = {
  pending: 'IRPending',
  protected: 'Protected',
  stopped: 'ProtectionStopped',
  softDeleted: 'ProtectionStopped',
  gone: 'ProtectionStopped',
};
