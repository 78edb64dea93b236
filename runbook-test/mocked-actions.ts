import {
  type Action,
  type ActionContext,
  type ActionPorts,
  type EffectAction,
  type Failed,
  type PollOutcome,
  type PrecheckOutcome,
  type ReadAction,
  type Success,
} from '../engine/actions/action.ts';
import { actions } from '../engine/actions/registry.ts';
import { scriptAction } from '../engine/actions/script-run.ts';
import type { JsonObject, JsonValue } from '../engine/json.ts';
import { emptyValue } from '../engine/language/mock-values.ts';
import type { Mock } from '../engine/language/runbook-test.ts';
import type { Engine } from '../engine/run/turn.ts';
import type { Target } from '../engine/target.ts';
import { producedMachine } from './machines.ts';

/** Tells which mock answers for an attempt; undefined: the step succeeds at once. */
export interface MockBook {
  readonly mockFor: (context: ActionContext<never>) => Mock | undefined;
  readonly environment: string;
}

type Context = ActionContext<never>;

/** 128 and the number of TERM. */
const STOPPED_EXIT = 143;

/** What the mocked targets know: when the work of an attempt began, in milliseconds since 1970. */
type Work = Map<string, number>;

/** Every action of the product with its own contract, class and times, answering from the mocks of a case. */
export function mockedActions(book: MockBook): Pick<Engine, 'actions' | 'script'> {
  const work: Work = new Map();
  const mocked = (action: Action): Action => (action.effect === 'read' ? mockedRead(action, book) : mockedEffect(action, book, work));
  return {
    actions: new Map([...actions].map(([name, action]) => [name, mocked(action)])),
    script: (effect, via) => mocked(scriptAction(effect, via)),
  };
}

function mockedRead(action: ReadAction, book: MockBook): ReadAction {
  const { record: _, ...rest } = action;
  return {
    ...rest,
    read: async (ports, context) => {
      const mock = book.mockFor(context);
      await ports.clock.sleep(durationMs(mock), context.signal);
      if (context.signal.aborted) return failed('timed_out', 'the test says that it takes longer');
      return ending(action, { mock, context, book, nowMs: ports.clock.nowMs() });
    },
  };
}

function mockedEffect(action: EffectAction, book: MockBook, work: Work): EffectAction {
  const { cleanup: _, ...rest } = action;
  return {
    ...rest,
    ...(action.stop === undefined ? {} : { stop: () => Promise.resolve() }),
    precheck: async (ports, context): Promise<PrecheckOutcome> => {
      const mock = book.mockFor(context);
      if (mock?.kind !== 'unreachable' && mock?.kind !== 'already_done') return { kind: 'proceed' };
      await ports.clock.sleep(durationMs(mock), context.signal);
      return ending(action, { mock, context, book, nowMs: ports.clock.nowMs() });
    },
    submit: async (ports, context) => {
      work.set(nameOf(context), ports.clock.nowMs());
      const mock = book.mockFor(context);
      return mock?.kind === 'unknown'
        ? { kind: 'ambiguous', message: 'the test says that the answer was lost' }
        : { kind: 'accepted', handle: { jobId: nameOf(context) } };
    },
    find: async (_ports, context) => {
      if (book.mockFor(context)?.kind === 'unknown')
        return { kind: 'unclear', message: 'the test says that nobody can tell whether it happened', candidates: [] };
      return work.has(nameOf(context)) ? { kind: 'found', handle: { jobId: nameOf(context) } } : { kind: 'absent' };
    },
    poll: (ports, context) => polled(action, { ports, context, book, startedAtMs: work.get(nameOf(context)) ?? 0 }),
    verify: async (ports, context) => {
      const mock = book.mockFor(context);
      return succeeded(action, { mock, context, book, nowMs: ports.clock.nowMs() });
    },
  };
}

