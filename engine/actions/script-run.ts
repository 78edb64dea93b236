import { RUN_COMMAND_RIGHTS } from '../azure-rights.ts';
import type { JsonObject } from '../json.ts';
import { QUIET_MS, SECRET_RETRY_MS, UNANSWERED_MS } from '../limits.ts';
import type { ScriptState } from '../ports.ts';
import type {
  Action,
  ActionContext,
  ActionPorts,
  EffectAction,
  EffectClass,
  Failed,
  FindOutcome,
  PollOutcome,
  PrecheckOutcome,
  SubmitOutcome,
  Unanswered,
  VerifyOutcome,
} from './action.ts';
import { effectAction } from './action.ts';
import { askScript, firstPauseMs, longestPauseMs } from './script-attempt.ts';
import { partName, prepareScript, scriptInput, type ScriptInput } from './script-input.ts';

type Context = ActionContext<ScriptInput>;

/**
 * The action behind a `run` step. Over SSH and Run Command every attempt is named at its target, so an ended script is recognised and
 * its result adopted whatever it declares; the declared effect decides what happens when a script started and its end cannot be found.
 * A script on the worker itself (`via` is `local` or null) has no such name and lives by its effect alone.
 */
export function scriptAction(declared: EffectClass, via: string | null): Action {
  const action: EffectAction<ScriptInput> = {
    name: 'script.run@1',
    summary: 'Run a script on a machine',
    effect: engineClass(declared, isNamed(via)),
    severity: declared === 'read' ? 'mild' : 'moderate',
    target: 'machine-or-none',
    input: scriptInput,
    result: { stdout: 'string', stderr: 'string', exit_code: 'int' },
    timeoutMs: 900_000,
    permissions: via === 'run-command' ? RUN_COMMAND_RIGHTS : [],
    quietMs: quietMs(declared, via),
    precheck,
    submit,
    find,
    poll,
    verify,
    stop,
    cleanup,
  };
  return effectAction(action);
}

function isNamed(via: string | null): boolean {
  return via === 'ssh' || via === 'run-command';
}

// Even a blind script is named where its attempt has a name: sending that name again cannot start it twice.
function engineClass(declared: EffectClass, named: boolean): EffectAction['effect'] {
  if (declared === 'guarded') return 'guarded';
  return declared === 'blind' && !named ? 'blind' : 'named';
}

// A folder on the machine can be made once and a read may run twice. Elsewhere a late request could still start the script.
function quietMs(declared: EffectClass, via: string | null): number {
  return via === 'ssh' || declared === 'read' ? 0 : QUIET_MS;
}

async function precheck(ports: ActionPorts, context: Context): Promise<PrecheckOutcome> {
  if (context.input.effect !== 'guarded') return { kind: 'proceed' };
  const name = partName(context, 'script');
  const own = await ports.shell.look(context.target, name, context.signal);
  if (own.kind === 'unreachable') return unanswered(own);
  if (own.kind !== 'absent') return { kind: 'ours', handle: { name } };
  const done = await isDone(ports, context, 'pre');
  if (typeof done !== 'boolean') return done;
  return done ? { kind: 'succeeded', result: { ...NOTHING_RUN, changed: false } } : { kind: 'proceed' };
}

async function submit(ports: ActionPorts, context: Context): Promise<SubmitOutcome> {
  const prepared = await prepareScript(ports, context, 'script');
  // A secret that cannot be read does not appear by waiting: the step says so at once, and its own retry decides about more.
  if (prepared.kind === 'unavailable') return { kind: 'refused', failure: { kind: 'denied', message: prepared.message } };
  const started = await ports.shell.start(context.target, prepared.attempt, context.signal);
  switch (started.kind) {
    case 'accepted':
      return {
        kind: 'accepted',
        handle: { name: prepared.attempt.name, ...(started.opUrl === undefined ? {} : { opUrl: started.opUrl }) },
      };
    case 'refused':
      return { kind: 'refused', failure: { kind: 'unreachable', message: started.message } };
    case 'not_sent':
    case 'throttled':
    case 'ambiguous':
      return started;
  }
}

