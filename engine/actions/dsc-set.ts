import { z } from 'zod';
import { RUN_COMMAND_RIGHTS } from '../azure-rights.ts';
import type { Configuration } from '../dsc/document.ts';
import { readEvidence, verdictOf } from '../dsc/evidence.ts';
import { parameterDigest } from '../dsc/parameter-digest.ts';
import { differingIn, type PlannedSet, planSets, setPlanHash, staleSince } from '../dsc/set-plan.ts';
import { readSetAnswer, setScript, type SetAnswer } from '../dsc/set-script.ts';
import type { Differing } from '../dsc/setting.ts';
import { assert } from '../errors.ts';
import { attemptName } from '../ids.ts';
import type { JsonObject } from '../json.ts';
import { QUIET_MS, SET_SCRIPT_MS } from '../limits.ts';
import type { ScriptState } from '../ports.ts';
import type { Target } from '../target.ts';
import { storedText } from '../values.ts';
import {
  type ActionContext,
  type ActionPorts,
  effectAction,
  type Failed,
  type FindOutcome,
  type PollOutcome,
  type PrecheckOutcome,
  type SubmitOutcome,
  type Success,
  type Unanswered,
  type VerifyOutcome,
} from './action.ts';
import { checkOf, documentInput, failed, observe, type Observed, parametersInput, subjectOf, verdictSentence } from './dsc-observe.ts';
import { recordDrift } from './dsc-record.ts';
import { firstPauseMs, longestPauseMs } from './script-attempt.ts';
import { ownEnv } from './script-input.ts';

const input = z.strictObject({
  document: documentInput,
  parameters: parametersInput,
  plan: z
    .string()
    .regex(/^sha256:[0-9a-f]{64}$/, 'must be the `evidence` of a dsc.test step')
    .optional()
    .describe('The `evidence` of a dsc.test step: a machine that differs otherwise than then is not touched (`stale_plan`)'),
  what_if: z.boolean().default(false).describe('Only says what would be done: `changed_instances` and `plan_hash`'),
  max_changes: z.number().int().min(1).max(500).default(20).describe('More instances than this, and nothing is changed'),
});

type Context = ActionContext<z.infer<typeof input>>;

/**
 * Brings one machine to its configuration document with one script, and believes it only when a check that follows says so. What is
 * unknown is never touched; doing it again changes nothing.
 */
export const dscSet = effectAction<z.infer<typeof input>>({
  name: 'dsc.set@1',
  summary: 'Bring a machine to its configuration document',
  effect: 'guarded',
  severity: 'moderate',
  target: 'machine',
  input,
  result: {
    plan_hash: 'string',
    changed_instances: { list: 'string' },
    restart_required: { list: 'string' },
    before: 'string',
    after: 'string',
    changed: 'bool',
    adopted: 'bool',
    job: 'string',
  },
  timeoutMs: 900_000,
  permissions: RUN_COMMAND_RIGHTS,
  quietMs: QUIET_MS,
  precheck,
  submit,
  find,
  poll,
  verify,
  record: recordDrift,
  cleanup: async (ports, context) => await ports.shell.remove(context.target, scriptName(context), context.signal),
});

async function precheck(ports: ActionPorts, context: Context): Promise<PrecheckOutcome> {
  const subject = subjectOf(context, 'a set');
  if ('kind' in subject) return subject;
  const { target, configuration } = subject;
  const observed = await observe(ports, context, { ...subject, phase: 'before' });
  if (observed.kind !== 'observed') return observed;
  const check = checkOf(observed, { part: 'before' });
  const { verdict } = observed;
  const differing = differingIn(verdict);
  const stale = await whyStale(ports, context, { target, configuration, observed });
  if (stale !== undefined) return { ...failed('stale_plan', stale), check };
  if (differing.size === 0) return nothingToDo(target, observed);

  const sets = planSets(configuration, differing);
  const refused = whyRefused(context, { target, observed, sets });
  if (refused !== undefined) return { ...failed('target', refused), check };
  const planHash = setPlanHash(sets, ports.ids.sha256);
  const does = { plan_hash: planHash, evidence: `sha256:${observed.evidenceId}`, commands: summaries(sets) };
  const observations = [
    { at: ports.clock.nowMs(), what: 'Before the set', data: { drifted: verdict.drifted, unknown: verdict.unknown, ...does } },
  ];
  if (context.input.what_if) {
    const would = settable(sets).map(({ id }) => id);
    return { kind: 'succeeded', result: resultOf(observed, { planHash, instances: would, changed: false }), observations, check };
  }
  return {
    kind: 'proceed',
    before: { plan_hash: planHash, evidence: observed.evidenceId, differing: written(differing) },
    observations,
    check,
  };
}

