import { LOCK_POLL_MS, LOCK_WAIT_MS } from '../limits.ts';
import type { RunId } from '../ids.ts';
import type { Plan, PlannedSet } from '../plan/plan-record.ts';
import { changingSteps } from './effects.ts';
import type { RunRecord } from './record.ts';
import { hasEnded } from './run-state.ts';
import { allSteps } from './step-path.ts';
import { recordOf, type Turn } from './turn.ts';

/** Whether a step may change its target now: all targets of the run's changing steps are held, or somebody else holds one. */
export type Locks =
  | { readonly kind: 'taken' }
  | { readonly kind: 'waiting'; readonly message: string; readonly atMs: number }
  | { readonly kind: 'failed'; readonly message: string };

/** Locks all targets that the plan will change, in one call and all or none, before the run's first effect and again after a takeover. */
export async function takeTargets(turn: Turn): Promise<Locks> {
  const { holder, engine } = turn;
  const lockIds = changedTargets(holder.plan);
  if (lockIds.length === 0) return { kind: 'taken' };
  const { store } = engine.ports;
  const owner = lockOwner(holder.view().run);
  let answer = await store.lock(lockIds, owner);
  if (answer.kind === 'held' && (await isOver(store, answer.by))) {
    // Its worker died between the end of the run and giving the targets back.
    await store.unlock([answer.lockId], answer.by);
    answer = await store.lock(lockIds, owner);
  }
  if (answer.kind === 'locked') return { kind: 'taken' };
  const message = `waiting for run ${answer.by}, which holds ${answer.lockId}`;
  const waitedMs = holder.nowMs() - (recordOf(turn).createdAtMs ?? holder.nowMs());
  if (waitedMs > LOCK_WAIT_MS) return { kind: 'failed', message: `${message}: not given back within 10 minutes` };
  return { kind: 'waiting', message, atMs: holder.nowMs() + LOCK_POLL_MS };
}

async function isOver(store: Turn['engine']['ports']['store'], runId: RunId): Promise<boolean> {
  const other = await store.readRun(runId);
  return other === undefined || (hasEnded(other.run.state) && other.run.cleanup !== 'incomplete');
}

/** Whose locks a run works under: its own, or those of the first run that called. */
export function lockOwner(run: Pick<RunRecord, 'runId' | 'parent'>): RunId {
  return run.parent?.ancestors[0] ?? run.runId;
}

/** The lasting ids of all targets that a plan's steps, and those of runbooks that it calls, may change, sorted. */
export function changedTargets(plan: Plan): readonly string[] {
  const called = Object.values(plan.calls ?? {}).flatMap(({ definition, members }) =>
    changedBy({ definition, actions: plan.actions, sets: members }),
  );
  return [...new Set([...changedBy(plan), ...called])].toSorted();
}

function changedBy(
  plan: Pick<Plan, 'definition' | 'actions'> & { readonly sets: Readonly<Record<string, Pick<PlannedSet, 'targets'>>> },
): readonly string[] {
  const changing = changingSteps(plan);
  const blocks = [...allSteps(plan.definition.steps)].filter(
    ({ body, target }) => target !== undefined && (body.kind === 'steps' || body.kind === 'parallel'),
  );
  const inside = blocks.filter(
    ({ body }) => (body.kind === 'steps' || body.kind === 'parallel') && [...allSteps(body.steps)].some((step) => changing.includes(step)),
  );
  const sets = [...changing, ...inside].flatMap(({ target }) => (target?.kind === 'set' ? [target.set] : []));
  const ids = [...new Set(sets)].flatMap((name) => plan.sets[name]?.targets.map(({ lockId }) => lockId.toLowerCase()) ?? []);
  return ids;
}
