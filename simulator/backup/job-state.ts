import type { Table } from '../transition.ts';

export type BackupJobState = 'InProgress' | 'Completed' | 'Failed';
export type BackupJobEvent = 'complete' | 'fail';

/** Edges of a backup job. */
export const BACKUP_JOB: Table<BackupJobState, BackupJobEvent> = {
  InProgress: { complete: 'Completed', fail: 'Failed' },
  Completed: {},
  Failed: {},
};
