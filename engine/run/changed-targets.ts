import { renderTemplate } from '../language/expression.ts';
import type { Step } from '../language/runbook.ts';
import type { Plan } from '../plan/plan-record.ts';
import { changingSteps } from './effects.ts';
import { standingOf } from './failure.ts';
import type { RunView } from './record.ts';
import { scopeAt } from './scope.ts';
import { allSteps } from './step-path.ts';
import { stepHasEnded } from './verdict.ts';

// Arguments of actions without a target that name what they change.
const CHANGED_ARGUMENTS = ['plan', 'id', 'profile'];

/** The lasting ids of everything that a plan's steps may change, sorted. For replication items the recovery plan is one of them. */
export function changedTargets(plan: Plan, at?: Moment): readonly string[] {
  const { steps, finally: last } = plan.definition;
  return targetsOf(plan, at, [...steps, ...last]);
}

/** Arguments may be expressions over the run as it is now (milliseconds since 1970). */
interface Moment {
  readonly view: RunView;
  readonly nowMs: number;
}

/** Those that a step may still change: of steps that have not ended, of rollbacks that may still be asked for, and of finally. */
export function neededTargets(plan: Plan, view: RunView, nowMs: number): readonly string[] {
  const { steps, finally: last } = plan.definition;
  const open = steps.filter((step) => !stepHasEnded(standingOf({ ending: false }, step, view.steps.get(step.id))) || mayGoBack(step));
  return targetsOf(plan, { view, nowMs }, [...open, ...last]);
}

function mayGoBack(step: Step): boolean {
  return [...allSteps([step])].some(({ rollback }) => (rollback ?? []).length > 0);
}

/** What called runbooks may change is locked by their caller, for as long as a step that calls is still to come. */
function calledTargets(plan: Plan): readonly string[] {
  return Object.values(plan.calls ?? {}).flatMap(({ definition, members }) => {
    const all = [...allSteps([...definition.steps, ...definition.finally])];
    const changing = changingSteps({ definition, actions: plan.actions });
    const around = all.filter((step) => step.target !== undefined && [...allSteps([step])].some((inner) => changing.includes(inner)));
    const sets = around.flatMap(({ target }) => members[target?.kind === 'set' ? target.set : ''] ?? []);
    return sets.flatMap(({ targets }) => targets.map(({ lockId }) => lockId.toLowerCase()));
  });
}

function targetsOf(plan: Plan, at: Moment | undefined, steps: readonly Step[]): readonly string[] {
  const all = [...allSteps(steps)];
  const changing = changingSteps(plan).filter((step) => all.includes(step));
  const around = all.filter((step) => step.target !== undefined && [...allSteps([step])].some((inner) => changing.includes(inner)));
  const sets = [...changing, ...around].flatMap(({ target }) => plan.sets[target?.kind === 'set' ? target.set : ''] ?? []);
  const named = changing.flatMap((step) => namedBy(plan, step, at));
  const ofPlans = Object.values(plan.sets).filter(({ planId }) => planId !== undefined && named.includes(planId.toLowerCase()));
  const ids = [...sets, ...ofPlans].flatMap(({ planId, targets }) => [
    ...targets.map(({ lockId }) => lockId.toLowerCase()),
    ...(planId === undefined ? [] : [planId.toLowerCase()]),
  ]);
  const called = all.some(({ body }) => body.kind === 'call') ? calledTargets(plan) : [];
  return [...new Set([...ids, ...named, ...called])].toSorted();
}

/** What a step without a target changes, as far as it is known: an argument that depends on a later result is locked at that step's turn. */
function namedBy(plan: Plan, step: Step, at: Moment | undefined): readonly string[] {
  const { body } = step;
  if (body.kind !== 'uses') return [];
  return CHANGED_ARGUMENTS.flatMap((name) => {
    const written = body.with[name];
    if (typeof written !== 'string') return [];
    if (!written.includes('${{')) return resourceId(written);
    if (at === undefined) return [];
    const outcome = renderTemplate(written, scopeAt({ plan, prefix: '', bindings: [], ...at }), at.nowMs);
    return outcome.ok ? resourceId(outcome.value) : [];
  });
}

/** The resources that the arguments of a leaf name, once they are known. */
export function namedTargets(input: Readonly<Record<string, unknown>>): readonly string[] {
  return CHANGED_ARGUMENTS.flatMap((name) => resourceId(input[name]));
}

function resourceId(value: unknown): readonly string[] {
  return typeof value === 'string' && value.startsWith('/subscriptions/') ? [value.toLowerCase()] : [];
}
