import type { Table } from '../transition.ts';

export type BackupJobState = 'InProgress' | 'Completed' | 'CompletedWithWarnings' | 'Failed' | 'Cancelling' | 'Cancelled';
export type BackupJobEvent = 'complete' | 'warn' | 'fail' | 'cancel' | 'cancelled';

/** Edges of a job of Backup. */
export const BACKUP_JOB: Table<BackupJobState, BackupJobEvent> = {
  InProgress: { complete: 'Completed', warn: 'CompletedWithWarnings', fail: 'Failed', cancel: 'Cancelling' },
  Cancelling: { cancelled: 'Cancelled' },
  Completed: {},
  CompletedWithWarnings: {},
  Failed: {},
  Cancelled: {},
};
