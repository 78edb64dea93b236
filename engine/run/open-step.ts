import type { Failure } from '../actions/action.ts';
import { evaluate, freeNames } from '../language/expression.ts';
import type { Step } from '../language/runbook.ts';
import type { StepKey } from '../ids.ts';
import type { JsonObject } from '../json.ts';
import { moveStep, openStep, type StepChange } from './change.ts';
import { expressionFailure } from './expression-failure.ts';
import { fanOutItems } from './fan-out-items.ts';
import { leafInput } from './leaf-input.ts';
import { personDeadlineMs, personMessage } from './person.ts';
import type { FanOutItem, NodeKind, StepRecord } from './record.ts';
import { scopeAt } from './scope.ts';
import { stepPath } from './step-path.ts';
import { timerEndMs } from './timer.ts';
import type { StepStatus } from './verdict.ts';
import type { Level, Walk } from './walk.ts';

/** Why a step was skipped whose `if` is false. */
export const CONDITION_IS_FALSE = 'its condition is false';

export type Opening = { readonly ok: true; readonly patch: Partial<StepRecord> } | { readonly ok: false; readonly failure: Failure };

/** Gives a step that has no record yet, or one that was put back, its first one: opened, skipped, cancelled or failed at once. Returns the status it then has. */
export function openNode(walk: Walk, step: Step, level: Level): StepStatus {
  const path = stepPath(level.prefix, step.id);
  const node: NodeKind = step.target !== undefined || step.forEach !== undefined ? 'fan_out' : nodeOf(step);
  const head = headOf(walk, step, { path, node, level });
  const closed = closedBy(walk, head, level);
  if (closed !== undefined) return closed;
  const perItem = node === 'fan_out' && step.if !== undefined && mentionsItem(step, step.if);
  if (step.if !== undefined && !perItem) {
    const condition = conditionOf(walk, step.if, level);
    if (condition !== true) return refuse(walk, head, condition);
  }
  return open(walk, { step, head, level });
}

/** Gives an item of an opened fan-out its first record, as `openNode` does for a step. */
export function openItem(
  walk: Walk,
  step: Step,
  member: { readonly path: string; readonly item: FanOutItem; readonly level: Level },
): StepStatus {
  const { item, level } = member;
  const head = {
    ...headOf(walk, step, { path: member.path, node: nodeOf(step), level }),
    itemKey: item.key,
    ...(item.target === undefined ? {} : { target: item.target }),
  };
  const closed = closedBy(walk, head, level);
  if (closed !== undefined) return closed;
  if (step.if !== undefined && mentionsItem(step, step.if)) {
    const condition = conditionOf(walk, step.if, level);
    if (condition !== true) return refuse(walk, head, condition);
  }
  const unreachable = item.target?.unreachable;
  if (unreachable !== undefined)
    return refuse(walk, head, { kind: 'unreachable', message: `it could not be reached when the plan was made: ${unreachable}` });
  return open(walk, { step, head, level });
}

/** What kind of node a step is when it stands alone or for one item. */
export function nodeOf(step: Step): NodeKind {
  switch (step.body.kind) {
    case 'uses':
    case 'run':
    case 'call':
      return 'leaf';
    case 'approval':
    case 'manual':
      return 'person';
    case 'wait':
      return 'timer';
    case 'assert':
      return 'assert';
    case 'undo':
      return 'undo';
    case 'steps':
      return 'sequence';
    case 'parallel':
      return 'parallel';
  }
}

/** Why a step was left out that goes on when the failure before it is mended. */
export const AFTER_A_FAILURE = 'an earlier step failed';

interface Head extends Omit<StepRecord, 'state' | 'rev'> {
  /** The record that was put back to `pending`, when there is one. */
  readonly from?: StepRecord;
}

function headOf(walk: Walk, step: Step, node: { readonly path: string; readonly node: NodeKind; readonly level: Level }): Head {
  const from = walk.view.steps.get(node.path);
  const { openedFor } = node.level;
  const undoes = openedFor === undefined ? {} : { openedFor };
  if (from !== undefined) return { ...from, ...undoes, from };
  return {
    ...undoes,
    path: node.path,
    stepId: step.id,
    node: node.node,
    key: walk.uuid5(walk.view.run.runId, node.path, '0', '0') as StepKey,
    generation: 0,
    attempt: 1,
    send: 1,
    observations: [],
  };
}

