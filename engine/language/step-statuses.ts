/** The statuses that runbooks and tests can read of a step. */
export const STEP_STATUSES = [
  ...(['pending', 'waiting', 'running', 'retrying', 'succeeded', 'recovered', 'skipped', 'partially_failed'] as const),
  ...(['failed', 'timed_out', 'cancelled', 'unknown', 'rolled_back', 'rollback_failed'] as const),
] as const;
