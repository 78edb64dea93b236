import { chainFacts } from '../audit/chain.ts';
import { follow } from '../edges.ts';
import type { RunId } from '../ids.ts';
import type { JsonObject } from '../json.ts';
import type { Ports } from '../ports.ts';
import type { EventDraft, Fence, TransitionAnswer, TransitionRequest } from '../store.ts';
import type { RunChange, StepChange } from './change.ts';
import type { RunFields, RunRecord, RunView, StepRecord } from './record.ts';
import { RUN_EDGES } from './run-state.ts';

/** Changes that one transition stores, in their order, and what they start from. */
export interface Together {
  readonly view: RunView;
  readonly changes: readonly RunChange[];
}

/** Who stores them. `nowMs` is the store's time as the holder knows it. */
export interface Writer {
  readonly runId: RunId;
  readonly worker: string;
  readonly fence: Fence;
  readonly intentLeaseMs: number;
  readonly nowMs: number;
}

/** The one request to the store that makes all of these changes, or none. */
export function transitionOf(ids: Ports['ids'], { view, changes }: Together, writer: Writer): TransitionRequest {
  const { run } = view;
  const facts = changes.flatMap((change) => auditFacts(change, writer));
  const writesIntent = changes.some((change) => change.writesIntent === true);
  return {
    txId: ids.newToken(),
    runId: writer.runId,
    fence: writer.fence,
    version: run.version,
    state: { from: run.state, to: stateAfter(run, changes) },
    fields: Object.assign({}, ...changes.map(({ fields }) => fields ?? {})),
    stampFields: changes.flatMap(({ stampFields }) => stampFields ?? []),
    steps: changes.flatMap(({ steps }) =>
      (steps ?? []).map(({ from, to: record, stamp }) => ({ from: from?.state, fromRev: from?.rev ?? 0, record, stamp })),
    ),
    audit: chainFacts(ids.sha256, { seq: run.auditSeq, hash: run.auditHead }, facts),
    auditHead: run.auditHead,
    events: changes.flatMap((change) => eventsOf(change, run)),
    leaseFloorMs: writesIntent ? writer.intentLeaseMs : 0,
    writesIntent,
    inboxPosition: Math.max(run.inboxPosition, ...changes.map(({ inboxPosition }) => inboxPosition ?? 0)),
    wakeAtMs: writer.nowMs,
  };
}

/** A run as it will be once changes are stored: where the store will put its time, the holder's stands. */
export interface Preview {
  readonly view: () => RunView;
  readonly add: (change: RunChange) => void;
}

/** Begins with the run as it is stored. Its steps are copied once, however many changes are added. */
export function previewOf(stored: RunView, nowMs: number): Preview {
  const steps = new Map(stored.steps);
  let view: RunView = stored;
  return {
    view: () => view,
    add: (change) => {
      for (const { to, stamp } of change.steps ?? []) steps.set(to.path, stampedStep(to, stamp, nowMs));
      view = { run: runWith(view.run, change, nowMs), steps };
    },
  };
}

function runWith(run: RunRecord, change: RunChange, nowMs: number): RunRecord {
  const { event, fields = {}, stampFields = [] } = change;
  if (event === undefined && Object.keys(fields).length + stampFields.length === 0) return run;
  return withFields({ ...run, state: stateAfter(run, [change]) }, { fields, stampFields }, nowMs);
}

/** The run after the store has made the changes. */
export function viewAfter(
  { view, changes }: Together,
  request: TransitionRequest,
  answer: Extract<TransitionAnswer, { kind: 'applied' }>,
): RunView {
  const head = request.audit.at(-1);
  const run: RunRecord = {
    ...withFields(view.run, request, answer.nowMs),
    state: request.state.to,
    version: answer.version,
    leaseUntilMs: answer.leaseUntilMs,
    eventSeq: answer.eventSeq,
    inboxPosition: request.inboxPosition,
    auditSeq: head?.seq ?? view.run.auditSeq,
    auditHead: head?.hash ?? view.run.auditHead,
  };
  return { run, steps: withSteps(view.steps, changes, answer.nowMs) };
}

