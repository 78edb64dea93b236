import type { RunOutcome } from './run-state.ts';
import { countsAsFailed, type StepStatus } from './verdict.ts';

/** What decides how a run ends. `refused`: an approval was denied or not decided in time; `main`: how its steps ended together. */
export interface OutcomeFacts {
  readonly refused: 'rejected' | 'timed_out' | undefined;
  readonly stopped: 'cancelled' | 'timed_out' | undefined;
  readonly main: StepStatus;
}

/** The rules in their order: denial, cancel or deadline, failure, tolerated failure. The first one that answers decides. */
const OUTCOME_RULES: readonly ((facts: OutcomeFacts) => RunOutcome | undefined)[] = [
  ({ refused }) => (refused === 'rejected' ? 'rejected' : undefined),
  ({ stopped }) => stopped,
  ({ refused }) => refused,
  ({ main }) => (countsAsFailed(main) ? 'failed' : undefined),
  ({ main }) => (main === 'partially_failed' ? 'partially_failed' : undefined),
];

/** The outcome that is decided when a run's steps have ended, before rollback and `finally`. */
export function runOutcome(facts: OutcomeFacts): RunOutcome {
  for (const rule of OUTCOME_RULES) {
    const outcome = rule(facts);
    if (outcome !== undefined) return outcome;
  }
  return 'succeeded';
}

/** The outcome after rollback and `finally`: when one of them failed, success becomes partial and the others get a reason of their own. */
export function finalOutcome(
  decided: RunOutcome,
  cleanup: 'clean' | 'failed' | 'rollback_failed' | 'incomplete',
): { readonly outcome: RunOutcome; readonly reason?: string } {
  if (cleanup === 'clean') return { outcome: decided };
  const reason = cleanup === 'incomplete' ? 'cleanup_incomplete' : 'cleanup_failed';
  if (decided !== 'succeeded') return { outcome: decided, reason };
  return { outcome: 'partially_failed', reason: cleanup === 'rollback_failed' ? 'not everything was undone' : 'a step of finally failed' };
}