async function polled(
  action: EffectAction,
  at: { readonly ports: ActionPorts; readonly context: Context; readonly book: MockBook; readonly startedAtMs: number },
): Promise<PollOutcome> {
  const { context, book } = at;
  const mock = book.mockFor(context);
  const nowMs = at.ports.clock.nowMs();
  const timeoutMs = scriptTimeoutMs(context);
  if (context.stopAsked === true)
    return { kind: 'failed', failure: { kind: 'script', message: 'the script was stopped with its run', exitCode: STOPPED_EXIT } };
  const endsMs = at.startedAtMs + Math.min(durationMs(mock), timeoutMs);
  if (nowMs < endsMs) return { kind: 'running', retryAfterMs: endsMs - nowMs };
  if (durationMs(mock) > timeoutMs) return { kind: 'failed', failure: { kind: 'timed_out', message: 'the script ran into its timeout' } };
  const outcome = ending(action, { mock, context, book, nowMs });
  return outcome.kind === 'succeeded' ? { kind: 'ended_well' } : outcome;
}

interface Answering {
  readonly mock: Mock | undefined;
  readonly context: Context;
  readonly book: MockBook;
  readonly nowMs: number;
}

function ending(action: Action, at: Answering): Success | Failed {
  const { mock } = at;
  const isScript = action.name.startsWith('script.');
  if (mock?.kind === 'unreachable') return failed('unreachable', 'the test says that the machine cannot be reached');
  if (mock?.kind === 'fail') {
    const { kind, message, exitCode } = mock.failure;
    const given = isScript ? { exit_code: exitCode ?? 1, ...mock.result } : mock.result;
    const result = Object.keys(given).length === 0 ? {} : { result: { ...blankResult(action, at), ...changedBy(action, mock), ...given } };
    return {
      kind: 'failed',
      failure: {
        kind: kind ?? (isScript ? 'script' : 'target'),
        message: message ?? 'the test says that it fails',
        ...(isScript ? { exitCode: exitCode ?? 1 } : {}),
      },
      ...result,
    };
  }
  const success = succeeded(action, at);
  const why = doubtIn(success.result, at.context);
  return why === undefined ? success : { ...why, result: success.result };
}

function succeeded(action: Action, at: Answering): Success {
  const { mock, book } = at;
  const given = mock?.kind === 'answer' || mock?.kind === 'already_done' ? mock.result : {};
  const produced = mock?.kind === 'answer' ? mock.produced.map((entry): Target => producedMachine(entry, book.environment)) : [];
  return {
    kind: 'succeeded',
    result: { ...blankResult(action, at), ...changedBy(action, mock), ...given },
    ...(action.produces === true ? { produced } : {}),
  };
}

// A change that was sent counts as made, also where it failed: only a mock can say otherwise.
function changedBy(action: Action, mock: Mock | undefined): JsonObject {
  return action.effect === 'read' || !('changed' in action.result) ? {} : { changed: mock?.kind !== 'already_done' };
}

/** Fields that are the verdict of a check: a check that does not hold has failed, as the action itself would say. */
const VERDICTS = ['ok', 'open', 'isolated', 'same'];

function blankResult(action: Action, { nowMs }: Answering): JsonObject {
  const fields = Object.entries(action.result).map(([name, type]): readonly [string, JsonValue] =>
    VERDICTS.includes(name) ? [name, true] : [name, emptyValue(type, nowMs)],
  );
  return Object.fromEntries(fields);
}

function doubtIn(result: JsonObject, context: Context): Failed | undefined {
  const code = result['exit_code'];
  if (typeof code === 'number' && code !== 0)
    return { kind: 'failed', failure: { kind: 'script', message: `the script ended with exit code ${code}`, exitCode: code } };
  const verdict = VERDICTS.find((name) => result[name] === false);
  if (verdict !== undefined) return failed('target', `${verdict} is false`);
  const failOn = (context.input as { readonly fail_on?: readonly string[] }).fail_on ?? [];
  const status = result['status'];
  return typeof status === 'string' && failOn.includes(status) ? failed('target', `the status is ${status}`) : undefined;
}

function failed(kind: Failed['failure']['kind'], message: string): Failed {
  return { kind: 'failed', failure: { kind, message } };
}

function durationMs(mock: Mock | undefined): number {
  return mock?.durationMs ?? 0;
}

// Only scripts carry their time-out in their input: they are killed at its end.
function scriptTimeoutMs(context: Context): number {
  const { timeoutMs } = context.input as { readonly timeoutMs?: number };
  return timeoutMs ?? Infinity;
}

function nameOf({ stepKey, attempt }: Context): string {
  return `${stepKey}.${attempt}`;
}
