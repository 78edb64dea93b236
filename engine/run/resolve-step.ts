import type { AdoptOutcome, Observed } from '../actions/action.ts';
import type { StepKey } from '../ids.ts';
import { EARLIER_MAX } from '../limits.ts';
import { moveStep, type RunChange, type StepChange } from './change.ts';
import type { Command } from './command.ts';
import { actionOf } from './execute-step.ts';
import type { Holder } from './holder.ts';
import { isOneOfSeveral } from './answers.ts';
import { answerPaused, isPaused, pausedAnswers } from './paused-step.ts';
import type { Resolution, RunView, StepRecord } from './record.ts';
import { contextOf, type Engine, type Turn } from './turn.ts';
import { stepsById } from './waiting.ts';

/** A person's answer about a step. */
export type ResolveWord = Extract<Command, { readonly kind: 'resolve' }>;

/** What the target says about the operation that a person wants to have followed; undefined for the other answers. */
export type Adoption = AdoptOutcome | undefined;

/** Asks the target whether the named operation belongs to the step. Reads only; what cannot be told is a refusal with its reason. */
export async function checkAdoption(engine: Engine, holder: Holder, word: ResolveWord): Promise<Adoption> {
  if (word.as !== 'adopt') return undefined;
  const record = holder.view().steps.get(word.step);
  const step = record === undefined ? undefined : stepsById(holder.plan.definition).get(record.stepId);
  const action = record === undefined || step === undefined ? undefined : actionOf(engine, holder, { step, record });
  const foreign = (message: string): Adoption => ({ kind: 'foreign', message });
  if (record === undefined || step === undefined || action === undefined)
    return foreign('the step has no operation that could be followed');
  if (action.effect === 'read' || action.adopt === undefined)
    return foreign('this action cannot follow an operation by its name: look at the target and answer succeeded, failed or again');
  const input = action.input.safeParse(record.input ?? {});
  if (!input.success) return foreign('the arguments of the step do not fit its action');
  const level = { prefix: '', bindings: [], mode: 'hold' } as const;
  const turn: Turn = { engine, holder, step, path: record.path, level, action, begunIn: holder.view().run.state, signal: holder.lost };
  return action.adopt(engine.ports, contextOf(turn, record, input.data), word.operation ?? '');
}

/** Why an answer cannot be taken; undefined when it can. */
export function resolveRefusal(record: StepRecord | undefined, word: ResolveWord, adoption: Adoption): string | undefined {
  if (record !== undefined && isPaused(record))
    return pausedAnswers(record).some(({ as }) => as === word.as) ? undefined : `a failed step is not answered with ${word.as}`;
  if (record?.state !== 'unknown') return 'the step is not unknown, and nobody is asked about it';
  if (word.as === 'rollback') return 'what is unknown is not rolled back: say first whether it happened';
  if (word.as !== 'adopt') return undefined;
  if (adoption === undefined || adoption.kind === 'foreign') return adoption?.message ?? 'no operation was named';
  return adoption.kind === 'unanswered' ? `the target did not answer, try again: ${adoption.message}` : undefined;
}

/** The change that an answer makes which was not refused; with the last unknown step the run goes on. */
export function resolveChange(
  engine: Pick<Engine, 'ports'>,
  view: RunView,
  said: { readonly record: StepRecord; readonly word: ResolveWord; readonly adoption: Adoption; readonly nowMs: number },
): RunChange {
  const { record, word } = said;
  if (isPaused(record)) return answerPaused(view, record, { as: word.as, by: word.by.name, reason: word.reason, nowMs: said.nowMs });
  const others = [...view.steps.values()].some((other) => other.state === 'unknown' && other.path !== record.path);
  const goesOn = view.run.state === 'unknown' && !others;
  return { steps: [answered(engine, view, said)], ...(goesOn ? { event: 'resolved', fields: { reason: null } } : {}) };
}

function answered(engine: Pick<Engine, 'ports'>, view: RunView, said: Parameters<typeof resolveChange>[2]): StepChange {
  const { record, word, adoption } = said;
  const reason = `${word.by.name}: ${word.reason}`;
  const resolution: Resolution = { by: word.by.name, reason: word.reason, as: word.as };
  const drop = ['candidates'] as const;
  switch (word.as) {
    case 'succeeded':
      return isOneOfSeveral(record)
        ? requestHappened(record, { reason, resolution, deadlineAtMs: said.nowMs + spanOf(record) })
        : moveStep(record, 'resolved_happened', { reason, resolution }, { drop });
    case 'failed': {
      const error = { kind: 'target', message: `resolved as not happened by ${reason}` } as const;
      return moveStep(record, 'resolved_not_happened', { reason, error, resolution }, { drop });
    }
    case 'again': {
      // What the request did, and what others of this step still do, is found only under the request ids, names and tags it was sent with.
      if (isOneOfSeveral(record))
        return lookAgain(record, { reason, resolution, againSend: record.send, deadlineAtMs: said.nowMs + spanOf(record) });
      const generation = record.generation + 1;
      const key = engine.ports.ids.uuid5(view.run.runId, record.path, '0', String(generation)) as StepKey;
      const fresh = ['handle', 'ended', 'deadlineAtMs', 'firstIntentAtMs', 'notBeforeMs', 'verifySinceMs'] as const;
      return moveStep(
        record,
        'resolved_again',
        { generation, attempt: 1, send: 1, key, earlier: earlierOf(record), reason, resolution },
        { drop: [...drop, ...fresh] },
      );
    }
    case 'adopt':
    case 'rollback': {
      const found: { readonly handle: object } & Observed = adoption?.kind === 'found' ? adoption : { handle: {} };
      const observations = [...record.observations, ...(found.observations ?? [])];
      return moveStep(
        record,
        'resolved_adopted',
        { handle: found.handle, adopted: true, observations, reason, deadlineAtMs: said.nowMs + spanOf(record) },
        {
          stamp: ['submittedAtMs'],
          data: { operation: word.operation ?? '' },
          drop: [...drop, 'ended', 'notBeforeMs', 'verifySinceMs', 'percent'],
        },
      );
    }
  }
}

/** A person's yes is about the request that was sent: its target is read as after its end, and only then the next request follows. */
function requestHappened(record: StepRecord, patch: Partial<StepRecord>): StepChange {
  const data = { request: record.before?.['part'] ?? null };
  const drop = ['candidates', 'notBeforeMs', 'verifySinceMs', 'percent'] as const;
  return moveStep(record, 'resolved_request', { ...patch, handle: {}, ended: {} }, { data, drop });
}

/** The request is searched for once more as after its intent: adopted where it is found, sent under the next send number only where it is not. */
function lookAgain(record: StepRecord, patch: Partial<StepRecord>): StepChange {
  const data = { request: record.before?.['part'] ?? null };
  const drop = ['candidates', 'handle', 'ended', 'notBeforeMs', 'verifySinceMs', 'percent'] as const;
  return moveStep(record, 'resolved_look', patch, { data, drop });
}

/** What was sent before under other request ids. It may have had its effect all the same: the person can be wrong. */
function earlierOf({ key, attempt, send, earlier = [] }: StepRecord): NonNullable<StepRecord['earlier']> {
  return [...earlier, { key, attempt, send }].slice(-EARLIER_MAX);
}

/** The step gets its time once more: the person found the operation later than the step could wait for it. */
function spanOf({ deadlineAtMs, intentAtMs, createdAtMs }: StepRecord): number {
  const fromMs = intentAtMs ?? createdAtMs ?? 0;
  return Math.max(0, (deadlineAtMs ?? fromMs) - fromMs);
}
