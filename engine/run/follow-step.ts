import type { EffectAction, Failed, PollOutcome, VerifyOutcome } from '../actions/action.ts';
import { OVERTIME_MS, VERIFY_WINDOW_MS } from '../limits.ts';
import { moveStep } from './change.ts';
import { isToBeStopped } from './interruption.ts';
import { keepBeside } from './keep-beside.ts';
import { logOutcome } from './log-outcome.ts';
import type { StepRecord } from './record.ts';
import { redactOutcome } from './redact-outcome.ts';
import { afterFailure, producedBy, settle } from './settle.ts';
import { cleanUp, endChange } from './submit-step.ts';
import { candidatesOf, contextOf, move, portsFor, recordOf, type Turn } from './turn.ts';

/** Follows accepted work to its end and believes the end only when the target itself shows it. */
export async function followStep(turn: Turn, action: EffectAction, input: unknown): Promise<void> {
  await stopWork(turn, action, input);
  const record = recordOf(turn);
  if (record.ended === undefined) {
    const poll = await action.poll(portsFor(turn, 'poll'), contextOf(turn, record, input), record.handle ?? {});
    if (poll.kind === 'failed') return endBadly(turn, action, { outcome: poll, input });
    if (poll.kind === 'unclear') return askPerson(turn, poll);
    if (poll.kind === 'running' || poll.kind === 'unanswered') return stillRunning(turn, poll);
    if (poll.kind === 'unreadable') return lookAtTarget(turn, action, { poll, input });
    const ended = poll.kind === 'ended_well' ? (poll.result ?? {}) : {};
    await move(turn, (now) =>
      moveStep(
        now,
        'still_running',
        { ended, observations: [...now.observations, ...(poll.observations ?? [])] },
        { drop: ['reason', 'notBeforeMs'] },
      ),
    );
  }
  await verifyStep(turn, action, input);
}

/** Asks work that can be ended early to end, once, when its run is being stopped; how it ended is read as for every other end. */
async function stopWork(turn: Turn, { stop }: EffectAction, input: unknown): Promise<void> {
  const { run } = turn.holder.view();
  const isKilled = turn.engine.stops.now().kill !== undefined;
  if (stop === undefined || isKilled || !isToBeStopped(recordOf(turn), run, turn.level.mode)) return;
  await move(turn, (record, nowMs) => moveStep(record, 'still_running', { stopAskedAtMs: nowMs, reason: 'it was asked to stop' }));
  await stop(portsFor(turn, 'send'), contextOf(turn, recordOf(turn), input));
}

/**
 * Nothing tells whether the work goes on. A target that shows its end is the end; one that does not shows nothing of the work, so the step
 * waits for as long as it may take and then asks a person, instead of failing while an effect may still land.
 */
async function lookAtTarget(
  turn: Turn,
  action: EffectAction,
  at: { readonly poll: Extract<PollOutcome, { kind: 'unreadable' }>; readonly input: unknown },
): Promise<void> {
  const { poll, input } = at;
  const outcome = await action.verify(portsFor(turn, 'poll'), contextOf(turn, recordOf(turn), input), undefined);
  if (outcome.kind !== 'not_yet' && outcome.kind !== 'unanswered') return believe(turn, action, { outcome, input });
  await stillRunning(turn, { kind: 'unanswered', message: `${poll.message}; ${outcome.message}`, retryAfterMs: poll.retryAfterMs });
}

async function verifyStep(turn: Turn, action: EffectAction, input: unknown): Promise<void> {
  const record = recordOf(turn);
  const outcome = await action.verify(portsFor(turn, 'poll'), contextOf(turn, record, input), record.ended);
  await believe(turn, action, { outcome, input });
}

async function believe(turn: Turn, action: EffectAction, at: { readonly outcome: VerifyOutcome; readonly input: unknown }): Promise<void> {
  const { outcome, input } = at;
  const record = recordOf(turn);
  if (outcome.kind === 'succeeded') {
    const adopted = record.adopted ?? false;
    const result = { ...outcome.result, ...(turn.step.body.kind === 'uses' ? { adopted } : {}) };
    const clean = await redactOutcome(turn, record, { ...outcome, result });
    await logOutcome(turn, record, clean);
    await keepBeside(turn, action, { record, input, outcome: clean });
    await move(turn, (now) => endChange(now, 'ended_badly', settle(turn, now, clean)));
    return cleanUp(turn, action, { record, input });
  }
  if (outcome.kind === 'failed') return endBadly(turn, action, { outcome, input });
  if (outcome.kind === 'next') return nextPart(turn, outcome);
  await contradicted(turn, outcome);
  if (recordOf(turn).state === 'failed') await cleanUp(turn, action, { record, input });
}

