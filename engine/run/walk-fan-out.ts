import type { Failure } from '../actions/action.ts';
import type { Step } from '../language/runbook.ts';
import { cutWaves, toleratedOf } from '../plan/waves.ts';
import { walkAfterWave } from './after-wave.ts';
import { moveStep } from './change.ts';
import { asksRollback, standingOf, wordOfFanOut } from './failure.ts';
import { aliasOf } from './fan-out-items.ts';
import { effectOf } from './leaf-input.ts';
import { openItem } from './open-step.ts';
import type { FailureAnswer, FanOutItem, StepRecord } from './record.ts';
import { itemPath } from './step-path.ts';
import { countsAsFailed, fanOutStatus, stepHasEnded, type StepStatus } from './verdict.ts';
import { failedScope } from './walk-block.ts';
import { type Aftermath, walkFailedScope } from './walk-failure.ts';
import { undoItems } from './walk-rollback.ts';
import { cleanupLevel, type Node, type Walk } from './walk.ts';

interface Member {
  readonly item: FanOutItem;
  readonly path: string;
}

interface FanOutNode extends Node {
  /** Walks an item that has a record. */
  readonly walkItem: (walk: Walk, step: Step, node: Node) => StepStatus;
}

/** Walks the items of a fan-out wave by wave, at most so many at once, until more have failed than is tolerated. */
export function walkFanOut(walk: Walk, step: Step, node: FanOutNode): StepStatus {
  const { record, level } = node;
  const members = membersOf(record);
  const tolerated = step.rollout === undefined ? 0 : toleratedOf(step.rollout.maxFailures, members.length);
  const failedBefore = members.filter(({ path }) => countsAsFailed(standingOf(walk, step, walk.view.steps.get(path)))).length;
  const reached = walkWaves(walk, step, { ...node, members, exceeded: failedBefore > tolerated });
  if (reached.open.includes('running')) return 'running';
  if (reached.open.includes('unknown')) return 'unknown';
  // What was cancelled has not failed: it was never tried to its end.
  const failed = reached.statuses.filter((status) => countsAsFailed(status) && status !== 'cancelled').length;
  const exceeded = failed > tolerated || reached.stopped !== undefined;
  const why = reached.stopped ?? failureMessage(walk, members, failed);
  const failure: Failure = { kind: 'target', message: why };
  const after = exceeded ? aftermathOf(walk, step, node, failure) : undefined;
  if (after?.kind === 'open') return after.status;
  if (reached.unopened > 0) walkWaves(walk, step, { ...node, level: { ...level, mode: 'finish' }, members, exceeded: false });
  else closeFanOut(walk, { record, members, statuses: reached.statuses, after, failure });
  return 'running';
}

const MEMBERS = new WeakMap<readonly FanOutItem[], readonly Member[]>();
const NO_ITEMS: readonly FanOutItem[] = [];

// The list of items belongs to one record and never changes: its paths are written once, not at each look at the run.
function membersOf({ path, items = NO_ITEMS }: StepRecord): readonly Member[] {
  const known = MEMBERS.get(items);
  if (known !== undefined) return known;
  const members = items.map((item) => ({ item, path: itemPath(path, item.key) }));
  MEMBERS.set(items, members);
  return members;
}

interface Reached {
  /** Statuses of the items in all waves that were reached, and of the steps after these waves when they did not end well. */
  readonly statuses: readonly StepStatus[];
  /** Why the steps after a wave let nothing new start. */
  readonly stopped: string | undefined;
  readonly open: readonly ('running' | 'unknown')[];
  /** Items that nothing opens any more. */
  readonly unopened: number;
}

interface WaveNode extends FanOutNode {
  readonly members: readonly Member[];
  /** Items that have begun go on to their end, the others stay closed. */
  readonly exceeded: boolean;
}

function walkWaves(walk: Walk, step: Step, node: WaveNode): Reached {
  const { record, level, members } = node;
  const statuses: StepStatus[] = [];
  let unopened = 0;
  let stopped: string | undefined;
  const waves = inWaves(members, cutWaves(members.length, step.rollout?.waves ?? []));
  for (const [index, wave] of waves.entries()) {
    const isClosed = (node.exceeded || stopped !== undefined) && level.mode === 'go';
    const walked = walkWave(walk, step, { ...node, wave, isClosed });
    const reached = walked.filter((status) => !(isClosed && status === 'pending'));
    unopened += walked.length - reached.length;
    statuses.push(...reached);
    const open = reached.filter((status) => !stepHasEnded(status));
    if (open.length > 0) return { statuses, stopped, unopened, open: open.map((status) => (status === 'unknown' ? 'unknown' : 'running')) };
    if (stopped !== undefined || node.exceeded) continue;
    const ended = { number: index + 1, total: waves.length, items: wave.map(({ item }) => item), statuses: reached };
    const after = walkAfterWave(walk, step, { record, level, wave: ended });
    if (after.kind === 'wait') return { statuses, stopped, unopened, open: [after.status] };
    if (after.kind === 'go' && after.status === 'partially_failed') statuses.push(after.status);
    if (after.kind === 'stop') stopped = after.message;
  }
  return { statuses, stopped, unopened, open: [] };
}

