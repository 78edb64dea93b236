import { SCRIPT_KILL_AFTER_MS, SCRIPT_WAIT_MS, UNANSWERED_MS } from '../limits.ts';
import type { ScriptAttempt, ScriptState } from '../ports.ts';
import type { Target } from '../target.ts';
import { type ActionPorts, DROPPED, type Failed, type Unanswered } from './action.ts';

/** A script that reads something at a target, under a name of its own. */
export interface ScriptQuestion {
  readonly target: Target | undefined;
  readonly attempt: ScriptAttempt;
  readonly signal: AbortSignal;
  /** Leaves an ended attempt at the target, so that it can be read again. */
  readonly keep?: boolean;
}

/** An attempt that has ended, with what it printed. */
export type EndedScript = Extract<ScriptState, { kind: 'ended' }>;

/**
 * Runs a script that changes nothing and waits a little for its end. An attempt of the same name is adopted, so asking again after a
 * crash or a lost answer starts nothing twice; a script that takes longer is `unanswered` and found at the next call. One whose step was
 * cancelled is stopped and leaves nothing at the target.
 */
export async function askScript(
  ports: Pick<ActionPorts, 'clock' | 'shell'>,
  question: ScriptQuestion,
): Promise<EndedScript | Failed | Unanswered> {
  const answer = await untilEnded(ports, question);
  if (answer.kind === 'unanswered' && question.signal.reason === DROPPED) await callOff(ports, question);
  return answer;
}

async function callOff({ clock, shell }: Pick<ActionPorts, 'clock' | 'shell'>, { target, attempt }: ScriptQuestion): Promise<void> {
  const { signal } = new AbortController();
  const endMs = clock.monotonicMs() + SCRIPT_KILL_AFTER_MS + SCRIPT_WAIT_MS;
  await shell.stop(target, attempt.name, signal);
  for (let pauseMs = firstPauseMs(target); clock.monotonicMs() < endMs; pauseMs = Math.min(2 * pauseMs, longestPauseMs(target))) {
    const { kind } = await shell.look(target, attempt.name, signal);
    if (kind === 'ended' || kind === 'lost') return shell.remove(target, attempt.name, signal);
    if (kind === 'absent') return;
    await clock.sleep(pauseMs, signal);
  }
}

async function untilEnded(
  ports: Pick<ActionPorts, 'clock' | 'shell'>,
  question: ScriptQuestion,
): Promise<EndedScript | Failed | Unanswered> {
  const { target, attempt, signal } = question;
  const endMs = ports.clock.monotonicMs() + SCRIPT_WAIT_MS;
  let pauseMs = firstPauseMs(target);
  for (;;) {
    const state = await ports.shell.look(target, attempt.name, signal);
    switch (state.kind) {
      case 'absent': {
        const refused = await start(ports, question);
        if (refused !== undefined) return refused;
        break;
      }
      case 'ended':
        if (question.keep !== true) await ports.shell.remove(target, attempt.name, signal);
        return state;
      case 'lost':
        await ports.shell.remove(target, attempt.name, signal);
        return unanswered(state.message, UNANSWERED_MS);
      case 'unreachable':
        return unanswered(state.message, state.retryAfterMs);
      case 'running':
        break;
    }
    if (signal.aborted || ports.clock.monotonicMs() + pauseMs > endMs)
      return unanswered('the script at the target has not ended yet', pauseMs);
    await ports.clock.sleep(pauseMs, signal);
    pauseMs = Math.min(2 * pauseMs, longestPauseMs(target));
  }
}

/** How long to wait before a script is looked at for the first time, in milliseconds: a look costs one request. */
export function firstPauseMs(target: Target | undefined): number {
  if (target?.via === 'local') return 5;
  return target?.via === 'run-command' ? 1000 : 50;
}

/** The longest wait between two looks at a script, in milliseconds. */
export function longestPauseMs(target: Target | undefined): number {
  if (target?.via === 'local') return 20;
  return target?.via === 'run-command' ? 5000 : 2000;
}

async function start(
  ports: Pick<ActionPorts, 'shell'>,
  { target, attempt, signal }: ScriptQuestion,
): Promise<Failed | Unanswered | undefined> {
  const started = await ports.shell.start(target, attempt, signal);
  switch (started.kind) {
    case 'accepted':
      return undefined;
    case 'refused':
      return { kind: 'failed', failure: { kind: 'unreachable', message: started.message } };
    case 'not_sent':
    case 'throttled':
      return unanswered(started.message, started.retryAfterMs);
    case 'ambiguous':
      return unanswered(started.message, UNANSWERED_MS);
  }
}

function unanswered(message: string, retryAfterMs: number): Unanswered {
  return { kind: 'unanswered', message, retryAfterMs };
}
