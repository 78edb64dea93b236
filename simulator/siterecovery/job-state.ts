import type { Table } from '../transition.ts';

export type JobState =
  | 'NotStarted'
  | 'InProgress'
  | 'Suspended'
  | 'Cancelling'
  | 'Succeeded'
  | 'Failed'
  | 'Cancelled'
  | 'CompletedWithInformation';
export type JobEvent = 'begin' | 'succeed' | 'inform' | 'fail' | 'wait' | 'resume' | 'cancel' | 'cancelled';

/** Edges of a Site Recovery job. The job of a machine ends with the job of its plan, from wherever it is. */
export const JOB: Table<JobState, JobEvent> = {
  NotStarted: { begin: 'InProgress', fail: 'Failed', cancelled: 'Cancelled' },
  InProgress: {
    succeed: 'Succeeded',
    inform: 'CompletedWithInformation',
    fail: 'Failed',
    wait: 'Suspended',
    cancel: 'Cancelling',
    cancelled: 'Cancelled',
  },
  // A manual action of a plan waits for a person.
  Suspended: { resume: 'InProgress', cancel: 'Cancelling' },
  Cancelling: { cancelled: 'Cancelled' },
  Succeeded: {},
  Failed: {},
  Cancelled: {},
  CompletedWithInformation: {},
};

/** The longer word beside each state. */
export const STATE_DESCRIPTION: Readonly<Record<JobState | 'Other', string>> = {
  NotStarted: 'NotStarted',
  InProgress: 'InProgress',
  Suspended: 'Suspended',
  Cancelling: 'Cancelling',
  Succeeded: 'Completed',
  Failed: 'Failed',
  Cancelled: 'Cancelled',
  CompletedWithInformation: 'Completed with information',
  Other: 'Skipped',
};