function walkWave(
  walk: Walk,
  step: Step,
  at: WaveNode & { readonly wave: readonly Member[]; readonly isClosed: boolean },
): readonly StepStatus[] {
  const atOnce = step.rollout?.maxParallel ?? (effectOf(step, walk) === 'read' ? 10 : 1);
  let open = at.wave.filter(({ path }) => isOpen(standingOf(walk, step, walk.view.steps.get(path)))).length;
  return at.wave.map(({ item, path }): StepStatus => {
    const level = { ...at.level, bindings: [...at.level.bindings, { alias: aliasOf(step), item, at: path }] };
    const record = walk.view.steps.get(path);
    if (record !== undefined && record.state !== 'pending') return at.walkItem(walk, step, { record, level });
    if (at.isClosed || (level.mode === 'go' && open >= atOnce)) return 'pending';
    open += 1;
    return openItem(walk, step, { path, item, level });
  });
}

function aftermathOf(walk: Walk, step: Step, node: Node, failure: Failure): Aftermath {
  const level = cleanupLevel(walk, node.level);
  return walkFailedScope(walk, {
    step,
    node,
    failure,
    next: (record) => nextAnswer(walk, step, { record, level: node.level }),
    undo: (undoing) => undoItems(walk, step, { record: node.record, level }, undoing),
  });
}

/** What a fan-out does once more items have failed than it tolerates: `on_exceeded` first, then the word of its `on_failure`. */
function nextAnswer(walk: Walk, step: Step, { record, level }: Node): FailureAnswer {
  if (walk.ending || level.mode === 'drain') return 'stop';
  const { onExceeded } = step.rollout ?? {};
  const asked = onExceeded === 'rollback' || isAskedAfterWave(walk, step, record);
  if (asked && record.rolledBack === undefined) return 'rollback';
  return onExceeded === 'pause' ? 'pause' : wordOfFanOut(step);
}

// The block around a step after a wave is the fan-out: what it asks to roll back are the items.
function isAskedAfterWave(walk: Walk, step: Step, { path }: StepRecord): boolean {
  const steps = step.rollout?.afterWave ?? [];
  const records = steps.length === 0 ? [] : [...walk.view.steps.values()].filter((other) => other.path.startsWith(`${path}/wave-`));
  return steps.some((each) => records.some((other) => other.stepId === each.id && asksRollback(each, other)));
}

function closeFanOut(
  walk: Walk,
  node: {
    readonly record: StepRecord;
    readonly members: readonly Member[];
    readonly statuses: readonly StepStatus[];
    readonly after: Extract<Aftermath, { kind: 'ends' }> | undefined;
    readonly failure: Failure;
  },
): void {
  const { record, members, statuses, after } = node;
  const produced = members.flatMap(({ path }) => walk.view.steps.get(path)?.produced ?? []);
  const kept = produced.length === 0 ? {} : { produced };
  const status = fanOutStatus({ statuses, exceeded: after !== undefined, rolledBack: after?.rolledBack });
  if (after !== undefined) {
    walk.found.changes.push(failedScope(record, { status, after, error: record.error ?? node.failure, kept }));
  } else if (status === 'cancelled') walk.found.changes.push(moveStep(record, 'cancelled', kept));
  else if (status === 'skipped') walk.found.changes.push(moveStep(record, 'left_out', { reason: 'every item was skipped' }));
  else {
    const verdict = status === 'partially_failed' ? ({ verdict: status } as const) : {};
    walk.found.changes.push(moveStep(record, 'read_finished', { ...kept, ...verdict }, { drop: ['error', 'reason'] }));
  }
}

function failureMessage(walk: Walk, members: readonly Member[], failed: number): string {
  const records = members.flatMap(({ path }) => walk.view.steps.get(path) ?? []);
  const first = records.find((member) => member.error !== undefined);
  const why = first === undefined ? '' : `: ${first.itemKey ?? first.path}: ${first.error?.message ?? ''}`;
  return `${failed} of ${members.length} failed${why}`;
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
