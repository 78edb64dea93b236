/** What may be done after an error: never repeat, repeat after the named time, back off, or find out first what happened. */
type RetryRule = 'never' | 'after' | 'backoff' | 'reconcile';

interface ErrorRow {
  readonly exit: number;
  readonly http: number;
  readonly retry: RetryRule;
}

/** Every error code of the product with its process exit code, HTTP status and retry rule. A code is never reused. */
export const ERRORS = {
  USAGE_FLAG: { exit: 2, http: 400, retry: 'never' },
  USAGE_NO_TTY: { exit: 2, http: 400, retry: 'never' },
  USAGE_CONFIG_INVALID: { exit: 2, http: 400, retry: 'never' },
  USAGE_BODY: { exit: 2, http: 400, retry: 'never' },
  USAGE_QUERY: { exit: 2, http: 400, retry: 'never' },
  USAGE_CONFIRM: { exit: 2, http: 428, retry: 'never' },
  USAGE_OPEN: { exit: 2, http: 400, retry: 'never' },
  USAGE_DOCUMENT: { exit: 2, http: 422, retry: 'never' },
  DSC_EXPRESSION: { exit: 2, http: 422, retry: 'never' },
  ACCESS_NOT_SIGNED_IN: { exit: 4, http: 401, retry: 'never' },
  ACCESS_DENIED: { exit: 4, http: 403, retry: 'never' },
  ACCESS_SELF_APPROVAL: { exit: 4, http: 403, retry: 'never' },
  NOT_FOUND_RUN: { exit: 1, http: 404, retry: 'never' },
  NOT_FOUND_REMOVED_RUN: { exit: 1, http: 410, retry: 'never' },
  NOT_FOUND_RUNBOOK: { exit: 1, http: 404, retry: 'never' },
  NOT_FOUND_PLAN: { exit: 1, http: 404, retry: 'never' },
  NOT_FOUND_APPROVAL: { exit: 1, http: 404, retry: 'never' },
  NOT_FOUND_STEP: { exit: 1, http: 404, retry: 'never' },
  NOT_FOUND_DRIFT: { exit: 1, http: 404, retry: 'never' },
  NOT_FOUND_SCHEDULE: { exit: 1, http: 404, retry: 'never' },
  NOT_FOUND_APPLICATION: { exit: 1, http: 404, retry: 'never' },
  NOT_FOUND_LOCK: { exit: 1, http: 404, retry: 'never' },
  NOT_FOUND_FREEZE: { exit: 1, http: 404, retry: 'never' },
  NOT_FOUND_TOKEN: { exit: 1, http: 404, retry: 'never' },
  NOT_FOUND_ROUTE: { exit: 1, http: 404, retry: 'never' },
  CONFLICT_STATE: { exit: 1, http: 409, retry: 'never' },
  CONFLICT_STALE_PLAN: { exit: 1, http: 409, retry: 'never' },
  CONFLICT_TARGET_LOCKED: { exit: 1, http: 409, retry: 'never' },
  CONFLICT_GROUP_FULL: { exit: 1, http: 409, retry: 'never' },
  CONFLICT_IDEMPOTENCY_MISMATCH: { exit: 1, http: 422, retry: 'never' },
  GATE_REJECTED: { exit: 5, http: 409, retry: 'never' },
  GATE_FREEZE: { exit: 5, http: 409, retry: 'never' },
  GATE_READINESS: { exit: 5, http: 409, retry: 'never' },
  GATE_EXPIRED: { exit: 5, http: 409, retry: 'never' },
  RUN_STALE_EPOCH: { exit: 1, http: 409, retry: 'never' },
  RUN_BAD_EDGE: { exit: 1, http: 409, retry: 'never' },
  RUN_LIMIT: { exit: 1, http: 409, retry: 'never' },
  RUN_UNKNOWN_EFFECT: { exit: 1, http: 409, retry: 'never' },
  ARM_THROTTLED: { exit: 1, http: 503, retry: 'after' },
  ARM_REFUSED: { exit: 1, http: 502, retry: 'never' },
  ARM_AMBIGUOUS: { exit: 1, http: 502, retry: 'reconcile' },
  ARM_NOT_ALLOWED: { exit: 1, http: 502, retry: 'never' },
  ARM_NO_TOKEN: { exit: 1, http: 502, retry: 'backoff' },
  LIMIT_RATE: { exit: 1, http: 429, retry: 'after' },
  LIMIT_CONCURRENCY: { exit: 1, http: 429, retry: 'after' },
  LIMIT_SIZE: { exit: 1, http: 413, retry: 'never' },
  STORE_UNAVAILABLE: { exit: 1, http: 503, retry: 'backoff' },
  STORE_UNCONFIRMED: { exit: 1, http: 503, retry: 'backoff' },
  STORE_NOT_DURABLE: { exit: 1, http: 503, retry: 'never' },
  STORE_BUSY: { exit: 1, http: 503, retry: 'backoff' },
  SERVER_UNREACHABLE: { exit: 1, http: 503, retry: 'backoff' },
  SHELL_EXIT: { exit: 1, http: 502, retry: 'never' },
  SHELL_TIMEOUT: { exit: 1, http: 502, retry: 'reconcile' },
  EVIDENCE_BROKEN: { exit: 1, http: 409, retry: 'never' },
  SECRET_UNAVAILABLE: { exit: 1, http: 502, retry: 'never' },
  INTERNAL_INVARIANT: { exit: 1, http: 500, retry: 'never' },
} as const satisfies Record<string, ErrorRow>;

/** A stable error code. */
export type ErrorCode = keyof typeof ERRORS;

/** The only error class: a code of the table, one sentence for people, and typed detail that never holds a secret. */
export class RunwardError extends Error {
  readonly code: ErrorCode;
  readonly detail: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, detail: Readonly<Record<string, unknown>> = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'RunwardError';
    this.code = code;
    this.detail = detail;
  }
}

/** Stops the run when something that must be true is not: throws INTERNAL_INVARIANT, which is never retried. */
export function assert(condition: unknown, what: string): asserts condition {
  if (!condition) throw new RunwardError('INTERNAL_INVARIANT', `must be true and is not: ${what}`);
}
