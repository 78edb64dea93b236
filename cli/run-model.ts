import type { JsonObject } from '../engine/json.ts';
import type { RunState } from '../engine/run/run-state.ts';
import { hasEnded } from '../engine/run/run-state.ts';
import type { StepState } from '../engine/run/step-state.ts';
import type { ItemSummary, RunSummary, StepSummary } from '../engine/run/summary.ts';
import type { StepStatus } from '../engine/run/verdict.ts';
import type { ApiEvent } from './api-client.ts';

/** A run as a screen holds it: the last snapshot with the events after it applied. `snapshotAtMs` is the reader's clock. */
export interface RunModel {
  readonly run: RunSummary;
  readonly snapshotAtMs: number;
}

/** Applies an event to a model; events that the snapshot holds already change nothing. */
export function applyEvent(model: RunModel, event: ApiEvent): RunModel {
  if (event.seq <= model.run.seq) return model;
  const run = event.type.startsWith('runward.step.') ? withStep(model.run, event) : withRun(model.run, event);
  return { ...model, run: { ...run, seq: event.seq } };
}

/** The status that a step has after an event, from the state that the event carries; undefined when it carries none. */
export function statusAfter(data: JsonObject): StepStatus | undefined {
  const state = data['state'];
  if (typeof state !== 'string') return undefined;
  switch (state as StepState) {
    case 'pending':
      return 'pending';
    case 'ready':
      return Number(data['attempt'] ?? 1) > 1 ? 'retrying' : data['reason'] === undefined ? 'running' : 'waiting';
    case 'intent':
    case 'submitted':
      return 'running';
    case 'succeeded':
      return data['verdict'] === 'partially_failed' ? 'partially_failed' : 'succeeded';
    case 'failed':
      return FAILED_AS.find((verdict) => verdict === data['verdict']) ?? 'failed';
    case 'skipped':
    case 'cancelled':
    case 'unknown':
      return state as StepStatus;
  }
}

// What a failed step may be called instead, by what followed its failure.
const FAILED_AS = ['timed_out', 'recovered', 'rolled_back', 'rollback_failed'] as const;

function withRun(run: RunSummary, event: ApiEvent): RunSummary {
  const { state, phase, outcome, reason } = event.data;
  const status = typeof state === 'string' ? (state as RunState) : run.status;
  return {
    ...run,
    status,
    ...(typeof phase === 'string' ? { phase } : {}),
    ...(typeof outcome === 'string' ? { outcome } : {}),
    ...(typeof reason === 'string' ? { reason } : {}),
    ...(event.type === 'runward.run.started' ? { startedAt: event.at } : {}),
    ...(hasEnded(status) ? { endedAt: event.at, waitingFor: [] } : {}),
  };
}

function withStep(run: RunSummary, event: ApiEvent): RunSummary {
  const { step: path, item } = event;
  const own = run.steps.some((row) => row.path === path);
  const parent = item === undefined || path === undefined ? undefined : path.slice(0, path.lastIndexOf('['));
  const steps = run.steps.map((row): StepSummary => {
    if (own) return row.path === path ? { ...row, ...changed(row, event), attempt: attemptOf(event, row.attempt) } : row;
    return row.path === parent && item !== undefined ? { ...row, items: withItem(row.items, item, event) } : row;
  });
  const waitingFor = run.waitingFor.filter((wait) => wait.step !== path);
  return { ...run, steps, waitingFor };
}

function withItem(items: readonly ItemSummary[], key: string, event: ApiEvent): readonly ItemSummary[] {
  const known = items.find((item) => item.key === key);
  const next: ItemSummary = { ...(known ?? { key, status: 'pending' }), ...changed(known, event) };
  return known === undefined ? [...items, next] : items.map((item) => (item.key === key ? next : item));
}

function changed(before: Pick<ItemSummary, 'status' | 'startedAt'> | undefined, event: ApiEvent): Partial<ItemSummary> {
  const { percent, reason, error, undoneBy } = event.data;
  const status = statusAfter(event.data) ?? before?.status ?? 'running';
  const over = ['succeeded', 'skipped', 'partially_failed', 'failed', 'cancelled', ...FAILED_AS].includes(status);
  return {
    status,
    ...(typeof percent === 'number' ? { percent } : {}),
    ...(typeof reason === 'string' ? { reason } : {}),
    ...(isFailure(error) ? { error } : {}),
    ...(typeof undoneBy === 'string' ? { undoneBy } : {}),
    ...(before?.startedAt === undefined && status !== 'skipped' && status !== 'pending' ? { startedAt: event.at } : {}),
    ...(over ? { endedAt: event.at } : {}),
  };
}

function attemptOf(event: ApiEvent, before: number): number {
  const { attempt } = event.data;
  return typeof attempt === 'number' ? attempt : before;
}

function isFailure(value: unknown): value is { readonly kind: string; readonly message: string } {
  return typeof value === 'object' && value !== null && 'kind' in value && 'message' in value;
}
