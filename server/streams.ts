import { RunwardError } from '../engine/errors.ts';

/** Counts the event streams that principals keep open. */
export interface Streams {
  /** Counts one more; the answer gives it back. Throws LIMIT_RATE above the limit. */
  readonly open: (principal: string) => () => void;
}

/** A counter with the given number of streams for each principal. */
export function makeStreams(max: number): Streams {
  const counts = new Map<string, number>();
  return {
    open(principal) {
      const count = counts.get(principal) ?? 0;
      if (count >= max) throw new RunwardError('LIMIT_RATE', `${max} event streams are open already; close one`, { retryAfterSeconds: 5 });
      counts.set(principal, count + 1);
      return () => {
        const left = (counts.get(principal) ?? 1) - 1;
        if (left > 0) counts.set(principal, left);
        else counts.delete(principal);
      };
    },
  };
}