async function find(ports: ActionPorts, context: Context): Promise<FindOutcome> {
  const name = partName(context, 'script');
  const { effect } = context.input;
  const state = await ports.shell.look(context.target, name, context.signal);
  if (state.kind === 'unreachable') return unanswered(state);
  if (state.kind === 'running' || state.kind === 'ended') return { kind: 'found', handle: { name } };
  if (state.kind === 'absent' && (isNamed(context.target?.via ?? null) || effect === 'read' || effect === 'named'))
    return { kind: 'absent' };
  if (effect === 'blind') return { kind: 'unclear', message: NO_END, candidates: [] };
  // Poll decides what follows from a lost script; one that another worker process may have run is asked about here.
  if (state.kind === 'lost') return { kind: 'found', handle: { name } };
  const done = await isDone(ports, context, 'now');
  if (typeof done === 'boolean') return { kind: done ? 'reached' : 'absent' };
  return done.kind === 'unanswered' ? done : { kind: 'unclear', message: done.failure.message, candidates: [] };
}

async function poll(ports: ActionPorts, context: Context): Promise<PollOutcome> {
  const state = await settled(ports, context, 'script');
  if (state.kind !== 'lost' && state.kind !== 'absent') return polled(context, state);
  if (context.stopAsked === true) return pollStopped(ports, context);
  switch (context.input.effect) {
    case 'read':
    case 'named':
      return await pollAgain(ports, context);
    case 'guarded': {
      const done = await isDone(ports, context, 'now');
      if (typeof done !== 'boolean') return done;
      return done ? { kind: 'ended_well' } : interrupted();
    }
    case 'blind':
      return { kind: 'unclear', message: NO_END, candidates: [] };
  }
}

/** A script that was stopped and is not there any more ended; only its second start may still be ending. */
async function pollStopped(ports: ActionPorts, context: Context): Promise<PollOutcome> {
  const state = await ports.shell.look(context.target, partName(context, 'again'), context.signal);
  if (state.kind !== 'lost' && state.kind !== 'absent') return polled(context, state);
  return { kind: 'failed', failure: { kind: 'script', message: STOPPED } };
}

/** A read or repeatable script whose end cannot be found runs once more, under a name of its own, and never a third time. */
async function pollAgain(ports: ActionPorts, context: Context): Promise<PollOutcome> {
  const state = await settled(ports, context, 'again');
  if (state.kind === 'lost') return interrupted();
  if (state.kind !== 'absent') return polled(context, state);
  const prepared = await prepareScript(ports, context, 'again');
  if (prepared.kind === 'unavailable') return { kind: 'unanswered', message: prepared.message, retryAfterMs: SECRET_RETRY_MS };
  const started = await ports.shell.start(context.target, prepared.attempt, context.signal);
  if (started.kind === 'refused') return { kind: 'failed', failure: { kind: 'unreachable', message: started.message } };
  const detail = 'the script was interrupted and runs once more';
  return { kind: 'running', detail, retryAfterMs: 'retryAfterMs' in started ? started.retryAfterMs : longestPauseMs(context.target) };
}

/** Looks at a script, and a second time after a moment, because most end at once. */
async function settled(ports: ActionPorts, context: Context, part: 'script' | 'again'): Promise<ScriptState> {
  const name = partName(context, part);
  const state = await ports.shell.look(context.target, name, context.signal);
  if (state.kind !== 'running') return state;
  await ports.clock.sleep(firstPauseMs(context.target), context.signal);
  return await ports.shell.look(context.target, name, context.signal);
}

function polled(context: Context, state: Exclude<ScriptState, { kind: 'lost' | 'absent' }>): PollOutcome {
  switch (state.kind) {
    case 'running':
      return { kind: 'running', retryAfterMs: longestPauseMs(context.target) };
    case 'unreachable':
      return unanswered(state);
    case 'ended': {
      // What it printed is read again by verify: only there it passes the redactor before it is stored.
      if (state.exitCode === 0 && !state.timedOut) return { kind: 'ended_well', result: { exit_code: 0 } };
      const result = resultOf(state);
      if (state.timedOut) return { kind: 'failed', failure: { kind: 'timed_out', message: 'the script ran into its timeout' }, result };
      const message = `${context.stopAsked === true ? `${STOPPED}: it` : 'the script'} ended with exit code ${state.exitCode}`;
      return { kind: 'failed', failure: { kind: 'script', message, exitCode: state.exitCode }, result };
    }
  }
}

