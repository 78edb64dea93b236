import type { Step } from '../language/runbook.ts';
import { moveStep, type StepChange } from './change.ts';
import { isContainer, isTolerated, noteFailure } from './failure.ts';
import { aliasOf } from './fan-out-items.ts';
import { AFTER_A_FAILURE, openingOf } from './open-step.ts';
import type { StepRecord } from './record.ts';
import { delayMs } from './retry.ts';
import { childPrefix, itemPath, stepPath } from './step-path.ts';
import { countsAsFailed, statusOf } from './verdict.ts';
import type { Level, Node, Walk } from './walk.ts';

/** What a new attempt must not take over from the one that failed. */
const OF_THE_ATTEMPT = [
  ...([
    'answer',
    'verdict',
    'handled',
    'rolledBack',
    'resolution',
    'endedAtMs',
    'reason',
    'notBeforeMs',
    'deadlineAtMs',
    'untilAtMs',
  ] as const),
  ...(['handle', 'ended', 'verifySinceMs', 'percent', 'outputs', 'result', 'decisions', 'changed', 'adopted'] as const),
  ...(['held', 'noticed', 'lockWaitSinceMs', 'lockLookAtMs'] as const),
] as const;

/**
 * Opens a failed step again for its next attempt, after its handler or a person said so. Arguments stay those of the first attempt; what a
 * person is asked and what has to be waited for is computed anew. A step that cannot be opened stays failed.
 */
export function reopenedStep(walk: Walk, step: Step, { record, level }: Node): StepChange {
  const byHandler = record.handled === true;
  const opening = openedAnew(walk, step, { record, level });
  if (!opening.ok) return noteFailure(record, { answer: 'stop', error: opening.failure, ...openedFor(level) });
  const notBeforeMs = byHandler && step.retry !== undefined ? walk.nowMs + delayMs(step.retry, record, 1) : walk.nowMs;
  return moveStep(
    record,
    'reopened',
    {
      attempt: record.attempt + 1,
      send: 1,
      round: (record.round ?? 1) + 1,
      ...(byHandler ? { handlerRetries: (record.handlerRetries ?? 0) + 1 } : {}),
      ...(record.node === 'leaf' ? { notBeforeMs } : {}),
      ...openedFor(level),
      ...opening.patch,
    },
    { drop: OF_THE_ATTEMPT, data: { attempt: record.attempt + 1 } },
  );
}

function openedFor({ openedFor: by }: Level): Pick<StepRecord, 'openedFor'> {
  return by === undefined ? {} : { openedFor: by };
}

function openedAnew(walk: Walk, step: Step, { record, level }: Node): ReturnType<typeof openingOf> {
  const keeps = isContainer(record) || (record.node === 'leaf' && record.input !== undefined);
  if (!keeps || (record.node === 'fan_out' && record.items === undefined)) return openingOf(walk, { step, head: record, level });
  const until = step.until === undefined ? {} : { untilAtMs: walk.nowMs + step.until.timeoutMs };
  const deadline = isContainer(record) && step.timeoutMs !== undefined ? { deadlineAtMs: walk.nowMs + step.timeoutMs } : {};
  return { ok: true, patch: { ...until, ...deadline } };
}

/**
 * A failed block or fan-out goes on from the steps in it that did not succeed: these are opened again, what was left out behind them is put
 * back. What has succeeded keeps its record and its step key.
 */
export function reopenedScope(walk: Walk, step: Step, { record, level }: Node): readonly StepChange[] {
  const round = (record.round ?? 1) + 1;
  const drop = [...OF_THE_ATTEMPT, 'error'] as const;
  const deadline = step.timeoutMs === undefined ? {} : { deadlineAtMs: walk.nowMs + step.timeoutMs };
  const patch = { round, ...deadline, ...openedFor(level) };
  const own = record.state === 'ready' ? noteFailure(record, patch, drop) : moveStep(record, 'reopened', patch, { drop });
  return [own, ...insideOf(walk, step, { record, level }).flatMap((inside) => reopened(walk, inside.step, inside.node))];
}

/** Opens a step again that did not succeed, with what was left out behind it inside; nothing where it succeeded or its failure is tolerated. */
export function reopened(walk: Walk, step: Step, node: Node): readonly StepChange[] {
  const { record } = node;
  const isLeftOut = record.state === 'skipped' && record.reason === AFTER_A_FAILURE;
  if (isLeftOut || (record.state === 'cancelled' && !isContainer(record))) return [putBack(record)];
  if (record.state === 'cancelled')
    return [putBack(record), ...insideOf(walk, step, node).flatMap((each) => reopened(walk, each.step, each.node))];
  if (record.state !== 'failed' || !countsAsFailed(statusOf(record)) || isTolerated(step, record)) return [];
  if (!isContainer(record)) return [reopenedStep(walk, step, node)];
  return record.rolledBack === undefined && record.verdict !== 'rolled_back' ? reopenedScope(walk, step, node) : [restarted(node)];
}

// A block that was undone begins again from its first step, under new keys.
function restarted({ record, level }: Node): StepChange {
  const patch = { attempt: record.attempt + 1, round: (record.round ?? 1) + 1, ...openedFor(level) };
  return moveStep(record, 'reopened', patch, { drop: [...OF_THE_ATTEMPT, 'error'] });
}

function insideOf(walk: Walk, step: Step, { record, level }: Node): readonly { readonly step: Step; readonly node: Node }[] {
  const found = (each: Step, path: string, at: Level): readonly { readonly step: Step; readonly node: Node }[] => {
    const inner = walk.view.steps.get(path);
    return inner === undefined ? [] : [{ step: each, node: { record: inner, level: at } }];
  };
  if (record.node === 'fan_out') {
    const waves = [...walk.view.steps.values()].filter(({ path }) => path.startsWith(`${record.path}/wave-`));
    const after = (step.rollout?.afterWave ?? []).flatMap((each) =>
      waves.filter(({ stepId }) => stepId === each.id).map((wave) => ({ step: each, node: { record: wave, level } })),
    );
    const items = (record.items ?? []).flatMap((item) => {
      const at = itemPath(record.path, item.key);
      return found(step, at, { ...level, bindings: [...level.bindings, { alias: aliasOf(step), item, at }] });
    });
    return [...items, ...after];
  }
  const prefix = childPrefix(record.path, record.attempt);
  const steps = step.body.kind === 'steps' || step.body.kind === 'parallel' ? step.body.steps : [];
  return steps.flatMap((each) => found(each, stepPath(prefix, each.id), { ...level, prefix }));
}

function putBack(record: StepRecord): StepChange {
  return moveStep(record, 'reopened', {}, { drop: ['endedAtMs', 'createdAtMs', 'reason', 'error', 'verdict', 'answer'] });
}