function stateAfter(run: RunRecord, changes: readonly RunChange[]): RunRecord['state'] {
  return changes.reduce((state, { event }) => (event === undefined ? state : follow(RUN_EDGES, state, event)), run.state);
}

function withFields(run: RunRecord, { fields, stampFields }: Pick<TransitionRequest, 'fields' | 'stampFields'>, nowMs: number): RunRecord {
  const patched: Record<string, unknown> = { ...run };
  for (const [name, value] of Object.entries(fields)) {
    if (value === null) delete patched[name];
    else if (value !== undefined) patched[name] = value;
  }
  for (const name of stampFields) patched[name] = nowMs;
  return patched as unknown as RunRecord;
}

function withSteps(steps: RunView['steps'], changes: readonly RunChange[], nowMs: number): RunView['steps'] {
  const patches = changes.flatMap((change) => change.steps ?? []);
  if (patches.length === 0) return steps;
  const after = new Map(steps);
  for (const { to, stamp } of patches) after.set(to.path, stampedStep(to, stamp, nowMs));
  return after;
}

function stampedStep(record: StepRecord, stamp: StepChange['stamp'], nowMs: number): StepRecord {
  return { ...record, ...Object.fromEntries(stamp.map((name) => [name, nowMs])) };
}

function auditFacts(change: RunChange, { worker, nowMs }: Writer) {
  const actor = `worker ${worker}`;
  const run = change.event === undefined ? [] : [{ at: nowMs, actor, event: `run.${change.event}`, data: runData(change.fields) }];
  const steps = (change.steps ?? []).map((step) => ({ at: nowMs, actor, event: `step.${step.event}`, data: stepData(step) }));
  const given = (change.audit ?? []).map((fact) => ({ ...fact, at: nowMs }));
  return [...given, ...run, ...steps];
}

function eventsOf(change: RunChange, before: RunRecord): readonly EventDraft[] {
  const steps = (change.steps ?? []).map((step): EventDraft => {
    const { stepId, itemKey, path } = step.to;
    const head = { type: `runward.step.${step.event}`, step: path, data: { ...stepData(step), stepId } };
    return itemKey === undefined ? head : { ...head, item: itemKey };
  });
  const state = stateAfter(before, [change]);
  const run: readonly EventDraft[] =
    change.event === undefined ? [] : [{ type: `runward.run.${change.event}`, data: { ...runData(change.fields), state } }];
  return [...steps, ...(change.events ?? []), ...run];
}

function runData(fields: RunChange['fields']): JsonObject {
  const { phase, outcome, reason, rollback }: { readonly [K in keyof RunFields]?: RunFields[K] | null } = fields ?? {};
  return {
    ...(phase ? { phase } : {}),
    ...(outcome ? { outcome } : {}),
    ...(reason ? { reason } : {}),
    ...(rollback ? { rollback } : {}),
  };
}

function stepData({ to, data }: StepChange): JsonObject {
  return {
    path: to.path,
    state: to.state,
    stepKey: to.key,
    attempt: to.attempt,
    send: to.send,
    ...(to.reason === undefined ? {} : { reason: to.reason }),
    ...(to.error === undefined
      ? {}
      : { error: { kind: to.error.kind, message: to.error.message, ...(to.error.code === undefined ? {} : { code: to.error.code }) } }),
    ...(to.handle?.jobId === undefined ? {} : { jobId: to.handle.jobId }),
    ...(to.adopted === true ? { adopted: true } : {}),
    ...(to.percent === undefined ? {} : { percent: to.percent }),
    ...(to.verdict === undefined ? {} : { verdict: to.verdict }),
    ...(to.rolledBack === undefined ? {} : { rolledBack: to.rolledBack }),
    ...data,
  };
}