/** One request of several is done: the next one begins where every request begins, and a stop of the run in between leaves it out. */
function nextPart(turn: Turn, outcome: Extract<VerifyOutcome, { kind: 'next' }>): Promise<void> {
  return move(turn, (record) =>
    moveStep(
      record,
      'part_done',
      {
        send: record.send + 1,
        reason: outcome.message,
        observations: [...record.observations, ...(outcome.observations ?? [])],
        ...(outcome.before === undefined ? {} : { before: outcome.before }),
        ...producedBy(record, outcome),
      },
      { drop: ['handle', 'ended', 'verifySinceMs', 'percent', 'notBeforeMs'] },
    ),
  );
}

/** The operation said it is done and the target does not show it yet: look again for five minutes, then fail with kind `verify`. */
async function contradicted(turn: Turn, outcome: Exclude<VerifyOutcome, { kind: 'succeeded' | 'failed' | 'next' }>): Promise<void> {
  await move(turn, (record, nowMs) => {
    const verifySinceMs = record.verifySinceMs ?? nowMs;
    const observations = [...record.observations, ...(outcome.observations ?? [])];
    if (outcome.kind === 'not_yet' && nowMs - verifySinceMs > VERIFY_WINDOW_MS) {
      return endChange(record, 'ended_badly', {
        kind: 'failed',
        patch: { observations, error: { kind: 'verify', message: outcome.message } },
      });
    }
    if (isOvertime(record.deadlineAtMs, nowMs))
      return moveStep(record, 'cannot_tell', { ...ownWork(turn, record), observations, reason: outcome.message });
    return moveStep(record, 'still_running', { verifySinceMs, reason: outcome.message, notBeforeMs: nowMs + outcome.retryAfterMs });
  });
}

/** What was accepted ended, and nobody can tell how: a person decides. */
function askPerson(turn: Turn, poll: Extract<PollOutcome, { kind: 'unclear' }>): Promise<void> {
  return move(turn, (record) =>
    moveStep(
      record,
      'cannot_tell',
      {
        ...candidatesOf(turn, poll.candidates),
        reason: poll.message,
        observations: [...record.observations, ...(poll.observations ?? [])],
      },
      { data: { candidates: poll.candidates } },
    ),
  );
}

async function stillRunning(turn: Turn, poll: Extract<PollOutcome, { kind: 'running' | 'unanswered' }>): Promise<void> {
  await move(turn, (record, nowMs) => {
    if (isOvertime(record.deadlineAtMs, nowMs)) {
      const reason = 'the operation did not end in the time of its step and ten minutes more';
      return moveStep(record, 'cannot_tell', { ...ownWork(turn, record), reason });
    }
    const notBeforeMs = nowMs + poll.retryAfterMs;
    if (poll.kind === 'unanswered') return moveStep(record, 'still_running', { notBeforeMs, reason: poll.message });
    const detail = poll.detail === undefined ? {} : { data: { detail: poll.detail } };
    return moveStep(
      record,
      'still_running',
      {
        notBeforeMs,
        ...(poll.percent === undefined ? {} : { percent: poll.percent }),
        ...(poll.handle === undefined ? {} : { handle: poll.handle }),
        ...(poll.reason === undefined ? {} : { reason: poll.reason }),
      },
      { ...detail, drop: ['reason'] },
    );
  });
}

async function endBadly(turn: Turn, action: EffectAction, at: { readonly outcome: Failed; readonly input: unknown }): Promise<void> {
  const attempt = recordOf(turn);
  const clean = await redactOutcome(turn, attempt, at.outcome);
  await logOutcome(turn, attempt, clean);
  await keepBeside(turn, action, { record: attempt, input: at.input, outcome: clean });
  await move(turn, (record) =>
    endChange(
      record,
      'ended_badly',
      clean.result === undefined
        ? afterFailure(turn, record, {
            facts: { observations: [...record.observations, ...(clean.observations ?? [])], ...producedBy(record, clean) },
            failure: clean.failure,
          })
        : settle(turn, record, clean),
    ),
  );
  await cleanUp(turn, action, { record: attempt, input: at.input });
}

/** The operation that was followed so far: a person may have it followed further. */
function ownWork(turn: Turn, { handle }: StepRecord): Pick<StepRecord, 'candidates'> {
  return candidatesOf(turn, handle?.jobId === undefined ? [] : [handle.jobId]);
}

function isOvertime(deadlineAtMs: number | undefined, nowMs: number): boolean {
  return deadlineAtMs !== undefined && nowMs > deadlineAtMs + OVERTIME_MS;
}