/** Why the plan of the step no longer holds; undefined when it does, and when there is none. */
async function whyStale(
  ports: Pick<ActionPorts, 'store' | 'ids'>,
  { input: { plan } }: Context,
  now: { readonly target: Target; readonly configuration: Configuration; readonly observed: Observed },
): Promise<string | undefined> {
  if (plan === undefined) return undefined;
  const text = await ports.store.readDriftText(plan.slice('sha256:'.length));
  if (text === undefined) return `the check ${plan.slice(0, 15)}… that this set was planned from is not kept any more: check again`;
  const evidence = readEvidence(text);
  const { target, configuration, observed } = now;
  if (evidence.parameters !== parameterDigest(configuration, ports.ids.sha256))
    return 'the check that this set was planned from was made with other parameters: nothing of what it found was about these';
  if (evidence.target.id.toLowerCase() !== target.id.toLowerCase())
    return `the check that this set was planned from is one of ${evidence.target.name}, not of ${target.name}`;
  if (!evidence.sealed) return 'the check that this set was planned from came through a broken stream: check again';
  const { evaluatedAt, inputs } = observed.verdict;
  const planned = verdictOf(evidence, { configuration, evaluatedAt, inputs, sha256: ports.ids.sha256 });
  const difference = staleSince(planned, observed.verdict);
  return difference === undefined ? undefined : `${target.name} is not as it was when this set was planned; ${difference}`;
}

/** Why nothing is done although something differs; undefined when it is done. */
function whyRefused(
  { input: { max_changes: max } }: Context,
  seen: { readonly target: Target; readonly observed: Observed; readonly sets: readonly PlannedSet[] },
): string | undefined {
  const { target, observed, sets } = seen;
  const { length } = settable(sets);
  if (!observed.verdict.sealed) return `${target.name} did not answer completely: nothing was changed`;
  if (length === 0) return `nothing of what differs at ${target.name} can be set: ${cannotText(sets)}`;
  return length > max ? `${length} instances of ${target.name} would change, and max_changes is ${max}: nothing was changed` : undefined;
}

function nothingToDo(target: Target, observed: Observed): Success | Failed {
  const check = checkOf(observed);
  const { verdict } = observed;
  if (verdict.status === 'unknown') return { ...failed('target', `${verdictSentence(target, verdict)}: nothing was changed`), check };
  return { kind: 'succeeded', result: resultOf(observed, { planHash: '', instances: [], changed: false }), check };
}

async function submit(ports: ActionPorts, context: Context): Promise<SubmitOutcome> {
  const subject = subjectOf(context, 'a set');
  if ('kind' in subject) return { kind: 'refused', failure: subject.failure };
  const name = scriptName(context);
  const attempt = {
    name,
    shell: 'sh',
    script: setScript(plannedBefore(subject.configuration, context), nonceOf(ports, context)),
    env: ownEnv(context),
    secretNames: [],
    timeoutMs: SET_SCRIPT_MS,
  } as const;
  const started = await ports.shell.start(context.target, attempt, context.signal);
  switch (started.kind) {
    case 'accepted':
      return { kind: 'accepted', handle: { name, ...(started.opUrl === undefined ? {} : { opUrl: started.opUrl }) } };
    case 'refused':
      return { kind: 'refused', failure: { kind: 'unreachable', message: started.message } };
    case 'not_sent':
    case 'throttled':
    case 'ambiguous':
      return started;
  }
}

/** The name at the target tells; where there are no names, the machine itself does: as desired, or the same script may run once more. */
async function find(ports: ActionPorts, context: Context): Promise<FindOutcome> {
  const name = scriptName(context);
  const state = await ports.shell.look(context.target, name, context.signal);
  if (state.kind === 'unreachable') return unanswered(state);
  if (state.kind !== 'absent') return { kind: 'found', handle: { name } };
  if (context.target?.via !== 'local') return { kind: 'absent' };
  const subject = subjectOf(context, 'a set');
  if ('kind' in subject) return { kind: 'unclear', message: subject.failure.message, candidates: [] };
  const observed = await observe(ports, context, { ...subject, phase: 'found' });
  if (observed.kind === 'unanswered') return observed;
  if (observed.kind === 'failed') return { kind: 'unclear', message: observed.failure.message, candidates: [] };
  const planned = new Set(plannedBefore(subject.configuration, context).map(({ id }) => id));
  const left = observed.verdict.resources.some(({ id, status }) => planned.has(id) && status !== 'compliant');
  return { kind: left ? 'absent' : 'reached' };
}

/** However the script ended, the machine is looked at. */
async function poll(ports: ActionPorts, context: Context): Promise<PollOutcome> {
  const name = scriptName(context);
  let state = await ports.shell.look(context.target, name, context.signal);
  if (state.kind === 'running') {
    await ports.clock.sleep(firstPauseMs(context.target), context.signal);
    state = await ports.shell.look(context.target, name, context.signal);
  }
  switch (state.kind) {
    case 'running':
      return { kind: 'running', retryAfterMs: longestPauseMs(context.target) };
    case 'unreachable':
      return unanswered(state);
    case 'ended':
      return { kind: 'ended_well' };
    case 'lost':
    case 'absent':
      return { kind: 'gone' };
  }
}

