import type { ActionContext } from './action.ts';

/**
 * Whether work with this client request id is of this step. What a person had sent once more counts as well, because the person can be wrong
 * about it; where it ended badly nothing of it can land any more, and it does not stand in the way.
 */
export function isOwnWork(
  { requestIds, earlierRequestIds = [] }: Pick<ActionContext<unknown>, 'requestIds' | 'earlierRequestIds'>,
  work: { readonly clientRequestId: string | undefined; readonly state: string },
): boolean {
  const id = work.clientRequestId?.toLowerCase();
  const isAmong = (ids: readonly string[]): boolean => ids.some((own) => own.toLowerCase() === id);
  return isAmong(requestIds) || (isAmong(earlierRequestIds) && !ENDED_BADLY.has(work.state.toLowerCase()));
}

const ENDED_BADLY: ReadonlySet<string> = new Set(['failed', 'cancelled', 'canceled']);
