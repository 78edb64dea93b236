/** How long a run will probably take, from earlier ones (milliseconds). */
export interface Estimate {
  readonly medianMs: number;
  readonly fromMs: number;
  readonly toMs: number;
  /** How many runs it is drawn from. */
  readonly runs: number;
}

/** An ended run as far as its duration tells something about the next one. */
export interface MeasuredRun {
  readonly startedAtMs?: number;
  readonly endedAtMs?: number;
}

/** How many runs an estimate looks back on. */
export const ESTIMATE_RUNS = 5;

/** The range and the median of the newest runs that ended well; undefined when there is none. Runs are given newest first. */
export function estimateOf(runs: readonly MeasuredRun[]): Estimate | undefined {
  const took = runs
    .flatMap(({ startedAtMs, endedAtMs }) => (startedAtMs === undefined || endedAtMs === undefined ? [] : [endedAtMs - startedAtMs]))
    .slice(0, ESTIMATE_RUNS)
    .toSorted((left, right) => left - right);
  const [fromMs, toMs] = [took[0], took.at(-1)];
  if (fromMs === undefined || toMs === undefined) return undefined;
  const middle = Math.floor(took.length / 2);
  const medianMs = took.length % 2 === 1 ? (took[middle] ?? fromMs) : ((took[middle - 1] ?? fromMs) + (took[middle] ?? toMs)) / 2;
  return { medianMs, fromMs, toMs, runs: took.length };
}
