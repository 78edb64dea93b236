import { RETRY_DEFAULT_MS, SCRIPT_OUTPUT_MAX_BYTES } from '../../engine/limits.ts';
import type { ScriptAttempt, ScriptStart, ScriptState, Shell } from '../../engine/ports.ts';
import type { Target } from '../../engine/target.ts';
import { attemptFrame } from './attempt-frame.ts';
import { programCommand } from './attempt-programs.ts';
import { attemptRefusal, isAttemptName } from './attempt-rules.ts';
import { keptOutput } from './kept-output.ts';
import { createSshConnections, type SshConnections, type SshOptions } from './ssh-connections.ts';
import { type SshAnswer, sshRequest } from './ssh-request.ts';

/** A shell with connections; `close` ends them, scripts on the machines go on. */
export interface SshShell extends Shell {
  readonly close: () => void;
}

/** Scripts on machines over SSH. Each attempt is a folder on the machine that can be made once, so its name tells what became of it. */
export function createSshShell(options: SshOptions): SshShell {
  const connections = createSshConnections(options);
  return {
    start: (target, attempt, signal) => start(connections, { target, attempt }, signal),
    look: (target, name, signal) => look(connections, { target, name }, signal),
    stop: async (target, name, signal) => {
      await ask(connections, { target, name, program: 'stop' }, signal);
    },
    remove: async (target, name, signal) => {
      await ask(connections, { target, name, program: 'remove' }, signal);
    },
    close: () => connections.close(),
  };
}

interface Question {
  readonly target: Target | undefined;
  readonly name: string;
  readonly program: 'start' | 'look' | 'stop' | 'remove';
  readonly input?: Buffer;
}

type Answer = SshAnswer | { readonly kind: 'refused' | 'unreachable'; readonly message: string };

async function ask(connections: SshConnections, question: Question, signal: AbortSignal): Promise<Answer> {
  if (question.target === undefined || !isAttemptName(question.name))
    return { kind: 'refused', message: 'no machine or no name of an attempt' };
  const connected = await connections.get(question.target, signal);
  if (connected.kind !== 'ready') return connected;
  const command = programCommand(question.program, question.name, SCRIPT_OUTPUT_MAX_BYTES);
  return await sshRequest(connected.client, { command, input: question.input ?? Buffer.alloc(0) }, signal);
}

async function start(
  connections: SshConnections,
  { target, attempt }: { readonly target: Target | undefined; readonly attempt: ScriptAttempt },
  signal: AbortSignal,
): Promise<ScriptStart> {
  const message = attemptRefusal(attempt);
  if (message !== undefined) return { kind: 'refused', message };
  const answer = await ask(connections, { target, name: attempt.name, program: 'start', input: attemptFrame(attempt) }, signal);
  switch (answer.kind) {
    case 'refused':
      return { kind: 'refused', message: answer.message };
    case 'unreachable':
    case 'not_sent':
      return { kind: 'not_sent', message: answer.message, retryAfterMs: RETRY_DEFAULT_MS };
    case 'lost':
      return { kind: 'ambiguous', message: answer.message };
    case 'answered':
      return startAnswer(answerLine(answer.output)?.words ?? []);
  }
}

function startAnswer([word, ...rest]: readonly string[]): ScriptStart {
  const message = rest.join(' ');
  if (word === 'started' || word === 'exists') return { kind: 'accepted' };
  if (word === 'refused') return { kind: 'refused', message };
  if (word === 'not_sent') return { kind: 'not_sent', message, retryAfterMs: RETRY_DEFAULT_MS };
  return { kind: 'ambiguous', message: NO_ANSWER };
}

async function look(
  connections: SshConnections,
  { target, name }: { readonly target: Target | undefined; readonly name: string },
  signal: AbortSignal,
): Promise<ScriptState> {
  const answer = await ask(connections, { target, name, program: 'look' }, signal);
  if (answer.kind !== 'answered') return unreachable(answer.message);
  const line = answerLine(answer.output);
  const word = line?.words[0];
  if (line === undefined) return unreachable(NO_ANSWER);
  if (word === 'absent' || word === 'running') return { kind: word };
  if (word === 'lost')
    return { kind: 'lost', message: 'the script runs no more and its end was not recorded: the machine restarted, or it was killed' };
  if (word === 'ended') return endState(line.words.slice(1).map(Number), line.rest);
  return unreachable(NO_ANSWER);
}

function endState(numbers: readonly number[], streams: Buffer): ScriptState {
  const [exitCode = Number.NaN, timedOut = 0, outBytes = 0, errBytes = 0] = numbers;
  const outKept = Math.min(outBytes, SCRIPT_OUTPUT_MAX_BYTES);
  const errKept = Math.min(errBytes, SCRIPT_OUTPUT_MAX_BYTES);
  if (!Number.isInteger(exitCode) || streams.length !== outKept + errKept) return unreachable('the answer of the machine was cut');
  const out = keptOutput(streams.subarray(0, outKept), outKept < outBytes);
  const err = keptOutput(streams.subarray(outKept), errKept < errBytes);
  const truncated = out.truncated || err.truncated;
  return { kind: 'ended', exitCode, stdout: out.text, stderr: err.text, truncated, timedOut: timedOut === 1 };
}

const NO_ANSWER = 'the machine did not run what it was asked to: is the login shell of this user a POSIX shell?';
const MARK = '@runward ';

// Login scripts may print before the answer, so it is looked for and not expected first.
function answerLine(output: Buffer): { readonly words: readonly string[]; readonly rest: Buffer } | undefined {
  const at = output.subarray(0, MARK.length).toString('latin1') === MARK ? 0 : output.indexOf(`\n${MARK}`) + 1;
  const end = output.indexOf('\n', at);
  if (end < 0 || !output.subarray(at).toString('latin1', 0, MARK.length).startsWith(MARK)) return undefined;
  const words = output
    .subarray(at + MARK.length, end)
    .toString('utf8')
    .split(' ');
  return { words, rest: output.subarray(end + 1) };
}

function unreachable(message: string): ScriptState {
  return { kind: 'unreachable', message, retryAfterMs: RETRY_DEFAULT_MS };
}