/** A full check decides. What the script said only explains why something is not as desired. */
async function verify(ports: ActionPorts, context: Context): Promise<VerifyOutcome> {
  const subject = subjectOf(context, 'a set');
  if ('kind' in subject) return subject;
  const state = await ports.shell.look(context.target, scriptName(context), context.signal);
  if (state.kind === 'unreachable') return unanswered(state);
  const observed = await observe(ports, context, { ...subject, phase: 'after' });
  if (observed.kind !== 'observed') return observed;

  const sets = plannedBefore(subject.configuration, context);
  const compliant = new Set(observed.verdict.resources.filter(({ status }) => status === 'compliant').map(({ id }) => id));
  const instances = sets.map(({ id }) => id).filter((id) => compliant.has(id));
  const answer = state.kind === 'ended' ? readSetAnswer(state.stdout, nonceOf(ports, context)) : undefined;
  const planHash = storedText(context.before?.['plan_hash']);
  const before = `sha256:${storedText(context.before?.['evidence'])}`;
  const restart = answer?.restart === true ? ['system'] : [];
  const result = {
    ...resultOf(observed, { planHash, instances, changed: true }),
    before,
    restart_required: restart,
    job: scriptName(context),
  };
  const { status, drifted, unknown } = observed.verdict;
  const data = { status, drifted, unknown, changed_instances: instances, plan_hash: planHash, before, after: result.after };
  const check = checkOf(observed, { set: sets.map(({ id }) => id) });
  const facts = { observations: [{ at: ports.clock.nowMs(), what: 'After the set', data }], check, result };
  if (status === 'compliant' || status === 'notApplicable') return { kind: 'succeeded', ...facts };
  const why = whyNot(
    sets.filter(({ id }) => !compliant.has(id)),
    { state, answer },
  );
  return { ...failed('verify', `${verdictSentence(subject.target, observed.verdict)}${why}`), ...facts };
}

/** What the script says of instances that are not as desired after it. */
function whyNot(
  sets: readonly PlannedSet[],
  { state, answer }: { readonly state: ScriptState; readonly answer: SetAnswer | undefined },
): string {
  if (state.kind === 'ended' && state.timedOut) return '; the set ran into its time limit';
  if (answer?.complete !== true) return '; how the set ended is not known';
  const said = sets.flatMap(({ id, number }) => (answer.said.has(number) ? [`${id}: ${answer.said.get(number) ?? ''}`] : []));
  const cannot = cannotText(sets);
  return [...said, ...(cannot === '' ? [] : [cannot])]
    .map((text) => `; ${text}`)
    .join('')
    .slice(0, 1000);
}

function plannedBefore(configuration: Configuration, { before }: Context): readonly PlannedSet[] {
  assert(before !== undefined, 'a set is sent after its precheck');
  const differing = (before['differing'] ?? {}) as Readonly<Record<string, Readonly<Record<string, never>>>>;
  return planSets(configuration, new Map(Object.entries(differing).map(([id, paths]) => [id, new Map(Object.entries(paths))])));
}

function written(differing: ReadonlyMap<string, Differing>): JsonObject {
  return Object.fromEntries([...differing].map(([id, paths]) => [id, Object.fromEntries(paths)]));
}

function settable(sets: readonly PlannedSet[]): readonly PlannedSet[] {
  return sets.filter(({ commands }) => commands.length > 0);
}

function summaries(sets: readonly PlannedSet[]): readonly string[] {
  return sets.flatMap(({ commands }) => commands.map(({ summary }) => summary));
}

function cannotText(sets: readonly PlannedSet[]): string {
  return sets.flatMap(({ id, cannot }) => cannot.map(({ path, why }) => `${id}${path} cannot be set: ${why}`)).join('; ');
}

function resultOf(
  { evidenceId }: Observed,
  done: { readonly planHash: string; readonly instances: readonly string[]; readonly changed: boolean },
) {
  const evidence = `sha256:${evidenceId}`;
  return {
    plan_hash: done.planHash,
    changed_instances: done.instances,
    restart_required: [] as readonly string[],
    before: evidence,
    after: evidence,
    changed: done.changed,
    job: '',
  };
}

function scriptName(context: Context): string {
  return `${attemptName(context.stepKey, context.attempt)}-set`;
}

/** The same for every look at this attempt, and for nothing else. */
function nonceOf({ ids }: Pick<ActionPorts, 'ids'>, context: Context): string {
  return ids.sha256(`${scriptName(context)}\n${storedText(context.before?.['plan_hash'])}`).slice(0, 32);
}

function unanswered(state: Extract<ScriptState, { kind: 'unreachable' }>): Unanswered {
  return { kind: 'unanswered', message: state.message, retryAfterMs: state.retryAfterMs };
}
