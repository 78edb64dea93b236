import type { EffectAction, PrecheckOutcome, SubmitOutcome } from '../actions/action.ts';
import { RunwardError } from '../errors.ts';
import { withAhead } from '../evidence/azure-clock.ts';
import { UNANSWERED_MS } from '../limits.ts';
import { moveStep, type StepChange } from './change.ts';
import { holdOfStep } from './hold-step.ts';
import { keepBeside } from './keep-beside.ts';
import { logOutcome } from './log-outcome.ts';
import type { StepRecord } from './record.ts';
import { redactOutcome } from './redact-outcome.ts';
import { afterFailure, settle, type Settled } from './settle.ts';
import { lookAtTarget } from './target-identity.ts';
import { takeTargets } from './target-locks.ts';
import { attemptDeadlineMs, candidatesOf, contextOf, maySendNew, move, portsFor, quietEndMs, recordOf, type Turn } from './turn.ts';

/** The stages before and around the one request: check, precheck, intent, ticket, send. Each outcome is stored before the next stage begins. */
export async function submitStep(turn: Turn, action: EffectAction, input: unknown): Promise<void> {
  if (await isLate(turn)) return;
  if (await isHeldBack(turn)) return;
  if (await targetHasChanged(turn)) return;
  const before = recordOf(turn);
  const precheck = await action.precheck(portsFor(turn, 'send'), contextOf(turn, before, input));
  if (precheck.kind !== 'proceed') return storePrecheck(turn, precheck, { action, input });
  if (precheck.check !== undefined) await keepBeside(turn, action, { record: before, input, outcome: precheck });
  await writeIntent(turn, precheck);
  if (recordOf(turn).state === 'intent') await sendStep(turn, action, input);
}

function writeIntent(turn: Turn, precheck: Extract<PrecheckOutcome, { kind: 'proceed' }>): Promise<void> {
  return move(
    turn,
    (record, nowMs) =>
      heldChange(turn, record, nowMs) ??
      moveStep(
        record,
        'intent_written',
        {
          deadlineAtMs: attemptDeadlineMs(turn, record),
          observations: [...record.observations, ...(precheck.observations ?? [])],
          ...(precheck.before === undefined ? {} : { before: precheck.before }),
          ...(record.firstIntentAtMs === undefined ? { firstIntentAtMs: nowMs } : {}),
        },
        {
          stamp: record.firstIntentAtMs === undefined ? ['intentAtMs', 'firstIntentAtMs'] : ['intentAtMs'],
          drop: [
            'reason',
            'held',
            'lockWaitSinceMs',
            'error',
            'notBeforeMs',
            'handle',
            'ended',
            'verifySinceMs',
            'stopAskedAtMs',
            'percent',
          ],
        },
      ),
    { writesIntent: true, unless: (run) => !maySendNew(turn, run) },
  );
}

/** Takes the ticket of this send and, only if nobody had it before, sends the one request and stores what its answer proves. */
export async function sendStep(turn: Turn, action: EffectAction, input: unknown): Promise<void> {
  const record = recordOf(turn);
  const ticket = await takeTicket(turn, action, record);
  if (ticket === 'exists' && action.effect === 'blind' && turn.holder.nowMs() >= quietEndMs(turn, record, action)) {
    const reason = 'the request may have been sent before, and nothing at its target tells whether it was';
    return move(turn, (now) => moveStep(now, 'cannot_tell', { ...candidatesOf(turn), reason }));
  }
  if (ticket !== 'created') {
    const reason =
      ticket === 'exists' ? 'this send was taken before: looking for its effect' : 'the ticket store did not answer: nothing was sent';
    return move(turn, (now, nowMs) => moveStep(now, 'unclear', { reason, notBeforeMs: nowMs + UNANSWERED_MS }));
  }
  const context = contextOf(turn, record, input);
  // Nothing may stand between this check and the call: the request must leave in the same turn of the event loop.
  const refusal = sendRefusal(turn, record);
  const askedAtMs = turn.holder.nowMs();
  const answered: SubmitOutcome =
    refusal === undefined ? await action.submit(portsFor(turn, 'send'), context) : { kind: 'not_sent', message: refusal, retryAfterMs: 0 };
  const times = { askedAtMs, answeredAtMs: turn.holder.nowMs() };
  const outcome = {
    ...answered,
    ...(answered.observations === undefined ? {} : { observations: withAhead(answered.observations, times) }),
  };
  await move(turn, (now, nowMs) => sentChange(turn, now, { outcome, nowMs }));
  if (recordOf(turn).state === 'failed') await cleanUp(turn, action, { record, input });
}

