import type { Step } from '../language/runbook.ts';
import { moveStep, openStep, type StepChange } from './change.ts';
import { lastApproval } from './approval-use.ts';
import { nextNotice, personDeadlineMs, personEnd, personNotice } from './person.ts';
import type { StepRecord } from './record.ts';
import type { StepKey } from '../ids.ts';
import type { StepStatus } from './verdict.ts';
import { stepsById } from './waiting.ts';
import { type Level, type Walk, wakeAt } from './walk.ts';
import { writtenOutputs } from './written-outputs.ts';

const ROUND = /#(\d+)$/;

/** Walks a gate or a manual step: ends it, reminds people of it, or waits for them. */
export function walkPerson(walk: Walk, step: Step, { record, level }: { readonly record: StepRecord; readonly level: Level }): StepStatus {
  if (level.mode === 'drain') {
    walk.found.changes.push(moveStep(record, 'cancelled', { reason: 'the run was stopped' }));
    return 'cancelled';
  }
  const change =
    level.mode === 'hold' ? undefined : (personAnswer(walk, step, { record, level }) ?? personNotice(step, record, walk.nowMs));
  if (change !== undefined) {
    walk.found.changes.push(change);
    return 'running';
  }
  walk.found.asked.push({ path: record.path, step, record });
  for (const atMs of [record.deadlineAtMs, nextNotice(step, record)?.atMs]) if (atMs !== undefined) wakeAt(walk, atMs);
  return 'waiting';
}

// The fields of the form are what the written outputs of the step are computed from.
function personAnswer(
  walk: Walk,
  step: Step,
  { record, level }: { readonly record: StepRecord; readonly level: Level },
): StepChange | undefined {
  const end = personEnd(step, record, walk.nowMs);
  if (end?.to.state !== 'succeeded' || step.outputs === undefined) return end;
  const written = writtenOutputs(walk, step, level, { result: end.to.outputs ?? {} });
  return written.ok ? moveStep(record, 'read_finished', written.kept) : moveStep(record, 'read_failed', { error: written.error });
}

/** Asks for the last approval once more, because it counts no more; the answer given before stays as it is. */
export function askAgain(walk: Walk, why: string): void {
  const gate = lastApproval(walk.view);
  const step = gate === undefined ? undefined : stepsById(walk.plan.definition).get(gate.stepId);
  if (gate === undefined || step === undefined) return;
  const base = gate.path.replace(ROUND, '');
  const rounds = [...walk.view.steps.values()].filter(({ path }) => path.replace(ROUND, '') === base && path !== base);
  const path = `${base}#${rounds.length + 2}`;
  const isAsked = rounds.some(({ state }) => state !== 'succeeded') || walk.found.changes.some(({ to }) => to.path === path);
  if (!isAsked) walk.found.changes.push(roundOf(walk, { gate, step, path, why }));
}

function roundOf(
  walk: Walk,
  { gate, step, path, why }: { readonly gate: StepRecord; readonly step: Step; readonly path: string; readonly why: string },
): StepChange {
  const { stepId, node, message } = gate;
  return openStep(
    {
      path,
      stepId,
      node,
      key: walk.uuid5(walk.view.run.runId, path, '0', '0') as StepKey,
      generation: 0,
      attempt: 1,
      send: 1,
      observations: [],
      reason: why,
      decisions: [],
      deadlineAtMs: walk.nowMs + personDeadlineMs(step),
      ...(message === undefined ? {} : { message }),
    },
    'opened',
  );
}

/** Walks the approvals that were asked for once more. */
export function walkRounds(walk: Walk, level: Level): void {
  const steps = stepsById(walk.plan.definition);
  for (const record of walk.view.steps.values()) {
    const step = steps.get(record.stepId);
    if (step === undefined || record.node !== 'person' || record.state !== 'ready' || !ROUND.test(record.path)) continue;
    walkPerson(walk, withoutSkip(step), { record, level });
  }
}

/** How an approval that was asked for once more went, when the run cannot go on with it. */
export function lostRound(
  steps: Iterable<StepRecord>,
): { readonly outcome: 'rejected' | 'timed_out'; readonly reason: string } | undefined {
  for (const { path, node, state, error, stepId } of steps) {
    if (node !== 'person' || state !== 'failed' || !ROUND.test(path)) continue;
    return { outcome: error?.kind === 'denied' ? 'rejected' : 'timed_out', reason: `step ${stepId}: ${error?.message ?? 'failed'}` };
  }
  return undefined;
}

// The yes in front of the steps that follow is spent, so that nobody deciding cannot mean that the run goes on.
function withoutSkip(step: Step): Step {
  return step.body.kind === 'approval' ? { ...step, body: { ...step.body, onTimeout: 'stop' } } : step;
}
