import type { Step } from '../language/runbook.ts';
import { cutWaves, toleratedOf } from '../plan/waves.ts';
import { walkAfterWave } from './after-wave.ts';
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
  readonly walkSteps: (walk: Walk, steps: readonly Step[], level: Level) => StepStatus;
}

/** Walks the items of a fan-out wave by wave, at most so many at once, until more have failed than is tolerated. */
export function walkFanOut(walk: Walk, step: Step, node: FanOutNode): StepStatus {
  const { record, level } = node;
  const members = (record.items ?? []).map((item): Member => ({ item, path: itemPath(record.path, item.key) }));
  const tolerated = step.rollout === undefined ? 0 : toleratedOf(step.rollout.maxFailures, members.length);
  const failedBefore = members.filter(({ path }) => countsAsFailed(statusOf(walk.view.steps.get(path)))).length;
  const mode = failedBefore > tolerated && level.mode === 'go' ? 'finish' : level.mode;
  const { statuses, stopped, open } = walkWaves(walk, step, { ...node, level: { ...level, mode }, members });
  if (open.includes('running')) return 'running';
  if (open.includes('unknown')) return 'unknown';
  closeFanOut(walk, { record, members, statuses, tolerated, stopped });
  return 'running';
}

interface Reached {
  /** Statuses of the items in all waves that were reached, and of the steps after these waves when they did not end well. */
  readonly statuses: readonly StepStatus[];
  /** Why the steps after a wave let nothing new start. */
  readonly stopped: string | undefined;
  readonly open: readonly ('running' | 'unknown')[];
}

function walkWaves(walk: Walk, step: Step, node: FanOutNode & { readonly members: readonly Member[] }): Reached {
  const { record, members, walkItem, walkSteps } = node;
  const statuses: StepStatus[] = [];
  let { level } = node;
  let stopped: string | undefined;
  const waves = inWaves(members, cutWaves(members.length, step.rollout?.waves ?? []));
  for (const [index, wave] of waves.entries()) {
    const reached = walkWave(walk, step, { wave, level, walkItem });
    statuses.push(...reached);
    const open = reached.filter((status) => !stepHasEnded(status));
    if (open.length > 0) return { statuses, stopped, open: open.map((status) => (status === 'unknown' ? 'unknown' : 'running')) };
    if (stopped !== undefined) continue;
    const ended = { number: index + 1, total: waves.length, items: wave.map(({ item }) => item), statuses: reached };
    const after = walkAfterWave(walk, step, { record, level, wave: ended, walkSteps });
    if (after.kind === 'wait') return { statuses, stopped, open: [after.status] };
    if (after.kind === 'go' && after.status === 'partially_failed') statuses.push(after.status);
    if (after.kind !== 'stop') continue;
    stopped = after.message;
    if (level.mode === 'go') level = { ...level, mode: 'finish' };
  }
  return { statuses, stopped, open: [] };
}

function walkWave(
  walk: Walk,
  step: Step,
  at: Pick<FanOutNode, 'level' | 'walkItem'> & { readonly wave: readonly Member[] },
): readonly StepStatus[] {
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
    readonly stopped: string | undefined;
  },
): void {
  const { record, members, statuses } = node;
  const records = members.flatMap(({ path }) => walk.view.steps.get(path) ?? []);
  const produced = records.flatMap((member) => member.produced ?? []);
  const kept = produced.length === 0 ? {} : { produced };
  const failed = statuses.filter((status) => countsAsFailed(status)).length;
  if (statuses.length > 0 && statuses.every((status) => status === 'cancelled')) {
    walk.found.changes.push(moveStep(record, 'cancelled', kept));
  } else if (node.stopped !== undefined) {
    walk.found.changes.push(moveStep(record, 'read_failed', { ...kept, error: { kind: 'target', message: node.stopped } }));
  } else if (failed > node.tolerated) {
    walk.found.changes.push(
      moveStep(record, 'read_failed', { ...kept, error: { kind: 'target', message: failureMessage(records, failed, members.length) } }),
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
