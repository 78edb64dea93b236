import type { StepRecord } from './record.ts';

/** The statuses that a runbook can read (`steps.<id>.status`) and that screens show. */
export type StepStatus =
  | 'pending'
  | 'waiting'
  | 'running'
  | 'retrying'
  | 'succeeded'
  | 'recovered'
  | 'skipped'
  | 'partially_failed'
  | 'failed'
  | 'timed_out'
  | 'rolled_back'
  | 'rollback_failed'
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
      // A scope that could not be rolled back is shown as such while a person is asked about it.
      if (record.rolledBack === 'failed' && record.answer === 'rollback') return 'rollback_failed';
      if (record.reason !== undefined && record.attempt === 1) return 'waiting';
      return record.attempt > 1 ? 'retrying' : 'running';
    case 'intent':
    case 'submitted':
      return 'running';
    case 'succeeded':
      return record.verdict === 'partially_failed' ? 'partially_failed' : 'succeeded';
    case 'failed':
      return record.verdict === undefined || record.verdict === 'partially_failed' ? 'failed' : record.verdict;
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
  return ['failed', 'timed_out', 'rolled_back', 'rollback_failed', 'unknown', 'cancelled'].includes(status);
}

/** A member of a level as the level sees it. `tolerated`: its failure was answered with `continue`. */
export interface Member {
  readonly status: StepStatus;
  readonly tolerated: boolean;
  readonly endedAtMs?: number | undefined;
}

/** What decides the status of a sequence, an item or a parallel block. */
export interface LevelFacts {
  readonly members: readonly Member[];
  readonly rolledBack?: 'complete' | 'failed' | undefined;
}

/** The rules of a level in their order; the first one that answers decides. */
const LEVEL_RULES: readonly ((facts: LevelFacts) => StepStatus | undefined)[] = [
  ({ members }) => (members.some(({ status }) => status === 'unknown') ? 'unknown' : undefined),
  ({ rolledBack }) => (rolledBack === undefined ? undefined : rolledBack === 'complete' ? 'rolled_back' : 'rollback_failed'),
  ({ members }) => stoppedBy(members),
  ({ members }) => (members.some(isTolerated) ? 'partially_failed' : undefined),
  ({ members }) => (members.length > 0 && members.every(({ status }) => status === 'skipped') ? 'skipped' : undefined),
];

/** The status of a sequence, an item or a parallel block whose members have ended: first match of the level's rules, else succeeded. */
export function levelStatus(facts: LevelFacts): StepStatus {
  for (const rule of LEVEL_RULES) {
    const status = rule(facts);
    if (status !== undefined) return status;
  }
  return 'succeeded';
}

/** What decides the status of a fan-out. `exceeded`: more items failed than it tolerates, or what stands after a wave stopped it. */
export interface FanOutFacts {
  readonly statuses: readonly StepStatus[];
  readonly exceeded: boolean;
  readonly rolledBack?: 'complete' | 'failed' | undefined;
}

/** The status of a fan-out whose items have ended, by the same kind of rules. */
export function fanOutStatus({ statuses, exceeded, rolledBack }: FanOutFacts): StepStatus {
  if (statuses.includes('unknown')) return 'unknown';
  if (rolledBack !== undefined) return rolledBack === 'complete' ? 'rolled_back' : 'rollback_failed';
  if (exceeded) return 'failed';
  if (statuses.includes('cancelled')) return 'cancelled';
  if (statuses.some((status) => countsAsFailed(status) || status === 'partially_failed')) return 'partially_failed';
  return statuses.length > 0 && statuses.every((status) => status === 'skipped') ? 'skipped' : 'succeeded';
}

// Of several failures the first in time; a member that was only cancelled stops the level where nothing failed.
function stoppedBy(members: readonly Member[]): StepStatus | undefined {
  const stopping = members.filter((member) => countsAsFailed(member.status) && !isTolerated(member));
  const failed = stopping
    .filter(({ status }) => status !== 'cancelled')
    .toSorted((left, right) => (left.endedAtMs ?? Infinity) - (right.endedAtMs ?? Infinity));
  const status = (failed[0] ?? stopping[0])?.status;
  // A scope inside was rolled back, not this one.
  return status === 'rolled_back' || status === 'rollback_failed' ? 'failed' : status;
}

function isTolerated({ status, tolerated }: Member): boolean {
  return status === 'partially_failed' || (tolerated && countsAsFailed(status) && status !== 'cancelled');
}
