import { useEffect, useState } from 'preact/hooks';
import type { RunRow, RunSummary } from '../../engine/run/summary.ts';
import type { Page } from './api.ts';
import { get } from './api.ts';

/** How long the runs of a runbook usually take: the median of its latest good ones, in milliseconds. */
export interface Usual {
  readonly ms: number;
  readonly runs: number;
}

const RUNS_MAX = 20;

/** The usual duration of runs like this one, this one left out; undefined when there is none to compare with. */
export function useUsual(run: RunSummary | undefined): Usual | undefined {
  const [usual, setUsual] = useState<Usual>();
  const runbook = run?.runbook;
  useEffect(() => {
    if (runbook === undefined) return;
    const left = new AbortController();
    get<Page<RunRow>>(`/runs?runbook=${encodeURIComponent(runbook)}&status=succeeded&limit=${RUNS_MAX}`, left.signal).then(
      ({ items }) => setUsual(medianOf(items.filter((one) => one.id !== run?.id && one.purpose === run?.purpose))),
      () => undefined,
    );
    return () => left.abort();
  }, [runbook]);
  return usual;
}

function medianOf(runs: readonly RunRow[]): Usual | undefined {
  const took = runs
    .flatMap(({ startedAt, endedAt }) =>
      startedAt === undefined || endedAt === undefined ? [] : [Date.parse(endedAt) - Date.parse(startedAt)],
    )
    .toSorted((a, b) => a - b);
  const ms = took[Math.floor(took.length / 2)];
  return ms === undefined ? undefined : { ms, runs: took.length };
}
