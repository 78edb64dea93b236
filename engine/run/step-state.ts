/** The states of a step's record. Waiting for a person, a timer or a signal is `ready` with a reason. */
export type StepState = 'pending' | 'ready' | 'intent' | 'submitted' | 'succeeded' | 'failed' | 'skipped' | 'cancelled' | 'unknown';

/** What can happen to a step. */
export type StepEvent =
  | 'opened'
  | 'left_out'
  | 'cancelled'
  | 'postponed'
  | 'already_reached'
  | 'found'
  | 'precondition_failed'
  | 'intent_written'
  | 'read_finished'
  | 'read_failed'
  | 'retried'
  | 'accepted'
  | 'completed'
  | 'not_sent'
  | 'refused'
  | 'unclear'
  | 'proven_absent'
  | 'cannot_tell'
  | 'still_running'
  | 'part_done'
  | 'ended_well'
  | 'ended_badly'
  | 'resolved_happened'
  | 'resolved_request'
  | 'resolved_not_happened'
  | 'resolved_again'
  | 'resolved_look'
  | 'resolved_adopted'
  | 'failing'
  | 'answered'
  | 'undone'
  | 'reopened';

/** One row per allowed edge. A pair that is not here is a bug: `nextStepState` throws RUN_BAD_EDGE and the run stops. */
export const STEP_EDGES = {
  pending: { opened: 'ready', left_out: 'skipped', cancelled: 'cancelled' },
  ready: {
    postponed: 'ready',
    retried: 'ready',
    cancelled: 'cancelled',
    left_out: 'skipped',
    already_reached: 'succeeded',
    found: 'submitted',
    precondition_failed: 'failed',
    intent_written: 'intent',
    read_finished: 'succeeded',
    read_failed: 'failed',
    failing: 'ready',
    undone: 'ready',
  },
  intent: {
    accepted: 'submitted',
    found: 'submitted',
    completed: 'succeeded',
    not_sent: 'ready',
    refused: 'failed',
    unclear: 'intent',
    proven_absent: 'intent',
    retried: 'ready',
    cannot_tell: 'unknown',
  },
  submitted: {
    still_running: 'submitted',
    part_done: 'ready',
    ended_well: 'succeeded',
    retried: 'ready',
    ended_badly: 'failed',
    cannot_tell: 'unknown',
  },
  unknown: {
    resolved_happened: 'succeeded',
    resolved_request: 'submitted',
    resolved_not_happened: 'failed',
    resolved_again: 'ready',
    resolved_look: 'intent',
    resolved_adopted: 'submitted',
  },
  succeeded: { undone: 'succeeded' },
  failed: { answered: 'failed', undone: 'failed', reopened: 'ready' },
  skipped: { reopened: 'pending' },
  cancelled: { reopened: 'pending', undone: 'cancelled' },
} as const satisfies Record<StepState, Partial<Record<StepEvent, StepState>>>;

/** Mark and word of each state, for terminals and pages. */
export const STEP_WORDS = {
  pending: { mark: '◌', ascii: '.', word: 'pending' },
  ready: { mark: '●', ascii: '*', word: 'running' },
  intent: { mark: '●', ascii: '*', word: 'sending' },
  submitted: { mark: '●', ascii: '*', word: 'submitted' },
  succeeded: { mark: '✓', ascii: 'ok', word: 'succeeded' },
  failed: { mark: '✗', ascii: 'x', word: 'failed' },
  skipped: { mark: '–', ascii: '-', word: 'skipped' },
  cancelled: { mark: '⊘', ascii: '/', word: 'cancelled' },
  unknown: { mark: '?', ascii: '?', word: 'unknown' },
} as const satisfies Record<StepState, { readonly mark: string; readonly ascii: string; readonly word: string }>;
