import type { Plan } from '../plan/plan-record.ts';
import { lastApproval } from './approval-use.ts';
import { changingSteps } from './effects.ts';
import type { RunView } from './record.ts';
import { allSteps, phasePrefix, stepPath } from './step-path.ts';
import { statusOf } from './verdict.ts';

/** A readiness check that failed in its last round and that nobody waived. */
export interface NotReady {
  readonly check: string;
  readonly message: string;
}

/** The checks that failed when they were made last and that no approval of this run has waived. */
export function notReady(plan: Plan, view: RunView): readonly NotReady[] {
  const checks = plan.definition.readiness?.checks ?? [];
  if (checks.length === 0) return [];
  const waived = new Set([...view.steps.values()].flatMap(({ decisions }) => (decisions ?? []).flatMap(({ waive }) => waive ?? [])));
  const prefix = phasePrefix('readiness', view.run.readinessRound);
  return checks.flatMap(({ id }) => {
    const record = view.steps.get(stepPath(prefix, id));
    const status = statusOf(record);
    if ((status !== 'failed' && status !== 'timed_out') || waived.has(id)) return [];
    return [{ check: id, message: record?.error?.message ?? status }];
  });
}

/** True when a person decides about a failed check before anything is changed, and may waive it: exactly one check for one run. */
export function mayBeWaived(plan: Plan, view: RunView): boolean {
  return notReady(plan, view).length === 1 && (isGated(plan) || lastApproval(view) !== undefined);
}

/** Why an approval does not count because of readiness checks: exactly one may be waived, by name and with a reason. */
export function readinessRefusal(
  failed: readonly NotReady[],
  answer: { readonly waive?: string | undefined; readonly reason?: string | undefined },
): string | undefined {
  const { waive, reason } = answer;
  const names = failed.map(({ check }) => check).join(', ');
  if (waive === undefined) {
    const [first] = failed;
    return first === undefined
      ? undefined
      : `readiness check ${names} failed (RW519): repair, or waive it by name with a reason (${first.message})`;
  }
  if (!failed.some(({ check }) => check === waive)) return `there is no failed readiness check ${waive}: nothing is waived`;
  if (failed.length > 1) return `readiness checks ${names} failed (RW519): one may be waived, not more`;
  return reason === undefined ? `waiving readiness check ${waive} needs a reason` : undefined;
}

// An approval that cannot be passed by stands before the first step that changes something.
function isGated({ definition, actions }: Plan): boolean {
  const changing = changingSteps({ definition, actions });
  for (const step of definition.steps) {
    if (step.body.kind === 'approval' && step.if === undefined && step.body.onTimeout === 'stop') return true;
    const inner = [...allSteps([step])];
    if (inner.some((one) => changing.includes(one) || one.body.kind === 'call')) return false;
  }
  return false;
}
