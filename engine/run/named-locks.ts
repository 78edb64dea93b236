import { LOCK_POLL_MS, LOCK_WAIT_MS } from '../limits.ts';
import type { Plan } from '../plan/plan-record.ts';
import { moveStep } from './change.ts';
import type { Holder } from './holder.ts';
import { holderOfLock, lockOwner } from './lock-holder.ts';
import type { RunView, StepRecord } from './record.ts';
import { allSteps } from './step-path.ts';
import type { Engine } from './turn.ts';
import { statusOf, stepHasEnded } from './verdict.ts';

/** A step that may go on once it has its named locks. */
export interface LockWant {
  readonly path: string;
  readonly names: readonly string[];
}

/** The id under which a named lock is kept; no id of a target begins like this. */
export function nameId(name: string): string {
  return `name:${name}`;
}

/** Takes the named locks of a step, all or none; answers false when another run has one, and fails the step after ten minutes of it. */
export async function takeNames(engine: Engine, holder: Holder, want: LockWant): Promise<boolean> {
  const answer = await engine.ports.store.lock(want.names.map(nameId), lockOwner(holder.view().run));
  if (answer.kind === 'locked') {
    await holder.commit((view) => {
      const record = view.steps.get(want.path);
      if (record?.lockWaitSinceMs === undefined || record.state !== 'ready') return undefined;
      return { steps: [moveStep(record, 'postponed', {}, { drop: ['reason', 'lockWaitSinceMs', 'lockLookAtMs'] })] };
    });
    return true;
  }
  const other = await holderOfLock(engine.ports.store, answer);
  if (other.over) return false;
  await holder.commit((view, nowMs) => {
    const record = view.steps.get(want.path);
    if (record?.state !== 'ready') return undefined;
    const message = `waiting for ${other.name}, which holds ${answer.lockId.slice(nameId('').length)}`;
    return { steps: [waitedChange(record, message, nowMs)] };
  });
  return false;
}

function waitedChange(record: StepRecord, message: string, nowMs: number) {
  const sinceMs = record.lockWaitSinceMs ?? nowMs;
  if (nowMs - sinceMs > LOCK_WAIT_MS) {
    const error = { kind: 'locked', message: `${message}: not given back within 10 minutes` } as const;
    return moveStep(record, 'read_failed', { error }, { drop: ['reason', 'lockWaitSinceMs', 'lockLookAtMs'] });
  }
  return moveStep(record, 'postponed', { reason: message, lockWaitSinceMs: sinceMs, lockLookAtMs: nowMs + LOCK_POLL_MS });
}

/** The named locks of steps that are not under way: whoever holds the run gives them back. */
export function idleNames(plan: Plan, view: RunView): readonly string[] {
  const steps = [...allSteps([...plan.definition.steps, ...plan.definition.finally])].filter(({ locks }) => locks !== undefined);
  const open = new Set([...view.steps.values()].filter((record) => !stepHasEnded(statusOf(record))).map(({ stepId }) => stepId));
  const needed = new Set([...(plan.definition.locks ?? []), ...steps.filter(({ id }) => open.has(id)).flatMap(({ locks }) => locks ?? [])]);
  return [...new Set(steps.flatMap(({ locks }) => locks ?? []))].filter((name) => !needed.has(name));
}

/** Every named lock that a run, or a run that it calls, may hold. */
export function allNames(plan: Plan): readonly string[] {
  const definitions = [plan.definition, ...Object.values(plan.calls ?? {}).map(({ definition }) => definition)];
  const names = definitions.flatMap(({ locks, steps, finally: last }) => [
    ...(locks ?? []),
    ...[...allSteps([...steps, ...last])].flatMap((step) => step.locks ?? []),
  ]);
  return [...new Set(names)];
}
