import type { JsonValue } from '../json.ts';
import type { Step } from '../language/runbook.ts';
import type { FanOutItem, StepRecord } from './record.ts';
import { type ItemBinding, targetScope } from './scope.ts';
import { wavePrefix } from './step-path.ts';
import { countsAsFailed, statusOf, stepHasEnded, type StepStatus } from './verdict.ts';
import type { Level, Walk } from './walk.ts';

/** A wave of a fan-out: its place among the others, its items and how they ended. `number` starts at 1. */
export interface EndedWave {
  readonly number: number;
  readonly total: number;
  readonly items: readonly FanOutItem[];
  readonly statuses: readonly StepStatus[];
}

/** How the steps after a wave stand. `go`: the next wave may start; `wait`: they have not ended; `stop`: they failed, nothing new starts. */
export type AfterWave =
  | { readonly kind: 'go'; readonly status: StepStatus }
  | { readonly kind: 'wait'; readonly status: 'running' | 'unknown' }
  | { readonly kind: 'stop'; readonly message: string };

interface Between {
  readonly record: StepRecord;
  readonly level: Level;
  readonly wave: EndedWave;
}

/** Walks the steps after a wave that has ended; after the last wave there are none. */
export function walkAfterWave(walk: Walk, step: Step, between: Between): AfterWave {
  const { record, level, wave } = between;
  const steps = step.rollout?.afterWave ?? [];
  if (steps.length === 0 || wave.number === wave.total) return { kind: 'go', status: 'succeeded' };
  const prefix = wavePrefix(record.path, wave.number);
  const status = walk.walkSteps(steps, { ...level, prefix, bindings: [...level.bindings, waveBinding(wave, prefix)] });
  if (!stepHasEnded(status)) return { kind: 'wait', status: status === 'unknown' ? 'unknown' : 'running' };
  if (status === 'cancelled' || !countsAsFailed(status)) return { kind: 'go', status };
  const failed = [...walk.view.steps.values()].find((other) => other.path.startsWith(prefix) && countsAsFailed(statusOf(other)));
  const why = failed?.error === undefined ? '' : `: ${failed.error.message}`;
  return { kind: 'stop', message: `stopped after wave ${wave.number} of ${wave.total} by ${failed?.stepId ?? 'its checks'}${why}` };
}

function waveBinding(wave: EndedWave, at: string): ItemBinding {
  const targets = wave.items.map(({ target, value }): JsonValue => (target === undefined ? (value ?? null) : targetScope(target)));
  const value = {
    number: wave.number,
    total: wave.total,
    size: wave.items.length,
    targets,
    succeeded: wave.statuses.filter((status) => ['succeeded', 'recovered', 'partially_failed'].includes(status)).length,
    failed: wave.statuses.filter((status) => countsAsFailed(status)).length,
  };
  return { alias: 'wave', item: { key: `wave-${wave.number}`, value }, at };
}
