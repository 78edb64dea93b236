import type { AzureReplicationItem } from '../azure-calls.ts';
import type { AzureOperation } from '../azure-operations.ts';
import type { JsonObject } from '../json.ts';
import { OTHER_WORK_POLL_MS, QUIET_MS } from '../limits.ts';
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
  Unanswered,
} from './action.ts';
import { findOwnJob, pollJob } from './asr-job.ts';
import { type MadeMachine, madeSoFar } from './asr-plan-made.ts';
import { grownPlan, type PlanState, planAllows, planRefusal, readPlan } from './asr-plan-state.ts';
import { failedRead, guardedSubmit, unansweredRead } from './azure-answer.ts';
import { pacedMs } from './pace.ts';

/** One way to change a recovery plan as a whole. Words are those of Site Recovery. */
export interface PlanChange<Input extends { readonly plan: string }> {
  /** For people, for example "test failover". */
  readonly verb: string;
  /** What the plan must allow. */
  readonly word: string;
  /** True for a machine that shows the change. */
  readonly shows: (item: AzureReplicationItem) => boolean;
  /** Whether every machine must allow it, or the plan alone: one machine of a drill may have been tested and another not. */
  readonly needs: 'every machine' | 'the plan';
  /** Whether a plan that shows the change already is a success without a change, or a reason to refuse. */
  readonly whenReached: 'succeed' | 'refuse';
  /** Whether other work on the plan is waited for, or a reason to refuse. */
  readonly whenBusy: 'wait' | 'refuse';
  /** What speaks against this request besides the plan's own words. */
  readonly refusal?: (ports: ActionPorts, context: ActionContext<Input>, state: PlanState) => Promise<Failed | Unanswered | undefined>;
  /** What is kept from before the request, so that verify can compare. */
  readonly before?: (ports: ActionPorts, context: ActionContext<Input>, state: PlanState) => Promise<JsonObject>;
  readonly operation: (input: Input) => AzureOperation;
  /** The machines that the change makes, when it makes some. */
  readonly made?: MadeMachine;
}

type Asked = 'quietMs' | 'precheck' | 'submit' | 'find' | 'poll';

/**
 * The questions that every change of a plan answers alike: the plan's words are the guard, and only the request id tells our job from
 * the three that each machine of the plan gets.
 */
export function planQuestions<Input extends { readonly plan: string }>(change: PlanChange<Input>): Pick<EffectAction<Input>, Asked> {
  return {
    quietMs: QUIET_MS,
    precheck: (ports, context) => precheck(change, ports, context),
    submit: (ports, context) => submit(change, ports, context),
    find: (ports, context) => find(change, ports, context),
    poll: (ports, context, handle) => poll(change, ports, { context, handle }),
  };
}

async function precheck<Input extends { readonly plan: string }>(
  change: PlanChange<Input>,
  ports: ActionPorts,
  context: ActionContext<Input>,
): Promise<PrecheckOutcome> {
  const read = await readPlan(ports, context.input.plan, context.signal);
  if (read.kind === 'problem') return failedRead(read.what, read.problem);
  const own = await findOwnJob(ports, context, read.plan);
  if (own.kind === 'unanswered') return own;
  if (own.kind === 'found') return { kind: 'ours', handle: { jobId: own.job.id } };
  const other = otherWork(change, context, read);
  if (other) return other;
  if (change.whenReached === 'succeed' && !read.plan.runningScenario && isReached(change, read)) {
    return { kind: 'succeeded', result: { changed: false, job: '' } };
  }
  // What only removes or confirms may meet more machines than were planned; what brings machines up may not.
  const grown = change.made === undefined ? undefined : grownPlan(read, context);
  const refusal = grown ?? planRefusal(read, change) ?? (await change.refusal?.(ports, context, read));
  return refusal ?? { kind: 'proceed', before: (await change.before?.(ports, context, read)) ?? {} };
}

