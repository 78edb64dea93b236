import type { Failure } from '../actions/action.ts';

/** A check that failed like this was not answered: it says nothing about the machine. */
const UNREAD: readonly Failure['kind'][] = ['expression', 'denied', 'locked', 'unreachable', 'timed_out', 'stale_plan'];

/** Whether a check that failed was answered at all. */
export function wasAnswered(error: Pick<Failure, 'kind'> | undefined): boolean {
  return error === undefined || !UNREAD.includes(error.kind);
}
