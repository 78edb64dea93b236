import type { Table } from '../transition.ts';

export type JobState = 'NotStarted' | 'InProgress' | 'Succeeded' | 'Failed';
export type JobEvent = 'begin' | 'succeed' | 'fail';

/** Edges of a Site Recovery job. */
export const JOB: Table<JobState, JobEvent> = {
  NotStarted: { begin: 'InProgress', fail: 'Failed' },
  InProgress: { succeed: 'Succeeded', fail: 'Failed' },
  Succeeded: {},
  Failed: {},
};

/** The longer word beside each state. */
export const STATE_DESCRIPTION: Readonly<Record<JobState | 'Other', string>> = {
  NotStarted: 'NotStarted',
  InProgress: 'InProgress',
  Succeeded: 'Completed',
  Failed: 'Failed',
  Other: 'Skipped',
};
