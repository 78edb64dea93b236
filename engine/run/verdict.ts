import type { StepRecord } from './record.ts';

/** The statuses that a runbook can read (`steps.<id>.status`) and that screens show. */
export type StepStatus =
  | 'pending'
  | 'waiting'
  | 'running'
  | 'retrying'
  | 'succeeded'
  | 'skipped'
  | 'partially_failed'
  | 'failed'
  | 'timed_out'
  | 'cancelled'
  | 'unknown';

/** The status of a node from its record; `pending` when it has none. */
export function statusOf(record: StepRecord | undefined): StepStatus {
  if (record === undefined) return 'pending';
  switch (record.state) {
    case 'pending':
      return 'pending';
    case 'ready':
      if (record.node === 'person' || record.node === 'timer') return 'waiting';
      if (record.reason !== undefined && record.attempt === 1) return 'waiting';
      return record.attempt > 1 ? 'retrying' : 'running';
    case 'intent':
    case 'submitted':
      return 'running';
    case 'succeeded':
      return record.verdict === 'partially_failed' ? 'partially_failed' : 'succeeded';
    case 'failed':
      return record.verdict === 'timed_out' ? 'timed_out' : 'failed';
    case 'skipped':
      return 'skipped';
    case 'cancelled':
      return 'cancelled';
    case 'unknown':
      return 'unknown';
  }
}

/** True when nothing more will happen to the node by itself; `unknown` waits for a person and has not ended. */
export function stepHasEnded(status: StepStatus): boolean {
  return !['pending', 'waiting', 'running', 'retrying', 'unknown'].includes(status);
}

/** True for statuses that stop an enclosing sequence unless the step says `on_failure: continue`. */
export function countsAsFailed(status: StepStatus): boolean {
  return status === 'failed' || status === 'timed_out' || status === 'unknown' || status === 'cancelled';
}

/** The worst that a level can say of its ended members, first match wins. */
export function sequenceStatus(statuses: readonly StepStatus[]): StepStatus {
  for (const status of ['unknown', 'failed', 'timed_out', 'cancelled'] as const) if (statuses.includes(status)) return status;
  if (statuses.includes('partially_failed')) return 'partially_failed';
  return statuses.length > 0 && statuses.every((status) => status === 'skipped') ? 'skipped' : 'succeeded';
}
