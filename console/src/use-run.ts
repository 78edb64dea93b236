import { useEffect, useState } from 'preact/hooks';
import type { RunSummary } from '../../engine/run/summary.ts';
import { ApiProblem, get, serverNowMs } from './api.ts';
import type { RunEvent } from './api.ts';
import { followRun } from './live.ts';

/** A run as the page has it: the snapshot, every event, and whether both are fresh. */
export interface LiveRun {
  readonly run?: RunSummary;
  /** When the snapshot was read, in the server's time (milliseconds). */
  readonly readAtMs: number;
  readonly events: readonly RunEvent[];
  readonly connected: boolean;
  /** Since when the connection is lost (milliseconds since 1970). */
  readonly lostAtMs?: number;
  readonly problem?: ApiProblem;
}

const REFRESH_MS = 300;
const RETRY_MS = 2000;
const EMPTY: LiveRun = { readAtMs: 0, events: [], connected: true };

/** Follows a run for as long as the component is there; `refresh` reads the snapshot again. */
export function useRun(reference: string): LiveRun & { readonly refresh: () => void } {
  const [live, setLive] = useState<LiveRun>(EMPTY);
  const [follower, setFollower] = useState<{ readonly refresh: () => void }>();
  useEffect(() => {
    const left = new AbortController();
    const update = (patch: (before: LiveRun) => LiveRun) => {
      if (!left.signal.aborted) setLive(patch);
    };
    setLive(EMPTY);
    const refresh = snapshots(reference, left.signal, update);
    setFollower({ refresh });
    refresh();
    void followRun(reference, 0, left.signal, {
      events(events) {
        update((before) => ({ ...before, events: [...before.events, ...events] }));
        refresh();
      },
      connected: (stands) => update((before) => connection(before, stands)),
      ended: refresh,
      refused: (problem) => update((before) => ({ ...before, problem })),
    });
    return () => left.abort();
  }, [reference]);
  return { ...live, refresh: () => follower?.refresh() };
}

function connection(before: LiveRun, stands: boolean): LiveRun {
  const { lostAtMs, ...rest } = before;
  return stands ? { ...rest, connected: true } : { ...rest, connected: false, lostAtMs: lostAtMs ?? Date.now() };
}

/** Reads the snapshot when asked, one at a time and not more often than the eye can follow; the last wish is always granted. */
function snapshots(reference: string, signal: AbortSignal, update: (patch: (before: LiveRun) => LiveRun) => void): () => void {
  let busy = false;
  let wanted = false;
  const read = async (): Promise<void> => {
    wanted = true;
    if (busy) return;
    busy = true;
    while (wanted && !signal.aborted) {
      wanted = false;
      let restMs = REFRESH_MS;
      try {
        const run = await get<RunSummary>(`/runs/${encodeURIComponent(reference)}`, signal);
        update(({ problem: _old, ...before }) => ({ ...before, run, readAtMs: serverNowMs() }));
      } catch (error) {
        if (!(error instanceof ApiProblem)) break;
        // Nobody answers: the line under the head says so already.
        if (error.status > 0) update((before) => ({ ...before, problem: error }));
        wanted = isForAWhile(error);
        restMs = RETRY_MS;
      }
      await new Promise((resolve) => setTimeout(resolve, restMs));
    }
    busy = false;
  };
  return () => void read();
}

function isForAWhile({ status }: ApiProblem): boolean {
  return status === 0 || status === 429 || status >= 500;
}
