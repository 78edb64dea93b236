import type { RunEvent } from './api.ts';
import { ApiProblem, request } from './api.ts';
import { hiddenTooLong, untilSeen } from './seen.ts';

/** What a follower of a run is told. */
export interface Follower {
  /** Events in the order of their numbers, without a gap and none twice. */
  readonly events: (events: readonly RunEvent[]) => void;
  /** Whether the connection stands; told on each change. */
  readonly connected: (stands: boolean) => void;
  /** The run has ended and everything was told. */
  readonly ended: () => void;
  /** The server refused for good (signed out, no such run). */
  readonly refused: (problem: ApiProblem) => void;
}

interface Following {
  last: number;
  failures: number;
}

const RECONNECT_MAX_MS = 2000;
const RECONNECT_FIRST_MS = 50;
// The server says something every 15 s: three times nothing means that the connection is dead.
const STALL_MS = 45_000;

/** Follows the events of a run after a number until it has ended; lost connections are taken up behind the last number. */
export async function followRun(run: string, after: number, signal: AbortSignal, follower: Follower): Promise<void> {
  const at: Following = { last: after, failures: 0 };
  while (!signal.aborted) {
    const before = at.last;
    try {
      if (await readOnce(run, at, signal, follower)) return follower.ended();
    } catch (error) {
      if (error instanceof ApiProblem && error.status >= 400 && error.status < 500 && error.status !== 429) return follower.refused(error);
    }
    if (signal.aborted) return;
    follower.connected(false);
    at.failures = at.last > before ? 0 : at.failures + 1;
    await pause(waitMs(at.failures), signal);
    await untilSeen(signal);
  }
}

// Half to full: many watchers of one server must not come back together. A connection that brought something is taken up sooner.
function waitMs(failures: number): number {
  return Math.min(RECONNECT_MAX_MS, RECONNECT_FIRST_MS * 2 ** failures) * (0.5 + Math.random() / 2);
}

/** Reads one connection to its end; true when the run has ended, false when it has to be taken up again. */
async function readOnce(run: string, at: Following, signal: AbortSignal, follower: Follower): Promise<boolean> {
  const stalled = new AbortController();
  const hidden = hiddenTooLong(stalled.signal);
  let stall = setTimeout(() => stalled.abort(), STALL_MS);
  try {
    const response = await request(`/runs/${encodeURIComponent(run)}/events?after=${at.last}`, {
      headers: { accept: 'text/event-stream' },
      signal: AbortSignal.any([signal, stalled.signal, hidden]),
    });
    if (response.body === null) return false;
    follower.connected(true);
    let rest = '';
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return false;
      clearTimeout(stall);
      stall = setTimeout(() => stalled.abort(), STALL_MS);
      const frames = (rest + value).split('\n\n');
      rest = frames.pop() ?? '';
      const taken = takeFrames(frames, at);
      if (taken.events.length > 0) follower.events(taken.events);
      if (taken.next !== 'more') return taken.next === 'end';
    }
  } finally {
    clearTimeout(stall);
    stalled.abort();
  }
}

/** The new events among whole frames; `gap` when a number is missing, so that the stream is asked again from the last one. */
function takeFrames(
  frames: readonly string[],
  at: Following,
): { readonly events: readonly RunEvent[]; readonly next: 'more' | 'end' | 'gap' } {
  const events: RunEvent[] = [];
  for (const frame of frames) {
    if (/^event: end$/m.test(frame)) return { events, next: 'end' };
    const data = /^data: (.*)$/m.exec(frame)?.[1];
    if (data === undefined) continue;
    const event = JSON.parse(data) as RunEvent;
    if (event.seq <= at.last) continue;
    if (event.seq !== at.last + 1) return { events, next: 'gap' };
    at.last = event.seq;
    events.push(event);
  }
  return { events, next: 'more' };
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
