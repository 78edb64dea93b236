/** The states of a schedule. `parked` owes more slots than any outage explains and waits for a person. */
export type ScheduleState = 'active' | 'paused' | 'parked' | 'disabled' | 'ended';

/** What can happen to a schedule. */
export type ScheduleEvent = 'paused' | 'resumed' | 'leapt' | 'failed_often' | 'disabled' | 'enabled' | 'ran_out' | 'extended';

/** One row per allowed edge. A pair that is not here is refused. */
export const SCHEDULE_EDGES = {
  active: { paused: 'paused', failed_often: 'paused', leapt: 'parked', disabled: 'disabled', ran_out: 'ended' },
  paused: { paused: 'paused', resumed: 'active', leapt: 'parked', disabled: 'disabled', ran_out: 'ended' },
  parked: { resumed: 'active', disabled: 'disabled' },
  disabled: { enabled: 'active' },
  ended: { disabled: 'disabled', extended: 'active' },
} as const satisfies Record<ScheduleState, Partial<Record<ScheduleEvent, ScheduleState>>>;

/** Mark and word of a schedule in each state. */
export const SCHEDULE_WORDS = {
  active: { mark: '●', ascii: '*', word: 'active' },
  paused: { mark: '‖', ascii: '=', word: 'paused' },
  parked: { mark: '?', ascii: '?', word: 'parked' },
  disabled: { mark: '⊘', ascii: '/', word: 'disabled' },
  ended: { mark: '✓', ascii: 'ok', word: 'ended' },
} as const satisfies Record<ScheduleState, { readonly mark: string; readonly ascii: string; readonly word: string }>;
