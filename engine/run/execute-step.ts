import type { Action, EffectAction } from '../actions/action.ts';
import type { Step } from '../language/runbook.ts';
import { callAction } from './called-run.ts';
import { followStep } from './follow-step.ts';
import type { Holder } from './holder.ts';
import { readStep, refusedChange } from './read-step.ts';
import { reconcileStep } from './reconcile.ts';
import type { StepRecord } from './record.ts';
import { submitStep } from './submit-step.ts';
import { type Engine, move, recordOf, type Turn } from './turn.ts';
import type { Level } from './walk.ts';

/** Brings one leaf one stage further: read, submit, reconcile or follow, as its record says. Throws RUN_STALE_EPOCH when the run is lost. */
export async function executeStep(
  engine: Engine,
  holder: Holder,
  leaf: { readonly step: Step; readonly path: string; readonly level: Level; readonly signal: AbortSignal },
): Promise<void> {
  const record = recordOf({ holder, path: leaf.path });
  const action = actionOf(engine, holder, { step: leaf.step, record });
  const turn: Turn = { engine, holder, ...leaf, action: action ?? NO_ACTION, begunIn: holder.view().run.state };
  if (action === undefined) return move(turn, (now) => refusedChange(turn, now, 'this worker does not have the action of this step'));
  const input = action.input.safeParse(record.input ?? {});
  if (!input.success && record.state === 'ready') {
    const why = input.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ');
    return move(turn, (now) => refusedChange(turn, now, `arguments do not fit: ${why}`));
  }
  if (action.effect === 'read') return readStep(turn, action, input.data);
  return effectStep(turn, action, input.data);
}

function effectStep(turn: Turn, action: EffectAction, input: unknown): Promise<void> {
  const { state } = recordOf(turn);
  if (state === 'intent') return reconcileStep(turn, action, input);
  return state === 'submitted' ? followStep(turn, action, input) : submitStep(turn, action, input);
}

/** The action of a leaf; undefined when this worker does not have it. */
export function actionOf(engine: Engine, holder: Holder, leaf: { readonly step: Step; readonly record: StepRecord }): Action | undefined {
  const { step, record } = leaf;
  if (step.body.kind === 'call') return callAction(engine, holder, leaf);
  if (step.body.kind === 'uses') return engine.actions.get(step.body.action);
  return step.body.kind === 'run' ? engine.script(step.body.effect, record.target?.via ?? null) : undefined;
}

const NO_ACTION = { timeoutMs: 0 } as Action;