/** A store that loses nothing needs no second witness for a request that its target knows by its name. */
async function takeTicket({ engine }: Turn, { effect }: EffectAction, record: StepRecord): Promise<'created' | 'exists' | 'unclear'> {
  const { store, tickets } = engine.ports;
  if (effect === 'named' && store.tier() === 'gold') return 'created';
  return tickets.create(`${record.key}.${record.attempt}.${record.send}`);
}

/** Why a request may not leave in this turn: the kill switch, or a lease that ends before the request could. Scripts that only read go on. */
function sendRefusal({ engine, holder }: Turn, { effect }: StepRecord): string | undefined {
  const { kill } = engine.stops.now();
  if (kill !== undefined && effect !== 'read') return `nothing was sent: the kill switch is on (${kill.reason})`;
  return holder.maySend() ? undefined : 'the lease was too short for a send';
}

/** The change that keeps a step from its intent while something holds it. A script that only reads is held by nothing. */
function heldChange({ engine, holder, level }: Turn, record: StepRecord, nowMs: number): StepChange | undefined {
  if (record.effect === 'read') return undefined;
  const hold = holdOfStep({ plan: holder.plan, view: holder.view(), stops: engine.stops.now(), nowMs }, record, level);
  return hold === undefined ? undefined : moveStep(record, 'postponed', { held: hold.word, reason: hold.message });
}

function sentChange(turn: Turn, record: StepRecord, at: { readonly outcome: SubmitOutcome; readonly nowMs: number }): StepChange {
  const { outcome, nowMs } = at;
  const observations = [...record.observations, ...(outcome.observations ?? [])];
  switch (outcome.kind) {
    case 'accepted':
      return moveStep(record, 'accepted', { observations, handle: outcome.handle }, { stamp: ['submittedAtMs'], drop: ['reason'] });
    case 'completed':
      return moveStep(record, 'accepted', { observations, handle: {}, ended: {} }, { stamp: ['submittedAtMs'], drop: ['reason'] });
    case 'not_sent':
    case 'throttled':
      return moveStep(record, 'not_sent', {
        observations,
        reason: outcome.message,
        send: record.send + 1,
        notBeforeMs: nowMs + outcome.retryAfterMs,
      });
    case 'refused':
      return endChange(record, 'refused', afterFailure(turn, record, { facts: { observations }, failure: outcome.failure }));
    case 'ambiguous':
      return moveStep(record, 'unclear', { observations, reason: outcome.message, notBeforeMs: nowMs });
  }
}

/** The change that a settled attempt makes: its end, or a further attempt. */
export function endChange(record: StepRecord, ending: 'refused' | 'ended_badly' | 'precondition_failed', settled: Settled): StepChange {
  if (settled.kind === 'again')
    return moveStep(record, 'retried', settled.patch, { drop: ['deadlineAtMs', 'handle', 'ended', 'verifySinceMs', 'percent'] });
  if (settled.kind === 'failed') return moveStep(record, ending, settled.patch, { drop: ['reason', 'notBeforeMs'] });
  const well = record.state === 'ready' ? 'already_reached' : record.state === 'intent' ? 'completed' : 'ended_well';
  return moveStep(record, well, settled.patch, { drop: ['reason', 'error', 'notBeforeMs'] });
}

/** Lets the action remove what the attempt left at its target, after its end is stored. Losing this is harmless; the kill switch stops it as well. */
export async function cleanUp(
  turn: Turn,
  action: EffectAction,
  attempt: { readonly record: StepRecord; readonly input: unknown },
): Promise<void> {
  if (turn.engine.stops.now().kill !== undefined) return;
  await action.cleanup?.(turn.engine.ports, contextOf(turn, attempt.record, attempt.input));
}

