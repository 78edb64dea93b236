import type { AzureReadAnswer, AzureReceipt, AzureSubmitAnswer } from '../azure-calls.ts';
import { OTHER_WORK_POLL_MS } from '../limits.ts';
import type { JsonObject } from '../json.ts';
import type { Observation } from '../ports.ts';
import type { Failed, Failure, SubmitOutcome, Unanswered } from './action.ts';

/** A read that gave no value. */
export type AzureReadProblem = Exclude<AzureReadAnswer<never>, { kind: 'found' }>;

/** Sorts a read without a value for a read action or a precheck: what is final fails the step, what is not is asked again. */
export function failedRead(what: string, problem: AzureReadProblem): Failed | Unanswered {
  switch (problem.kind) {
    case 'missing':
      return { kind: 'failed', failure: { kind: 'target_missing', message: `${what} does not exist: ${problem.message}` } };
    case 'denied':
      return { kind: 'failed', failure: { kind: 'denied', message: `${what} may not be read: ${problem.message}` } };
    case 'invalid':
      return { kind: 'failed', failure: { kind: 'target', message: `${what} cannot be read: ${problem.message}` } };
    case 'unanswered':
      return unansweredRead(what, problem);
  }
}

/** Sorts a read without a value where nothing may be concluded from it: whatever was wrong, it is asked again. */
export function unansweredRead(what: string, problem: AzureReadProblem): Unanswered {
  const retryAfterMs = problem.kind === 'unanswered' ? problem.retryAfterMs : OTHER_WORK_POLL_MS;
  return { kind: 'unanswered', message: `${what} could not be read: ${problem.message}`, retryAfterMs };
}

/**
 * Sorts the answer to the one request of a guarded action. A conflict is not a refusal: it may be our own earlier request that
 * is under way, so it is looked for.
 */
export function guardedSubmit(
  atMs: number,
  request: { readonly verb: string; readonly target: string },
  answer: AzureSubmitAnswer,
): SubmitOutcome {
  const what = `${request.verb} of ${request.target}`;
  switch (answer.kind) {
    case 'accepted':
      // The name stands in when Azure gave neither URL nor job: the target itself is followed then.
      return { kind: 'accepted', handle: { name: request.target, ...answer.handle }, observations: [sent(atMs, what, answer.receipt)] };
    case 'completed':
      return { kind: 'completed', observations: [sent(atMs, what, answer.receipt)] };
    case 'not_sent':
      return answer;
    case 'throttled':
      return { kind: 'throttled', message: answer.message, retryAfterMs: answer.retryAfterMs };
    case 'ambiguous':
      return { kind: 'ambiguous', message: answer.message };
    case 'refused': {
      const observations = [sent(atMs, what, answer.receipt, { code: answer.code, message: answer.message })];
      const message = `${what} was refused: ${answer.message} (${answer.code})`;
      if (answer.reason === 'conflict') return { kind: 'ambiguous', message, observations };
      return { kind: 'refused', failure: { kind: FAILURES[answer.reason], message }, observations };
    }
  }
}

const FAILURES = {
  denied: 'denied',
  locked: 'locked',
  missing: 'target_missing',
  invalid: 'target',
  exists: 'target',
} as const satisfies Record<string, Failure['kind']>;

/** A failure of the given kind. */
export function failed(kind: Failure['kind'], message: string): Failed {
  return { kind: 'failed', failure: { kind, message } };
}

function sent(atMs: number, what: string, receipt: AzureReceipt, error: JsonObject = {}): Observation {
  return { at: atMs, what: `Azure answered: ${what}`, data: { ...receipt, ...error } };
}
