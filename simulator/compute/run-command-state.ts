import type { Table } from '../transition.ts';

export type ExecutionState = 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'TimedOut' | 'Canceled';
export type ExecutionEvent = 'run' | 'succeed' | 'fail' | 'timeOut' | 'cancel';

/** Edges of a run command's execution. */
export const EXECUTION: Table<ExecutionState, ExecutionEvent> = {
  Pending: { run: 'Running', fail: 'Failed', cancel: 'Canceled' },
  Running: { succeed: 'Succeeded', fail: 'Failed', timeOut: 'TimedOut', cancel: 'Canceled' },
  Succeeded: {},
  Failed: {},
  TimedOut: {},
  Canceled: {},
};