async function storePrecheck(
  turn: Turn,
  precheck: Exclude<PrecheckOutcome, { kind: 'proceed' }>,
  of: { readonly action: EffectAction; readonly input: unknown },
): Promise<void> {
  switch (precheck.kind) {
    case 'succeeded': {
      const clean = await redactOutcome(turn, recordOf(turn), precheck);
      await logOutcome(turn, recordOf(turn), clean);
      await keepBeside(turn, of.action, { record: recordOf(turn), input: of.input, outcome: clean });
      return move(turn, (record) => endChange({ ...record, changed: false }, 'precondition_failed', settle(turn, record, clean)));
    }
    case 'failed': {
      const clean = await redactOutcome(turn, recordOf(turn), precheck);
      await keepBeside(turn, of.action, { record: recordOf(turn), input: of.input, outcome: clean });
      return move(turn, (record) => endChange(record, 'precondition_failed', settle(turn, record, clean)));
    }
    case 'ours':
      return move(turn, (record) =>
        moveStep(
          record,
          'found',
          {
            handle: precheck.handle,
            adopted: true,
            deadlineAtMs: attemptDeadlineMs(turn, record),
            observations: [...record.observations, ...(precheck.observations ?? [])],
          },
          { stamp: ['submittedAtMs'], drop: ['reason'] },
        ),
      );
    case 'unanswered':
      return move(turn, (record, nowMs) => {
        const deadlineAtMs = attemptDeadlineMs(turn, record);
        const failure = { kind: 'timed_out', message: precheck.message } as const;
        if (nowMs >= deadlineAtMs)
          return endChange(record, 'precondition_failed', { kind: 'failed', patch: { error: failure, verdict: 'timed_out' } });
        return moveStep(record, 'postponed', { deadlineAtMs, reason: precheck.message, notBeforeMs: nowMs + precheck.retryAfterMs });
      });
  }
}

/** The time of the attempt ran out while nothing of it had been sent: a definite end. */
async function isLate(turn: Turn): Promise<boolean> {
  const { deadlineAtMs, reason } = recordOf(turn);
  if (deadlineAtMs === undefined || turn.holder.nowMs() < deadlineAtMs) return false;
  const failure = { kind: 'timed_out', message: reason ?? 'nothing could be sent in the time of the step' } as const;
  await move(turn, (record) =>
    endChange(record, 'precondition_failed', { kind: 'failed', patch: { error: failure, verdict: 'timed_out' } }),
  );
  return true;
}

/** Gates and locks: true when the step was told to wait or has failed, so that nothing may be sent now. */
async function isHeldBack(turn: Turn): Promise<boolean> {
  let held = false;
  await turn.holder.commit((_view, nowMs) => {
    const change = heldChange(turn, recordOf(turn), nowMs);
    held = change !== undefined;
    return change === undefined ? undefined : { steps: [change] };
  }, 'moves');
  if (held) return true;
  const locks = await takeTargets(turn);
  if (locks.kind === 'taken') return false;
  await move(turn, (record) =>
    locks.kind === 'failed'
      ? endChange(record, 'precondition_failed', { kind: 'failed', patch: { error: { kind: 'locked', message: locks.message } } })
      : moveStep(record, 'postponed', { reason: locks.message, lockWaitSinceMs: locks.sinceMs, notBeforeMs: locks.atMs }),
  );
  return true;
}

/** The plan's machine is gone or cannot be read now: true when the step has failed or waits. Throws CONFLICT_STALE_PLAN for another machine. */
async function targetHasChanged(turn: Turn): Promise<boolean> {
  const seen = await lookAtTarget(turn);
  if (seen.kind === 'same') return false;
  await move(turn, (record, nowMs) =>
    seen.kind === 'gone'
      ? endChange(record, 'precondition_failed', { kind: 'failed', patch: { error: { kind: 'target_missing', message: seen.message } } })
      : moveStep(record, 'postponed', {
          deadlineAtMs: attemptDeadlineMs(turn, record),
          reason: seen.message,
          notBeforeMs: nowMs + seen.retryAfterMs,
        }),
  );
  return true;
}

/** True for errors after which nothing more may be written by this holder. */
export function isLost(error: unknown): boolean {
  return error instanceof RunwardError && error.code === 'RUN_STALE_EPOCH';
}
