import type { Table } from '../transition.ts';

export type JobState = 'NotStarted' | 'InProgress' | 'Succeeded' | 'Failed' | 'CompletedWithInformation';
export type JobEvent = 'begin' | 'succeed' | 'inform' | 'fail';

/** Edges of a Site Recovery job. */
export const JOB: Table<JobState, JobEvent> = {
  NotStarted: { begin: 'InProgress', fail: 'Failed' },
  InProgress: { succeed: 'Succeeded', inform: 'CompletedWithInformation', fail: 'Failed' },
  Succeeded: {},
  Failed: {},
  CompletedWithInformation: {},
};

/** The longer word beside each state. */
export const STATE_DESCRIPTION: Readonly<Record<JobState | 'Other', string>> = {
  NotStarted: 'NotStarted',
  InProgress: 'InProgress',
  Succeeded: 'Completed',
  Failed: 'Failed',
  CompletedWithInformation: 'Completed with information',
  Other: 'Skipped',
};
