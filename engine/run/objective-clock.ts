import { azureAheadMs, skewText } from '../evidence/azure-clock.ts';
import { recoveryPointAge } from '../evidence/objectives.ts';
import type { Plan } from '../plan/plan-record.ts';
import type { RunChange } from './change.ts';
import type { ObjectiveClock, RunView, StepRecord } from './record.ts';

/** What the records say about the objectives' clock and the recovery points used; empty when the run says the same already. */
export function clockChange(plan: Plan, view: RunView): NonNullable<RunChange['fields']> {
  const { run } = view;
  const clock = clockOf(plan, view);
  const rpoMs = rpoOf(view);
  const moved = clock.startedAtMs !== run.clock.startedAtMs || clock.stoppedAtMs !== run.clock.stoppedAtMs;
  const ahead = azureAheadMs(view.steps.values());
  const azure = skewText(ahead) === undefined ? undefined : ahead;
  return {
    ...(moved ? { clock } : {}),
    ...(rpoMs === run.rpoMs ? {} : { rpoMs: rpoMs ?? null }),
    ...(azure === run.azureAheadMs ? {} : { azureAheadMs: azure ?? null }),
  };
}

/** Reads the clock from the step records: from the first attempt of `start` to the first success of `stop`. */
export function clockOf(plan: Plan, view: RunView): ObjectiveClock {
  const { run } = view;
  const rule = plan.definition.objectives?.clock;
  if (rule === undefined) return run.clock;
  const startedAtMs = rule.start === 'run' ? run.startedAtMs : earliest(view, rule.start, beganAtMs);
  const stoppedAtMs =
    rule.stop === undefined
      ? undefined
      : earliest(view, rule.stop, ({ endedAtMs, state, itemKey }) =>
          state === 'succeeded' && itemKey === undefined ? endedAtMs : undefined,
        );
  return {
    ...run.clock,
    ...(startedAtMs === undefined ? {} : { startedAtMs }),
    ...(stoppedAtMs === undefined || startedAtMs === undefined ? {} : { stoppedAtMs }),
  };
}

/** When the recovery time passes its objective, while the clock runs and nobody has said so yet; undefined otherwise. */
export function breachAtMs(plan: Plan, view: RunView): number | undefined {
  const { rtoMs } = plan.definition.objectives ?? {};
  const { startedAtMs, stoppedAtMs } = clockOf(plan, view);
  if (rtoMs === undefined || startedAtMs === undefined || stoppedAtMs !== undefined || view.run.rtoBreached === true) return undefined;
  return view.run.phase === 'finally' ? undefined : startedAtMs + rtoMs;
}

/** The age of the oldest recovery point that a step has used, at the declared outage or when its request was about to be sent, in milliseconds; undefined when one is not known. */
export function rpoOf(view: RunView): number | undefined {
  const records = [...view.steps.values()];
  const at = { outageAtMs: view.run.outageAtMs, azureAheadMs: azureAheadMs(records) };
  const ages = records.filter(isOwn).flatMap((record) => recoveryPointAge(record, at) ?? []);
  const agesMs = ages.filter((age) => age !== 'not_told');
  return agesMs.length === 0 || agesMs.length < ages.length ? undefined : Math.max(...agesMs);
}

// A step that a window or a freeze still holds has not begun; a fan-out begins with the first of its items.
function beganAtMs({ node, state, createdAtMs, firstAttemptAtMs }: StepRecord): number | undefined {
  if (state === 'skipped' || node === 'fan_out') return undefined;
  return node === 'leaf' ? firstAttemptAtMs : createdAtMs;
}

/** What a retry carries over was measured by the run that did it. */
function isOwn({ keptFrom }: StepRecord): boolean {
  return keptFrom === undefined;
}

function earliest(view: RunView, stepId: string, read: (record: StepRecord) => number | undefined): number | undefined {
  const times = [...view.steps.values()]
    .filter((record) => record.stepId === stepId && isOwn(record))
    .flatMap((record) => read(record) ?? []);
  return times.length === 0 ? undefined : Math.min(...times);
}
