import type { EffectAction, FindOutcome } from '../actions/action.ts';
import { assert } from '../errors.ts';
import { OVERTIME_MS, UNANSWERED_MS } from '../limits.ts';
import { moveStep, type StepChange } from './change.ts';
import type { StepRecord } from './record.ts';
import { afterFailure } from './settle.ts';
import { endChange, sendStep } from './submit-step.ts';
import { candidatesOf, contextOf, maySendNew, move, portsFor, quietEndMs, recordOf, type Turn } from './turn.ts';

/**
 * Finds out what an earlier send did. Found work is adopted at once; that there is none is believed only after the quiet time, when no
 * request can still be under way. Only then a named or guarded step sends again; a blind one only with a ticket that nobody had.
 */
export async function reconcileStep(turn: Turn, action: EffectAction, input: unknown): Promise<void> {
  const found = await action.find(portsFor(turn, 'reconcile'), contextOf(turn, recordOf(turn), input));
  const verdict = conclude(recordOf(turn), { found, nowMs: turn.holder.nowMs(), quietEndMs: quietEndMs(turn, recordOf(turn), action) });
  if (verdict === 'fail') {
    assert(found.kind === 'failed', 'only work that ended badly fails its step');
    const facts = { observations: seen(recordOf(turn), found) };
    return move(turn, (record) => endChange(record, 'refused', afterFailure(turn, record, { facts, failure: found.failure })));
  }
  if (verdict === 'send' && !maySendNew(turn, turn.holder.view().run)) return giveUpSend(turn, action, found);
  if (verdict === 'send' && action.effect === 'blind') return sendStep(turn, action, input);
  if (verdict === 'send') {
    await move(
      turn,
      (record) =>
        moveStep(
          record,
          'proven_absent',
          { send: record.send + 1, observations: seen(record, found) },
          { stamp: ['intentAtMs'], drop: ['reason', 'notBeforeMs'] },
        ),
      {
        writesIntent: true,
      },
    );
    return sendStep(turn, action, input);
  }
  await move(turn, (record, nowMs) => {
    const change = reconciled(record, { found, verdict, nowMs, quietEndMs: quietEndMs(turn, record, action) });
    if (change.event !== 'cannot_tell') return change;
    return { ...change, to: { ...change.to, ...candidatesOf(turn, found.kind === 'unclear' ? found.candidates : []) } };
  });
}

/**
 * The request had no effect and nothing new may be sent now: the step is ready again, as before its intent. For a blind step only the ticket
 * proves it, and taking it here makes sure that nobody sends this request any more.
 */
async function giveUpSend(turn: Turn, action: EffectAction, found: FindOutcome): Promise<void> {
  const { key, attempt, send } = recordOf(turn);
  const ticket = action.effect === 'blind' ? await turn.engine.ports.tickets.create(`${key}.${attempt}.${send}`) : 'created';
  await move(turn, (record, nowMs) => {
    const observations = seen(record, found);
    if (ticket === 'created')
      return moveStep(record, 'not_sent', {
        send: record.send + 1,
        observations,
        reason: 'the request had no effect and is not sent again',
      });
    if (ticket === 'exists') {
      const reason = 'the request may have been sent and left no mark';
      return moveStep(record, 'cannot_tell', { ...candidatesOf(turn), observations, reason });
    }
    return moveStep(record, 'unclear', { reason: 'the ticket store did not answer', notBeforeMs: nowMs + UNANSWERED_MS });
  });
}

/** What follows from a search: adopt, wait for the quiet time, send once more, fail, or ask a person. A request that ended badly is sent once more only for a person. Pure. */
export function conclude(
  record: StepRecord,
  at: { readonly found: FindOutcome; readonly nowMs: number; readonly quietEndMs: number },
): 'adopt' | 'wait' | 'send' | 'ask' | 'fail' {
  const quiet = at.nowMs < at.quietEndMs;
  switch (at.found.kind) {
    case 'found':
    case 'reached':
      return 'adopt';
    case 'absent':
      return quiet ? 'wait' : 'send';
    case 'failed':
      if (record.againSend !== record.send) return 'fail';
      return quiet ? 'wait' : 'send';
    case 'unclear':
      return quiet ? 'wait' : 'ask';
    case 'unanswered':
      return at.nowMs > (record.deadlineAtMs ?? Infinity) + OVERTIME_MS ? 'ask' : 'wait';
  }
}

function reconciled(
  record: StepRecord,
  at: { readonly found: FindOutcome; readonly verdict: 'adopt' | 'wait' | 'ask'; readonly nowMs: number; readonly quietEndMs: number },
): StepChange {
  const { found } = at;
  const observations = seen(record, found);
  if (at.verdict === 'adopt') {
    const handle = found.kind === 'found' ? { handle: found.handle } : { handle: {}, ended: {} };
    return moveStep(
      record,
      'found',
      { observations, adopted: true, ...handle },
      { stamp: ['submittedAtMs'], drop: ['reason', 'notBeforeMs'] },
    );
  }
  if (at.verdict === 'ask') {
    const candidates = found.kind === 'unclear' ? found.candidates : [];
    const reason = found.kind === 'unclear' || found.kind === 'unanswered' ? found.message : 'the outcome of the request is not known';
    return moveStep(record, 'cannot_tell', { observations, reason }, { data: { candidates } });
  }
  const notBeforeMs =
    found.kind === 'unanswered' ? at.nowMs + found.retryAfterMs : Math.max(at.nowMs + 1, Math.min(at.quietEndMs, at.nowMs + UNANSWERED_MS));
  return moveStep(record, 'unclear', {
    observations: record.observations,
    reason: 'looking for the effect of a request whose answer was lost',
    notBeforeMs,
  });
}

function seen(record: StepRecord, found: FindOutcome): StepRecord['observations'] {
  return [...record.observations, ...(found.observations ?? [])];
}