async function verify(ports: ActionPorts, context: Context, ended: JsonObject | undefined): Promise<VerifyOutcome> {
  let state = await ports.shell.look(context.target, partName(context, 'script'), context.signal);
  if (state.kind === 'lost' || state.kind === 'absent') {
    state = await ports.shell.look(context.target, partName(context, 'again'), context.signal);
  }
  if (state.kind === 'unreachable') return unanswered(state);
  if (state.kind === 'ended' && state.exitCode === 0) return { kind: 'succeeded', result: resultOf(state) };
  // The end is stored, the output is gone with its worker: `truncated` keeps expressions from reading the empty text as the output.
  if (ended?.['exit_code'] === 0) return { kind: 'succeeded', result: { ...NOTHING_RUN, truncated: true } };
  if (context.input.effect !== 'guarded') return { kind: 'not_yet', message: NO_END, retryAfterMs: UNANSWERED_MS };
  const done = await isDone(ports, context, 'now');
  if (done === true) return { kind: 'succeeded', result: { ...NOTHING_RUN, truncated: true } };
  if (done === false) return { kind: 'not_yet', message: 'done_when does not hold', retryAfterMs: UNANSWERED_MS };
  return done.kind === 'unanswered' ? done : { kind: 'not_yet', message: done.failure.message, retryAfterMs: UNANSWERED_MS };
}

/** TERM, and KILL 30 seconds later, to what runs of this attempt. */
async function stop(ports: ActionPorts, context: Context): Promise<void> {
  for (const part of ['script', 'again'] as const) await ports.shell.stop(context.target, partName(context, part), context.signal);
}

/** Removes what this attempt left at the machine, once its end is stored. */
async function cleanup(ports: ActionPorts, context: Context): Promise<void> {
  for (const part of ['script', 'again'] as const) {
    const name = partName(context, part);
    const state = await ports.shell.look(context.target, name, context.signal);
    if (state.kind === 'ended' || state.kind === 'lost') await ports.shell.remove(context.target, name, context.signal);
    if (state.kind === 'ended' || state.kind === 'absent') return;
  }
}

/** Whether `done_when` says that the work is done; or why that is not known. */
async function isDone(ports: ActionPorts, context: Context, part: 'pre' | 'now'): Promise<boolean | Failed | Unanswered> {
  const prepared = await prepareScript(ports, context, part);
  if (prepared.kind === 'unavailable') return { kind: 'unanswered', message: prepared.message, retryAfterMs: SECRET_RETRY_MS };
  const answer = await askScript(ports, { target: context.target, attempt: prepared.attempt, signal: context.signal });
  if (answer.kind !== 'ended') return answer;
  return answer.timedOut
    ? { kind: 'failed', failure: { kind: 'timed_out', message: 'done_when ran into the timeout of the step' } }
    : answer.exitCode === 0;
}

const STOPPED = 'the script was stopped with its run';
const NO_END = 'the script was started, and how it ended cannot be found';
const NOTHING_RUN = { stdout: '', stderr: '', exit_code: 0 } as const;

function interrupted(): Failed {
  return {
    kind: 'failed',
    failure: { kind: 'script', message: 'the script was interrupted before its end: the machine restarted, or it was killed' },
  };
}

function resultOf(state: Extract<ScriptState, { kind: 'ended' }>): JsonObject {
  const { stdout, stderr, exitCode, truncated } = state;
  return { stdout, stderr, exit_code: exitCode, ...(truncated ? { truncated } : {}) };
}

function unanswered(state: Extract<ScriptState, { kind: 'unreachable' }>): Unanswered {
  return { kind: 'unanswered', message: state.message, retryAfterMs: state.retryAfterMs };
}
