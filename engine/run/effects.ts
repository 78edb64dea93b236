import type { Step } from '../language/runbook.ts';
import type { Plan } from '../plan/plan-record.ts';
import { allSteps } from './step-path.ts';

/** True when a step of the plan may change something. */
export function changesAnything(plan: Plan): boolean {
  return changingSteps(plan).length > 0;
}

/** The leaves of a plan that may change something, wherever they stand. */
export function changingSteps(plan: Plan): readonly Step[] {
  const { steps, finally: last } = plan.definition;
  return [...allSteps([...steps, ...last])].filter(({ body }) =>
    body.kind === 'run' ? body.effect !== 'read' : body.kind === 'uses' && plan.actions[body.action] !== 'read',
  );
}
