/** The states of a run. `unknown` and `paused` are parked, not ended. */
export type RunState =
  | 'queued'
  | 'running'
  | 'waiting'
  | 'paused'
  | 'cancelling'
  | 'unknown'
  | 'succeeded'
  | 'partially_failed'
  | 'failed'
  | 'cancelled'
  | 'rejected'
  | 'timed_out';

/** The ways a run can end. */
export type RunOutcome = 'succeeded' | 'partially_failed' | 'failed' | 'cancelled' | 'rejected' | 'timed_out';

/** What can happen to a run. */
export type RunEventName =
  | 'started'
  | 'gated'
  | 'woken'
  | 'outcome_decided'
  | 'cancel_asked'
  | 'settled'
  | 'parked'
  | 'step_unknown'
  | 'resolved'
  | 'paused'
  | 'resumed'
  | 'ended_succeeded'
  | 'ended_partially_failed'
  | 'ended_failed'
  | 'ended_cancelled'
  | 'ended_rejected'
  | 'ended_timed_out';

const ENDS = {
  ended_succeeded: 'succeeded',
  ended_partially_failed: 'partially_failed',
  ended_failed: 'failed',
  ended_cancelled: 'cancelled',
  ended_rejected: 'rejected',
  ended_timed_out: 'timed_out',
} as const;

/** One row per allowed edge. A pair that is not here is a bug: `nextRunState` throws RUN_BAD_EDGE and the run stops. */
export const RUN_EDGES = {
  queued: { started: 'running', parked: 'paused', cancel_asked: 'cancelled', ended_timed_out: 'timed_out' },
  running: {
    gated: 'waiting',
    outcome_decided: 'running',
    cancel_asked: 'cancelling',
    parked: 'paused',
    paused: 'paused',
    step_unknown: 'unknown',
    ...ENDS,
  },
  waiting: { woken: 'running', outcome_decided: 'running', cancel_asked: 'cancelling', parked: 'paused', paused: 'paused', ...ENDS },
  cancelling: { settled: 'running', step_unknown: 'unknown', ended_cancelled: 'cancelled' },
  paused: { resumed: 'running', cancel_asked: 'cancelling', step_unknown: 'unknown', ended_cancelled: 'cancelled' },
  unknown: { resolved: 'running', cancel_asked: 'unknown' },
  succeeded: {},
  partially_failed: {},
  failed: {},
  cancelled: {},
  rejected: {},
  timed_out: {},
} as const satisfies Record<RunState, Partial<Record<RunEventName, RunState>>>;

/** Mark, word and exit code of a watched run in each state. */
export const RUN_WORDS = {
  queued: { mark: '◌', ascii: '.', word: 'queued', exit: 6 },
  running: { mark: '●', ascii: '*', word: 'running', exit: 6 },
  waiting: { mark: '◐', ascii: 'w', word: 'waiting', exit: 6 },
  paused: { mark: '‖', ascii: '=', word: 'paused', exit: 6 },
  cancelling: { mark: '↻', ascii: '~', word: 'cancelling', exit: 6 },
  unknown: { mark: '?', ascii: '?', word: 'unknown', exit: 6 },
  succeeded: { mark: '✓', ascii: 'ok', word: 'succeeded', exit: 0 },
  partially_failed: { mark: '±', ascii: '+-', word: 'partially failed', exit: 1 },
  failed: { mark: '✗', ascii: 'x', word: 'failed', exit: 1 },
  cancelled: { mark: '⊘', ascii: '/', word: 'cancelled', exit: 5 },
  rejected: { mark: '⊘', ascii: '/', word: 'rejected', exit: 5 },
  timed_out: { mark: '⧗', ascii: 't', word: 'timed out', exit: 7 },
} as const satisfies Record<RunState, { readonly mark: string; readonly ascii: string; readonly word: string; readonly exit: number }>;

/** True for states that never change again. */
export function hasEnded(state: RunState): state is RunOutcome {
  return Object.keys(RUN_EDGES[state]).length === 0;
}
