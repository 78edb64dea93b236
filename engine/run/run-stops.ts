import { READINESS_AGE_MAX_MS } from '../limits.ts';
import type { RunChange } from './change.ts';
import { cancelChange, endWaiting, givenUpChange, lateChange, pauseChange } from './interruption.ts';
import { breachAtMs } from './objective-clock.ts';
import { lastApproval } from './approval-use.ts';
import type { RunView } from './record.ts';
import { phasePrefix } from './step-path.ts';
import { lostRound } from './walk-person.ts';
import type { Situation } from './walk.ts';

/** What comes before the steps are looked at: a person's word, the end of the run's time, a lost approval, a breached objective, old checks. */
export function stopChange(situation: Situation): RunChange | undefined {
  return (
    cancelChange(situation) ??
    givenUpChange(situation) ??
    lateChange(situation) ??
    lostApproval(situation) ??
    pauseChange(situation.view.run) ??
    breachChange(situation) ??
    staleReadiness(situation)
  );
}

/** An approval that was asked for once more was refused, or nobody gave it in time: nothing new starts, and finally runs. */
function lostApproval({ view, nowMs }: Situation): RunChange | undefined {
  const { run, steps } = view;
  const lost =
    run.phase === 'main' && run.outcome === undefined && ['running', 'waiting'].includes(run.state) ? lostRound(steps.values()) : undefined;
  return lost === undefined ? undefined : { event: 'cancel_asked', fields: { ...endWaiting(run, nowMs), ...lost } };
}

/** Passing the objective is an event and a red verdict, never a stop. */
function breachChange({ plan, view, nowMs }: Situation): RunChange | undefined {
  const atMs = breachAtMs(plan, view);
  if (atMs === undefined || nowMs < atMs) return undefined;
  return { fields: { rtoBreached: true }, events: [{ type: 'runward.objective.breached', data: { objective: 'rto' } }] };
}

/** The last approval was given long after the readiness checks: they are made again before anything is changed. */
function staleReadiness({ plan, view }: Situation): RunChange | undefined {
  const { run, steps } = view;
  if (run.phase !== 'main' || run.state === 'cancelling' || run.state === 'paused' || plan.definition.readiness === undefined)
    return undefined;
  const gates = plan.definition.steps.filter(({ body }) => body.kind === 'approval').map(({ id }) => steps.get(id));
  const approvedAtMs = gates.every((gate) => gate?.state === 'succeeded') ? lastApproval(view)?.endedAtMs : undefined;
  const round = run.readinessRound ?? 1;
  const checkedAtMs = Math.max(
    ...[...steps.values()].filter(({ path }) => path.startsWith(phasePrefix('readiness', round))).map(({ endedAtMs }) => endedAtMs ?? 0),
  );
  if (gates.length === 0 || approvedAtMs === undefined || isUsed(view, approvedAtMs) || approvedAtMs - checkedAtMs <= READINESS_AGE_MAX_MS)
    return undefined;
  return { fields: { phase: 'readiness', readinessRound: round + 1 }, events: [{ type: 'runward.run.readiness_again', data: {} }] };
}

/** Something was changed behind an approval that was given at that time. */
function isUsed({ steps }: RunView, approvedAtMs: number): boolean {
  return [...steps.values()].some(
    ({ firstIntentAtMs, keptFrom }) => keptFrom === undefined && firstIntentAtMs !== undefined && firstIntentAtMs >= approvedAtMs,
  );
}

/** No step of this run had an intent; what a retry carried over was sent by another run. */
export function isUntouched({ steps }: Pick<RunView, 'steps'>): boolean {
  return [...steps.values()].every(({ firstIntentAtMs, keptFrom }) => firstIntentAtMs === undefined || keptFrom !== undefined);
}
