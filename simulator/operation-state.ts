import type { Table } from './transition.ts';

export type OperationState = 'accepted' | 'running' | 'succeeded' | 'failed' | 'canceled' | 'expired';
export type OperationEvent = 'run' | 'succeed' | 'fail' | 'cancel' | 'expire';

/** Edges of a long-running operation. */
export const OPERATION: Table<OperationState, OperationEvent> = {
  accepted: { run: 'running', succeed: 'succeeded', fail: 'failed', cancel: 'canceled' },
  running: { succeed: 'succeeded', fail: 'failed', cancel: 'canceled' },
  succeeded: { expire: 'expired' },
  failed: { expire: 'expired' },
  canceled: { expire: 'expired' },
  expired: {},
};

/** The word of the status body. */
export const STATUS_WORD: Readonly<Record<OperationState, string>> = {
  accepted: 'InProgress',
  running: 'InProgress',
  succeeded: 'Succeeded',
  failed: 'Failed',
  canceled: 'Canceled',
  expired: 'Succeeded',
};