function closedBy(walk: Walk, head: Head, level: Level): StepStatus | undefined {
  switch (level.mode) {
    case 'go':
      return undefined;
    case 'hold':
      return 'pending';
    case 'finish':
      walk.found.changes.push(first(head, 'left_out', { reason: level.why ?? AFTER_A_FAILURE }));
      return 'skipped';
    case 'drain':
      walk.found.changes.push(first(head, 'cancelled', { reason: 'the run was stopped before this step' }));
      return 'cancelled';
  }
}

function conditionOf(walk: Walk, text: string, level: Level): boolean | Failure {
  const outcome = evaluate(text, scopeAt({ ...walk, ...level }), walk.nowMs);
  if (!outcome.ok) return expressionFailure('if', outcome.message);
  return typeof outcome.value === 'boolean' ? outcome.value : expressionFailure('if', 'the condition is not true or false');
}

function refuse(walk: Walk, head: Head, condition: false | Failure): StepStatus {
  if (condition === false) {
    walk.found.changes.push(first(head, 'left_out', { reason: CONDITION_IS_FALSE }));
    // What comes next may ask how this step stands, so it waits until that is stored.
    return 'running';
  }
  walk.found.changes.push(...failAtOnce(head, condition));
  return 'running';
}

/** A node that fails before anything was done is opened and failed by two transitions: both edges stay in the table. */
function failAtOnce(head: Head, failure: Failure): readonly StepChange[] {
  return [first(head, 'opened', { error: failure })];
}

function first({ from, ...record }: Head, event: Parameters<typeof openStep>[1], patch: Partial<StepRecord>): StepChange {
  return openStep({ ...record, ...patch }, event, from);
}

function open(walk: Walk, node: { readonly step: Step; readonly head: Head; readonly level: Level }): StepStatus {
  const opening = openingOf(walk, node);
  if (!opening.ok) {
    walk.found.changes.push(...failAtOnce(node.head, opening.failure));
    return 'running';
  }
  if (opening.patch.items?.length === 0) {
    walk.found.changes.push(first(node.head, 'left_out', { ...opening.patch, reason: 'there is nothing to work on' }));
    return 'skipped';
  }
  walk.found.changes.push(first(node.head, 'opened', opening.patch));
  return 'running';
}

/** What is computed when a node's turn comes: its arguments, items, message or end. */
export function openingOf(
  walk: Walk,
  node: { readonly step: Step; readonly head: Pick<StepRecord, 'node' | 'target'>; readonly level: Level },
): Opening {
  const { step, head, level } = node;
  const at = { ...walk, ...level };
  const deadline = step.timeoutMs === undefined ? {} : { deadlineAtMs: walk.nowMs + step.timeoutMs };
  switch (head.node) {
    case 'fan_out':
      return fanOutItems(step, at);
    case 'leaf':
      return leafInput(step, { at, target: head.target });
    case 'person': {
      const message = personMessage(step, at);
      if (!message.ok) return { ok: false, failure: expressionFailure('message', message.message) };
      return { ok: true, patch: { message: message.value, deadlineAtMs: walk.nowMs + personDeadlineMs(step), decisions: [] } };
    }
    case 'timer': {
      const end = timerEndMs(step, at);
      return end.ok
        ? { ok: true, patch: { notBeforeMs: end.value, untilAtMs: end.value } }
        : { ok: false, failure: expressionFailure('wait', end.message) };
    }
    case 'assert':
    case 'undo':
      return { ok: true, patch: {} };
    case 'sequence':
    case 'parallel':
      return { ok: true, patch: deadline };
  }
}

function mentionsItem(step: Step, text: string): boolean {
  const { names } = freeNames(text);
  return names.has(step.as ?? (step.forEach === undefined ? 'target' : 'item'));
}

/** Ends a node that was opened with an error: the second half of failing at once. */
export function failOpened(record: StepRecord): StepChange {
  return moveStep(record, 'read_failed', {}, { data: { error: (record.error ?? null) as JsonObject | null } });
}
