import type { Runbook, Step } from '../language/runbook.ts';
import type { Plan } from '../plan/plan-record.ts';
import { allSteps } from './step-path.ts';

/** True when a step of the plan, or of a runbook that it calls, may change something. */
export function changesAnything(plan: Plan): boolean {
  const called = Object.values(plan.calls ?? {});
  return [plan, ...called].some(({ definition }) => changingSteps({ definition, actions: plan.actions }).length > 0);
}

/** True when a called runbook, or one that it calls in turn, may change something. */
export function callChanges(plan: Pick<Plan, 'actions' | 'calls'>, name: string): boolean {
  const seen = new Set<string>();
  const open = [name];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const called = plan.calls?.[next];
    if (called === undefined || seen.has(next)) continue;
    seen.add(next);
    const { definition } = called;
    if (changingSteps({ definition, actions: plan.actions }).length > 0) return true;
    open.push(...stepsOf(definition).flatMap(({ body }) => (body.kind === 'call' ? [body.runbook] : [])));
  }
  return false;
}

/** The leaves of a plan that may change something, wherever they stand; what called runbooks do is not among them. */
export function changingSteps({ definition, actions }: Pick<Plan, 'definition' | 'actions'>): readonly Step[] {
  return stepsOf(definition).filter(({ body }) =>
    body.kind === 'run' ? body.effect !== 'read' : body.kind === 'uses' && actions[body.action] !== 'read',
  );
}

function stepsOf({ steps, finally: last }: Runbook): readonly Step[] {
  return [...allSteps([...steps, ...last])];
}
