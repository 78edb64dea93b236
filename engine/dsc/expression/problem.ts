import { RunwardError } from '../../errors.ts';

/** Why an expression has no value. `start` and `end` are UTF-16 offsets into its text, for what can be pointed at. */
export interface ExpressionProblem {
  readonly reason: string;
  readonly hint?: string;
  readonly start?: number;
  readonly end?: number;
  /** The function that only a target or a run could answer. */
  readonly needs?: string;
  /** The parameter or variable that would be known if it had been given a value. */
  readonly missing?: string;
}

/** Stops the evaluation of one expression; `caught` turns it into a value again. Throws DSC_EXPRESSION. */
export function fail(reason: string, more: Omit<ExpressionProblem, 'reason'> = {}): never {
  throw new RunwardError('DSC_EXPRESSION', reason, { ...more });
}

/** The value of a function, or why an expression in it has none. Other errors pass. */
export function caught<Result>(make: () => Result): { readonly value: Result } | { readonly problem: ExpressionProblem } {
  try {
    return { value: make() };
  } catch (error) {
    if (!(error instanceof RunwardError) || error.code !== 'DSC_EXPRESSION') throw error;
    return { problem: { ...(error.detail as Omit<ExpressionProblem, 'reason'>), reason: error.message } };
  }
}

/** Gives a problem inside a call the place of the call, unless it has one of its own. */
export function placed<Result>(span: { readonly start: number; readonly end: number }, make: () => Result): Result {
  const made = caught(make);
  if ('value' in made) return made.value;
  const { reason, ...more } = made.problem;
  return fail(reason, { ...span, ...more });
}
