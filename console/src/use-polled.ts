import { useEffect, useState } from 'preact/hooks';
import { ApiProblem, get } from './api.ts';

/** An answer that is read again and again; the last good one stays while the server does not answer. */
export interface Polled<Answer> {
  readonly answer?: Answer;
  readonly problem?: ApiProblem;
}

const EVERY_MS = 5000;

/** Reads a path again and again, every five seconds where nothing else is said, while the tab is seen. */
export function usePolled<Answer>(path: string, everyMs = EVERY_MS): Polled<Answer> {
  const [polled, setPolled] = useState<Polled<Answer>>({});
  useEffect(() => {
    const left = new AbortController();
    const read = async (): Promise<void> => {
      if (document.visibilityState === 'hidden') return;
      try {
        const answer = await get<Answer>(path, left.signal);
        if (!left.signal.aborted) setPolled({ answer });
      } catch (error) {
        if (error instanceof ApiProblem && !left.signal.aborted) setPolled((before) => ({ ...before, problem: error }));
      }
    };
    setPolled({});
    void read();
    const timer = setInterval(() => void read(), everyMs);
    return () => {
      clearInterval(timer);
      left.abort();
    };
  }, [path]);
  return polled;
}

/** The server's time in milliseconds, again every second. */
export function useNow(nowMs: () => number): number {
  const [now, setNow] = useState(nowMs);
  useEffect(() => {
    const timer = setInterval(() => setNow(nowMs()), 1000);
    return () => clearInterval(timer);
  }, [nowMs]);
  return now;
}