async function submit<Input extends { readonly plan: string }>(
  change: PlanChange<Input>,
  ports: ActionPorts,
  { input, requestId, signal }: ActionContext<Input>,
): Promise<SubmitOutcome> {
  const answer = await ports.azure.submit(change.operation(input), requestId, signal);
  return guardedSubmit(ports.clock.nowMs(), { verb: change.verb, target: `plan ${input.plan.split('/').at(-1) ?? ''}` }, answer);
}

async function find<Input extends { readonly plan: string }>(
  change: PlanChange<Input>,
  ports: ActionPorts,
  context: ActionContext<Input>,
): Promise<FindOutcome> {
  const read = await readPlan(ports, context.input.plan, context.signal);
  if (read.kind === 'problem') return unansweredRead(read.what, read.problem);
  const own = await findOwnJob(ports, context, read.plan);
  if (own.kind === 'unanswered') return own;
  if (own.kind === 'found') return { kind: 'found', handle: { jobId: own.job.id } };
  const other = otherWork(change, context, read);
  if (other) return other;
  const { plan } = read;
  if (plan.runningScenario) {
    const candidates = plan.runningScenario.jobId === undefined ? [] : [plan.runningScenario.jobId];
    const message = `${plan.runningScenario.name} of plan ${plan.name} is under way and does not carry our request id`;
    return { kind: 'unclear', message, candidates };
  }
  if (isReached(change, read)) return { kind: 'reached' };
  if (planAllows(plan, change.word)) return { kind: 'absent' };
  return { kind: 'unclear', message: `plan ${plan.name} allows only ${plan.allowedOperations.join(', ') || 'nothing'}`, candidates: [] };
}

/** A plan's job that failed may have changed some of the machines: those are named, and what was made of them is there for later steps. */
async function poll<Input extends { readonly plan: string }>(
  change: PlanChange<Input>,
  ports: ActionPorts,
  given: { readonly context: ActionContext<Input>; readonly handle: Handle },
): Promise<PollOutcome> {
  const { context, handle } = given;
  const outcome = await pollJob(ports, context, handle);
  if (outcome.kind !== 'failed') return outcome;
  const read = await readPlan(ports, context.input.plan, context.signal);
  if (read.kind === 'problem') return unansweredRead(read.what, read.problem);
  const done = read.machines.filter(({ item }) => change.shows(item)).map(({ item }) => item.friendlyName);
  const left = read.machines.filter(({ item }) => !change.shows(item)).map(({ item }) => item.friendlyName);
  const part =
    done.length === 0 ? `no machine shows the ${change.verb}` : `${done.join(', ')} went through, ${left.join(', ') || 'none'} did not`;
  const produced = change.made === undefined ? [] : await madeSoFar(ports, read, { made: change.made, signal: context.signal });
  if ('kind' in produced) return produced;
  const observation = { at: ports.clock.nowMs(), what: `Plan after the ${change.verb}`, data: { done, left } };
  return {
    ...outcome,
    failure: { ...outcome.failure, message: `${outcome.failure.message}; ${part}` },
    ...(produced.length === 0 ? {} : { produced }),
    observations: [...(outcome.observations ?? []), observation],
  };
}

function isReached<Input extends { readonly plan: string }>(change: PlanChange<Input>, { machines }: PlanState): boolean {
  return machines.length > 0 && machines.every(({ item }) => change.shows(item));
}

function otherWork<Input extends { readonly plan: string }>(
  change: PlanChange<Input>,
  context: ActionContext<Input>,
  { plan, machines }: PlanState,
): Unanswered | undefined {
  const running = plan.runningScenario ?? machines.find(({ item }) => item.runningScenario !== undefined)?.item.runningScenario;
  if (change.whenBusy !== 'wait' || running === undefined) return undefined;
  const message = `waiting for ${running.name} of plan ${plan.name} to end`;
  return { kind: 'unanswered', message, retryAfterMs: pacedMs(context, OTHER_WORK_POLL_MS) };
}
