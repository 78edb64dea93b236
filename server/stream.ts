import { Readable } from 'node:stream';
import type { RunId } from '../engine/ids.ts';
import type { Ports } from '../engine/ports.ts';
import { hasEnded } from '../engine/run/run-state.ts';
import { timeText } from '../engine/run/summary.ts';
import type { RunEvent } from '../engine/store.ts';

const PAGE = 200;
const KEEP_ALIVE_MS = 15_000;
const RECONNECT_MS = 2000;

/** What a stream needs: which run, after which event number, and what ends it early. */
export interface StreamRequest {
  readonly runId: RunId;
  readonly after: number;
  readonly signal: AbortSignal;
}

/** An event as the API shows it. */
export function eventView(event: RunEvent) {
  const { seq, type, step, item, data } = event;
  return { seq, at: timeText(event.atMs), type, ...(step === undefined ? {} : { step }), ...(item === undefined ? {} : { item }), data };
}

/**
 * The events of a run as server-sent events: replayed from the store after a number, then followed until the run has ended.
 * It is read page by page as the client takes it, so a slow reader costs no memory.
 */
export function eventStream(store: Ports['store'], request: StreamRequest): Readable {
  return Readable.from(frames(store, request), { objectMode: false, encoding: 'utf8' });
}

async function* frames(store: Ports['store'], { runId, after, signal }: StreamRequest): AsyncGenerator<string> {
  yield `retry: ${RECONNECT_MS}\n\n`;
  let sent = after;
  while (!signal.aborted) {
    const events = await store.readEvents(runId, sent, PAGE);
    for (const event of events) yield frame(event);
    sent = events.at(-1)?.seq ?? sent;
    if (events.length > 0) continue;

    const end = await endOf(store, runId, sent);
    if (end !== undefined) return yield end;
    yield ': still here\n\n';
    await store.awaitEvents(runId, sent, KEEP_ALIVE_MS, signal);
  }
}

function frame(event: RunEvent): string {
  return `id: ${event.seq}\nevent: ${event.type}\ndata: ${JSON.stringify(eventView(event))}\n\n`;
}

// Carries no id: a client that reconnects afterwards gets the same end again.
async function endOf(store: Ports['store'], runId: RunId, sent: number): Promise<string | undefined> {
  const run = (await store.readRun(runId))?.run;
  if (run === undefined) return 'event: end\ndata: {}\n\n';
  if (!hasEnded(run.state) || run.eventSeq > sent) return undefined;
  return `event: end\ndata: ${JSON.stringify({ seq: run.eventSeq, status: run.state })}\n\n`;
}
