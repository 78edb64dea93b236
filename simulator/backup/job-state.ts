import type { Table } from '../transition.ts';

export type BackupJobState = 'InProgress' | 'Completed' | 'CompletedWithWarnings' | 'Failed';
export type BackupJobEvent = 'complete' | 'warn' | 'fail';

/** Edges of a backup job. */
export const BACKUP_JOB: Table<BackupJobState, BackupJobEvent> = {
  InProgress: { complete: 'Completed', warn: 'CompletedWithWarnings', fail: 'Failed' },
  Completed: {},
  CompletedWithWarnings: {},
  Failed: {},
};
