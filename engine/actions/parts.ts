import type { AzureOperation } from '../azure-operations.ts';
import type { JsonObject } from '../json.ts';
import { QUIET_MS, VERIFY_POLL_MS } from '../limits.ts';
import type { Observation } from '../ports.ts';
import type { Target } from '../target.ts';
import type {
  ActionContext,
  ActionPorts,
  EffectAction,
  Failed,
  FindOutcome,
  Handle,
  PollOutcome,
  PrecheckOutcome,
  SubmitOutcome,
  Success,
  Unanswered,
  VerifyOutcome,
} from './action.ts';
import { failed, guardedSubmit } from './azure-answer.ts';
import { pacedMs } from './pace.ts';

/** Where one request of several stands, read from its target. `known` adds to what the parts after it may use. */
export type PartState =
  | { readonly kind: 'done'; readonly known?: JsonObject; readonly observations?: readonly Observation[] }
  | { readonly kind: 'todo'; readonly known?: JsonObject }
  | { readonly kind: 'running'; readonly handle: Handle; readonly message: string; readonly ours: boolean }
  | { readonly kind: 'unclear'; readonly message: string; readonly candidates: readonly string[] }
  /** `ours`: the work of our own request has ended like this. */
  | (Failed & { readonly ours?: true })
  | Unanswered;

/** One request of an action that needs several. */
export interface Part<Input> {
  /** For people and for the record: unique in its action. */
  readonly name: string;
  readonly look: (ports: ActionPorts, context: ActionContext<Input>, known: JsonObject) => Promise<PartState>;
  readonly operation: (context: ActionContext<Input>, known: JsonObject) => AzureOperation;
}

/** An action as a list of parts. What is known is kept in the record, so that it survives the machine it was read from. */
export interface PartedWork<Input> {
  readonly verb: string;
  /** How many parts may be under way at the same time; they are one after the other unless it says more. */
  readonly atOnce?: number;
  /** Milliseconds between two looks at a part that is under way. */
  readonly pollMs: number;
  /** Reads what the parts depend on, and refuses; asked once for an attempt. */
  readonly prepare: (
    ports: ActionPorts,
    context: ActionContext<Input>,
  ) => Promise<{ readonly kind: 'prepared'; readonly known: JsonObject } | Success | Failed | Unanswered>;
  readonly parts: (context: ActionContext<Input>, known: JsonObject) => readonly Part<Input>[];
  /** What exists although not all parts are done: machines that a cleanup can be given, should the others never be sent. */
  readonly unfinished?: (context: ActionContext<Input>, known: JsonObject) => readonly Target[];
  /** All parts are done: the result, as the target shows it. */
  readonly finish: (
    ports: ActionPorts,
    context: ActionContext<Input>,
    known: JsonObject,
  ) => Promise<Success | { readonly kind: 'not_yet'; readonly message: string } | Unanswered>;
}

/**
 * The questions of an action that needs several requests. Each request has an intent, a ticket and a request id of its own, and after
 * each the action begins again with its precheck: what is done is read from the targets, so a crash between two parts needs no memory.
 */
export function partedQuestions<Input>(
  work: PartedWork<Input>,
): Pick<EffectAction<Input>, 'quietMs' | 'precheck' | 'submit' | 'find' | 'poll' | 'verify'> {
  return {
    quietMs: QUIET_MS,
    precheck: (ports, context) => precheck(work, ports, context),
    submit: (ports, context) => submit(work, ports, context),
    find: (ports, context) => find(work, ports, context),
    poll: (ports, context, handle) => poll(work, ports, { context, handle }),
    verify: (ports, context) => verify(work, ports, context),
  };
}

interface Survey<Input> {
  readonly known: JsonObject;
  readonly observations: readonly Observation[];
  readonly todo: Part<Input> | undefined;
  readonly running: readonly { readonly part: Part<Input>; readonly state: Extract<PartState, { kind: 'running' }> }[];
}

/** Looks at the parts in order, as far as the work may have come. */
async function survey<Input>(
  work: PartedWork<Input>,
  ports: ActionPorts,
  at: { readonly context: ActionContext<Input>; readonly known: JsonObject },
): Promise<Survey<Input> | Failed | Unanswered | Extract<PartState, { kind: 'unclear' }>> {
  const { context } = at;
  let { known } = at;
  const observations: Observation[] = [];
  const running: { part: Part<Input>; state: Extract<PartState, { kind: 'running' }> }[] = [];
  let broken: Failed | undefined;
  for (const part of work.parts(context, known)) {
    const state = await part.look(ports, context, known);
    if (state.kind === 'unanswered' || state.kind === 'unclear') return state;
    if (state.kind === 'failed') {
      broken ??= state;
      continue;
    }
    if (state.kind === 'running') {
      running.push({ part, state });
      if (running.length >= (work.atOnce ?? 1)) break;
      continue;
    }
    known = { ...known, ...state.known };
    if (state.kind === 'todo') {
      if (broken === undefined) return { known, observations, todo: part, running };
      continue;
    }
    observations.push(...(state.observations ?? []));
  }
  // What is under way still ends by itself: a failure is definite only when nothing is.
  return broken !== undefined && running.length === 0 ? broken : { known, observations, todo: undefined, running };
}

