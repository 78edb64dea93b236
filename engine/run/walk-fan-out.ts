import type { Step } from '../language/runbook.ts';
import { cutWaves, toleratedOf } from '../plan/waves.ts';
import { moveStep } from './change.ts';
import { aliasOf } from './fan-out-items.ts';
import { effectOf } from './leaf-input.ts';
import { openItem } from './open-step.ts';
import type { FanOutItem, StepRecord } from './record.ts';
import { itemPath } from './step-path.ts';
import { countsAsFailed, statusOf, stepHasEnded, type StepStatus } from './verdict.ts';
import type { Level, Walk } from './walk.ts';

interface Member {
  readonly item: FanOutItem;
  readonly path: string;
}

interface FanOutNode {
  readonly record: StepRecord;
  readonly level: Level;
  /** Walks an item that has a record. */
  readonly walkItem: (walk: Walk, step: Step, node: { readonly record: StepRecord; readonly level: Level }) => StepStatus;
}

/** Walks the items of a fan-out wave by wave, at most so many at once, until more have failed than is tolerated. */
export function walkFanOut(walk: Walk, step: Step, node: FanOutNode): StepStatus {
  const { record, level, walkItem } = node;
  const members = (record.items ?? []).map((item): Member => ({ item, path: itemPath(record.path, item.key) }));
  const tolerated = step.rollout === undefined ? 0 : toleratedOf(step.rollout.maxFailures, members.length);
  const failedBefore = members.filter(({ path }) => countsAsFailed(statusOf(walk.view.steps.get(path)))).length;
  const mode = failedBefore > tolerated && level.mode === 'go' ? 'finish' : level.mode;
  const statuses: StepStatus[] = [];
  for (const wave of inWaves(members, cutWaves(members.length, step.rollout?.waves ?? []))) {
    const reached = walkWave(walk, step, { wave, level: { ...level, mode }, walkItem });
    statuses.push(...reached);
    if (reached.some((status) => !stepHasEnded(status))) break;
  }
  if (statuses.some((status) => !stepHasEnded(status) && status !== 'unknown')) return 'running';
  if (statuses.includes('unknown')) return 'unknown';
  closeFanOut(walk, { record, members, statuses, tolerated });
  return 'running';
}

function walkWave(walk: Walk, step: Step, at: Omit<FanOutNode, 'record'> & { readonly wave: readonly Member[] }): readonly StepStatus[] {
  const atOnce = step.rollout?.maxParallel ?? (effectOf(step, walk) === 'read' ? 10 : 1);
  let open = at.wave.filter(({ path }) => isOpen(statusOf(walk.view.steps.get(path)))).length;
  return at.wave.map(({ item, path }): StepStatus => {
    const level = { ...at.level, bindings: [...at.level.bindings, { alias: aliasOf(step), item }] };
    const record = walk.view.steps.get(path);
    if (record !== undefined) return at.walkItem(walk, step, { record, level });
    if (level.mode === 'go' && open >= atOnce) return 'pending';
    open += 1;
    return openItem(walk, step, { path, item, level });
  });
}

function closeFanOut(
  walk: Walk,
  node: {
    readonly record: StepRecord;
    readonly members: readonly Member[];
    readonly statuses: readonly StepStatus[];
    readonly tolerated: number;
  },
): void {
  const { record, members, statuses } = node;
  const records = members.flatMap(({ path }) => walk.view.steps.get(path) ?? []);
  const produced = records.flatMap((member) => member.produced ?? []);
  const kept = produced.length === 0 ? {} : { produced };
  const failed = statuses.filter((status) => countsAsFailed(status)).length;
  if (statuses.length > 0 && statuses.every((status) => status === 'cancelled')) {
    walk.found.changes.push(moveStep(record, 'cancelled', kept));
  } else if (failed > node.tolerated) {
    walk.found.changes.push(
      moveStep(record, 'read_failed', { ...kept, error: { kind: 'target', message: failureMessage(records, failed, statuses.length) } }),
    );
  } else if (failed > 0 || statuses.includes('partially_failed')) {
    walk.found.changes.push(moveStep(record, 'read_finished', { ...kept, verdict: 'partially_failed' }));
  } else if (statuses.every((status) => status === 'skipped')) {
    walk.found.changes.push(moveStep(record, 'left_out', { reason: 'every item was skipped' }));
  } else {
    walk.found.changes.push(moveStep(record, 'read_finished', kept));
  }
}

function failureMessage(records: readonly StepRecord[], failed: number, total: number): string {
  const first = records.find((member) => member.error !== undefined);
  const why = first === undefined ? '' : `: ${first.itemKey ?? first.path}: ${first.error?.message ?? ''}`;
  return `${failed} of ${total} failed${why}`;
}

function isOpen(status: StepStatus): boolean {
  return status !== 'pending' && !stepHasEnded(status);
}

function inWaves(members: readonly Member[], sizes: readonly number[]): readonly (readonly Member[])[] {
  let start = 0;
  return sizes.map((size) => {
    const wave = members.slice(start, start + size);
    start += size;
    return wave;
  });
}
