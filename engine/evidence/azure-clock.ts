import type { JsonObject } from '../json.ts';
import { CLOCK_SKEW_MAX_MS } from '../limits.ts';
import { measuredText } from './objectives.ts';

interface Observed {
  readonly observations: readonly { readonly data: JsonObject }[];
}

/** Azure tells its time in whole seconds, cut off. */
const DATE_STEP_MS = 1000;

/**
 * How far Azure's clock is ahead of ours by one answer, in milliseconds: the least that fits to a request that was sent and answered at the
 * given times of ours, so that a slow answer is no skew.
 */
export function aheadBy(
  dateMs: number,
  { askedAtMs, answeredAtMs }: { readonly askedAtMs: number; readonly answeredAtMs: number },
): number {
  const [least, most] = [dateMs - answeredAtMs, dateMs + DATE_STEP_MS - askedAtMs];
  if (least > 0) return least;
  return most < 0 ? most : 0;
}

/** Notes with each answer of Azure how far its clock was ahead of ours. */
export function withAhead<Seen extends { readonly data: JsonObject }>(
  observations: readonly Seen[],
  times: { readonly askedAtMs: number; readonly answeredAtMs: number },
): readonly Seen[] {
  return observations.map((seen) => {
    const { dateMs } = seen.data;
    return typeof dateMs === 'number' ? { ...seen, data: { ...seen.data, aheadMs: aheadBy(dateMs, times) } } : seen;
  });
}

/** How far Azure's clock is ahead of ours by all answers of a run: their median, in milliseconds; 0 where there is none. */
export function azureAheadMs(steps: Iterable<Observed>): number {
  const samples: number[] = [];
  for (const { observations } of steps)
    for (const { data } of observations) if (typeof data['aheadMs'] === 'number') samples.push(data['aheadMs']);
  return samples.toSorted((left, right) => left - right)[Math.floor(samples.length / 2)] ?? 0;
}

/** What a person must know about the two clocks; undefined while they agree well enough. */
export function skewText(aheadMs: number): string | undefined {
  if (Math.abs(aheadMs) <= CLOCK_SKEW_MAX_MS) return undefined;
  const way = aheadMs > 0 ? 'ahead of' : 'behind';
  return `Azure's clock is ${measuredText(Math.abs(aheadMs))} ${way} ours: ages of recovery points are corrected by it, other times are as each clock told them`;
}
