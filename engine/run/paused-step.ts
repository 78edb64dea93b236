import type { Answer } from './answers.ts';
import type { RunChange } from './change.ts';
import { isContainer, noteFailure } from './failure.ts';
import { endWaiting } from './interruption.ts';
import type { FailureAnswer, Resolution, RunView, StepRecord } from './record.ts';

/** True for a failed step about which a person is asked. */
export function isPaused({ answer, state }: Pick<StepRecord, 'answer' | 'state'>): boolean {
  return answer === 'pause' && (state === 'failed' || state === 'ready');
}

/** What a person can answer about a step at which the run is paused, each with its consequence. */
export function pausedAnswers(record: StepRecord): readonly Answer[] {
  const again = isContainer(record) ? 'the run goes on from the steps in it that failed' : 'the step is tried again';
  const undoes = record.path.includes('/roll-back/');
  return [
    { as: 'again', consequence: again },
    { as: 'succeeded', consequence: 'it counts as done under your name, and the run goes on' },
    ...(undoes
      ? []
      : [
          {
            as: 'rollback' as const,
            consequence: 'what was done is undone where it has a rollback, the rest stays as it is, then the run stops',
          },
        ]),
    {
      as: 'failed',
      consequence: undoes ? 'it stays as it is, and the run ends with a failed rollback' : 'it stays failed, which stops the run',
    },
  ];
}

/** The change that a person's answer about a paused step makes; the run goes on when no other step waits for an answer. */
export function answerPaused(view: RunView, record: StepRecord, said: Resolution & { readonly nowMs: number }): RunChange {
  const others = [...view.steps.values()].some((other) => isPaused(other) && other.path !== record.path);
  const goesOn = !others && view.run.state === 'paused' && view.run.pause?.cause === 'failure';
  return {
    steps: [noteFailure(record, answerOf(record, said))],
    ...(goesOn ? { event: 'resumed', fields: { ...endWaiting(view.run, said.nowMs), pause: null } } : {}),
  };
}

const ANSWERS = {
  again: 'retry',
  succeeded: 'recover',
  rollback: 'rollback',
  failed: 'stop',
  adopt: 'stop',
} as const satisfies Record<Resolution['as'], FailureAnswer>;

function answerOf(record: StepRecord, { by, reason, as }: Resolution): Partial<StepRecord> {
  const answer = as === 'again' && isContainer(record) ? 'reopen' : ANSWERS[as];
  const recovers = answer === 'recover' && record.state === 'failed' ? ({ verdict: 'recovered' } as const) : {};
  return { answer, resolution: { by, reason, as }, ...recovers };
}
