import { setTimeout as sleep } from 'node:timers/promises';
import { hasEnded } from '../engine/run/run-state.ts';
import type { RunSummary } from '../engine/run/summary.ts';
import type { ApiClient, ApiEvent } from './api-client.ts';
import type { RunModel } from './run-model.ts';
import { applyEvent } from './run-model.ts';

/** A run after an event, or after a fresh snapshot when there is no event. */
export interface Followed {
  readonly model: RunModel;
  readonly event?: ApiEvent;
}

const SNAPSHOT_EVERY_MS = 400;

/**
 * A run from now to its end: the snapshot first, then every event, in order and none twice. Events move the model at once; what they do
 * not carry (whom a gate asks, objectives) comes with the next snapshot, at most every 0.4 s. Ends when the run has ended or the signal aborts.
 */
export async function* followRun(
  client: Pick<ApiClient, 'get' | 'events'>,
  reference: string,
  signal: AbortSignal,
): AsyncGenerator<Followed> {
  let model = await snapshot(client, reference);
  yield { model };
  if (hasEnded(model.run.status)) return;

  const events = client.events(model.run.id, model.run.seq, signal);
  let next = events.next();
  for (let isStale = false; ;) {
    const dueMs = Math.max(0, model.snapshotAtMs + SNAPSHOT_EVERY_MS - Date.now());
    const got = isStale ? await firstOf(next, dueMs) : await next;
    if (got === undefined) {
      model = newer(model, await snapshot(client, model.run.id));
      isStale = false;
      yield { model };
      continue;
    }
    if (got.done === true) break;
    model = applyEvent(model, got.value);
    isStale = true;
    yield { model, event: got.value };
    next = events.next();
  }
  if (!signal.aborted) yield { model: await snapshot(client, model.run.id) };
}

/** The run as the server shows it now. */
export async function snapshot(client: Pick<ApiClient, 'get'>, reference: string): Promise<RunModel> {
  return { run: await client.get<RunSummary>(`/runs/${encodeURIComponent(reference)}`), snapshotAtMs: Date.now() };
}

// A snapshot may be older than an event that came meanwhile: then only its age is taken, and the next one is waited for.
function newer(before: RunModel, after: RunModel): RunModel {
  return after.run.seq >= before.run.seq ? after : { ...before, snapshotAtMs: after.snapshotAtMs };
}

async function firstOf<Value>(promise: Promise<Value>, waitMs: number): Promise<Value | undefined> {
  const giveUp = new AbortController();
  const late = sleep(waitMs, undefined, { signal: giveUp.signal }).catch(() => undefined);
  const first = await Promise.race([promise, late]);
  giveUp.abort();
  return first;
}
