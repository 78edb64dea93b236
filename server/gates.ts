import { RunwardError } from '../engine/errors.ts';
import type { GateVerdict } from '../engine/gates/approve.ts';
import type { JsonObject } from '../engine/json.ts';
import { checkMap } from '../engine/language/input-values.ts';
import type { Step } from '../engine/language/runbook.ts';
import type { Command } from '../engine/run/command.ts';
import type { StepRecord } from '../engine/run/record.ts';
import type { RunState } from '../engine/run/run-state.ts';
import { timeText } from '../engine/run/summary.ts';
import { notReady } from '../engine/run/readiness.ts';
import { stepsById } from '../engine/run/waiting.ts';
import type { ServerContext } from './context.ts';
import { inputSchema } from './input-schema.ts';
import type { Caller } from './identify.ts';
import type { RunView } from './run-view.ts';
import { readRun } from './run-view.ts';

const MAY_WAIT: readonly RunState[] = ['running', 'waiting', 'paused'];
const RUNS_MAX = 200;

type Form = NonNullable<Extract<Command, { readonly kind: 'approve' }>['form']>;

/** A gate or a manual step that a run waits at. */
export interface OpenGate {
  readonly view: RunView;
  readonly step: Step & { readonly body: { readonly kind: 'approval' | 'manual' } };
  readonly record: StepRecord;
}

/** Every gate that waits for a person, in runs that the caller may see; the nearest deadline first. */
export async function openGates(context: ServerContext, caller: Caller): Promise<readonly OpenGate[]> {
  const runs = await context.ports.store.listRuns({ limit: RUNS_MAX, states: MAY_WAIT });
  const gates: OpenGate[] = [];
  for (const run of runs) {
    const view = await readRun(context, caller, run.runId).catch(onlyUnseen);
    if (view !== undefined) gates.push(...gatesOf(view));
  }
  return gates.toSorted((left, right) => (left.record.deadlineAtMs ?? Infinity) - (right.record.deadlineAtMs ?? Infinity));
}

/** Run and step of an approval's id, `<run number>.<step path>`. */
export function gatePlace(id: string): { readonly run: string; readonly step: string } {
  const dot = id.indexOf('.');
  return { run: id.slice(0, dot), step: id.slice(dot + 1) };
}

/** The gate that a run waits at. Throws NOT_FOUND_APPROVAL when it does not wait there, and CONFLICT_STATE when another kind of answer is asked. */
export function gateAt(view: RunView, path: string, kind?: 'approval' | 'manual'): OpenGate {
  const gate = gatesOf(view).find(({ record }) => record.path === path);
  if (gate === undefined)
    throw new RunwardError('NOT_FOUND_APPROVAL', `run ${view.stored.run.number} does not wait for a person at ${path}`);
  if (kind === undefined || gate.step.body.kind === kind) return gate;
  const hint = kind === 'manual' ? 'is an approval: approve or deny it' : 'is a manual step: report it as done or not done';
  throw new RunwardError('CONFLICT_STATE', `${path} ${hint}`);
}

/** A gate as the API shows it. */
export function gateView({ view, step, record }: OpenGate, verdict: GateVerdict) {
  const { run } = view.stored;
  const { body } = step;
  return {
    apiVersion: 'runward/v1' as const,
    kind: 'Approval' as const,
    id: `${run.number}.${record.path}`,
    run: {
      id: run.runId,
      number: run.number,
      runbook: run.runbook,
      title: run.title,
      requester: run.requester.name,
      ...(run.reasonGiven === undefined ? {} : { reason: run.reasonGiven }),
      ...(run.outageAtMs === undefined ? {} : { outageAt: timeText(run.outageAtMs) }),
    },
    step: record.path,
    stepKey: record.key,
    asks: body.kind,
    message: record.message ?? (body.kind === 'approval' ? body.message : body.instructions),
    by: body.by,
    need: body.kind === 'approval' ? body.need : 1,
    form: inputSchema(body.form),
    decisions: (record.decisions ?? []).map(decisionView),
    notReady: body.kind === 'approval' ? failedChecks(view) : [],
    ...(record.deadlineAtMs === undefined ? {} : { deadline: timeText(record.deadlineAtMs) }),
    planHash: run.planHash,
    severity: view.plan.severity,
    environment: run.environment,
    mayDecide: verdict.kind === 'allowed',
    ...(verdict.kind === 'allowed' ? {} : { whyNot: verdict.message }),
  };
}

/** Readiness checks of a run that failed and that nobody has waived. */
export function failedChecks({ plan, stored }: RunView): ReturnType<typeof notReady> {
  return notReady(plan, { run: stored.run, steps: new Map(stored.steps.map((record) => [record.path, record])) });
}

function gatesOf(view: RunView): readonly OpenGate[] {
  const steps = stepsById(view.plan.definition);
  return view.stored.steps.flatMap((record) => {
    const step = record.node === 'person' && record.state === 'ready' ? steps.get(record.stepId) : undefined;
    return step !== undefined && isGate(step) ? [{ view, step, record }] : [];
  });
}

function isGate(step: Step): step is OpenGate['step'] {
  return step.body.kind === 'approval' || step.body.kind === 'manual';
}

function decisionView(decision: NonNullable<StepRecord['decisions']>[number]) {
  return {
    by: decision.by.name,
    answer: decision.answer,
    at: timeText(decision.atMs),
    ...(decision.reason === undefined ? {} : { reason: decision.reason }),
    ...(decision.waive === undefined ? {} : { waive: decision.waive }),
  };
}

function onlyUnseen(error: unknown): undefined {
  if (error instanceof RunwardError && error.code === 'NOT_FOUND_RUN') return undefined;
  throw error;
}

/**
 * The fields of an answer in stored form, with defaults; a yes must bring all of them, a no may bring none.
 * Throws USAGE_BODY with a pointer to every field that does not fit.
 */
export function formFor(
  view: RunView,
  path: string,
  given: { readonly form?: object | undefined; readonly yes: boolean },
): { readonly form?: Form } {
  const record = view.stored.steps.find((one) => one.path === path);
  const step = record === undefined ? undefined : stepsById(view.plan.definition).get(record.stepId);
  if (step === undefined || !isGate(step) || (given.form === undefined && !given.yes)) return {};
  const checked = checkMap(step.body.form, (given.form ?? {}) as JsonObject, '/form');
  if (checked.ok) return Object.keys(step.body.form).length === 0 ? {} : { form: checked.value as Form };
  const errors = checked.problems.map(({ pointer, reason, bounds }) => ({ pointer, code: 'form', message: `${reason} (${bounds})` }));
  const text = errors.map(({ pointer, message }) => `${pointer}: ${message}`).join('; ');
  throw new RunwardError('USAGE_BODY', `the form of ${path} does not fit: ${text}`, { errors });
}