async function precheck<Input>(work: PartedWork<Input>, ports: ActionPorts, context: ActionContext<Input>): Promise<PrecheckOutcome> {
  const given = context.before;
  const prepared = given === undefined ? await work.prepare(ports, context) : ({ kind: 'prepared', known: given } as const);
  if (prepared.kind !== 'prepared') return prepared;
  const seen = await survey(work, ports, { context, known: prepared.known });
  if ('kind' in seen) return seen.kind === 'unclear' ? failed('target', seen.message) : seen;
  const { known, observations } = seen;
  if (seen.todo !== undefined && seen.running.every(({ state }) => state.ours))
    return { kind: 'proceed', before: { ...known, part: seen.todo.name }, observations };
  const [first] = seen.running;
  if (first === undefined) {
    const outcome = await work.finish(ports, context, known);
    if (outcome.kind === 'not_yet') return { ...outcome, kind: 'unanswered', retryAfterMs: pacedMs(context, VERIFY_POLL_MS) };
    if (outcome.kind === 'unanswered') return outcome;
    return { ...outcome, result: { ...outcome.result, changed: known['changed'] === true } };
  }
  if (first.state.ours) return { kind: 'ours', handle: first.state.handle, observations };
  return { kind: 'unanswered', message: `waiting: ${first.state.message}`, retryAfterMs: pacedMs(context, work.pollMs) };
}

async function submit<Input>(work: PartedWork<Input>, ports: ActionPorts, context: ActionContext<Input>): Promise<SubmitOutcome> {
  const known = context.before ?? {};
  const part = currentPart(work, context);
  if (part === undefined) return { kind: 'refused', failure: { kind: 'target_missing', message: 'there is no part to send' } };
  const answer = await ports.azure.submit(part.operation(context, known), context.requestId, context.signal);
  const sorted = guardedSubmit(ports.clock.nowMs(), { verb: work.verb, target: part.name }, answer);
  // What exists under the name may be what our own earlier request has made: it is looked at.
  if (answer.kind === 'refused' && answer.reason === 'exists') return { kind: 'ambiguous', message: answer.message };
  return sorted;
}

async function find<Input>(work: PartedWork<Input>, ports: ActionPorts, context: ActionContext<Input>): Promise<FindOutcome> {
  const part = currentPart(work, context);
  if (part === undefined) return { kind: 'unclear', message: 'the part that was sent is not known', candidates: [] };
  const state = await part.look(ports, context, context.before ?? {});
  switch (state.kind) {
    case 'done':
      return { kind: 'reached' };
    case 'todo':
      return { kind: 'absent' };
    case 'running':
      if (state.ours) return { kind: 'found', handle: state.handle };
      return { kind: 'unclear', message: state.message, candidates: state.handle.jobId === undefined ? [] : [state.handle.jobId] };
    case 'failed':
      return state.ours === true ? state : { kind: 'unclear', message: state.failure.message, candidates: [] };
    case 'unclear':
    case 'unanswered':
      return state;
  }
}

async function poll<Input>(
  work: PartedWork<Input>,
  ports: ActionPorts,
  at: { readonly context: ActionContext<Input>; readonly handle: Handle },
): Promise<PollOutcome> {
  const { context, handle } = at;
  const seen = await survey(work, ports, { context, known: context.before ?? {} });
  if ('kind' in seen) return seen;
  const waits = seen.todo !== undefined && seen.todo.name === context.before?.['part'];
  const full = seen.running.length >= (work.atOnce ?? 1) || (seen.todo === undefined && seen.running.length > 0);
  if (!waits && !full) return { kind: 'ended_well' };
  const detail = seen.running[0]?.state.message ?? `${seen.todo?.name ?? 'the work'} has not begun`;
  if (handle.opUrl !== undefined) {
    const operation = await ports.azure.poll(handle, context.signal);
    if (operation.kind === 'failed') return failed('target', `${work.verb} failed: ${operation.message} (${operation.code})`);
  }
  return { kind: 'running', detail, retryAfterMs: pacedMs(context, work.pollMs) };
}

async function verify<Input>(work: PartedWork<Input>, ports: ActionPorts, context: ActionContext<Input>): Promise<VerifyOutcome> {
  const notYet = (message: string): VerifyOutcome => ({ kind: 'not_yet', message, retryAfterMs: pacedMs(context, VERIFY_POLL_MS) });
  const seen = await survey(work, ports, { context, known: context.before ?? {} });
  if ('kind' in seen) {
    if (seen.kind === 'unanswered') return seen;
    return notYet(seen.kind === 'failed' ? seen.failure.message : seen.message);
  }
  const { observations, todo } = seen;
  const known = { ...seen.known, changed: true };
  if (todo !== undefined && todo.name === context.before?.['part']) return notYet(`${todo.name} is not done`);
  if (todo !== undefined) {
    const produced = work.unfinished?.(context, known);
    return { kind: 'next', message: `next: ${todo.name}`, before: known, observations, ...(produced === undefined ? {} : { produced }) };
  }
  // Work under way contradicts nothing: it has the time of its step to end.
  const [first] = seen.running;
  if (first !== undefined) return { kind: 'unanswered', message: first.state.message, retryAfterMs: pacedMs(context, VERIFY_POLL_MS) };
  const outcome = await work.finish(ports, context, known);
  if (outcome.kind === 'not_yet') return notYet(outcome.message);
  if (outcome.kind === 'unanswered') return outcome;
  return { ...outcome, result: { ...outcome.result, changed: true }, observations: [...observations, ...(outcome.observations ?? [])] };
}

function currentPart<Input>(work: PartedWork<Input>, context: ActionContext<Input>): Part<Input> | undefined {
  const known = context.before ?? {};
  return work.parts(context, known).find(({ name }) => name === known['part']);
}
