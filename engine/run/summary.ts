import { skewText } from '../evidence/azure-clock.ts';
import { judgeRpo, judgeRto } from '../evidence/objectives.ts';
import type { JsonObject } from '../json.ts';
import { dateOf } from '../language/instant.ts';
import type { Objectives, Runbook, Step } from '../language/runbook.ts';
import type { Plan } from '../plan/plan-record.ts';
import { cutWaves } from '../plan/waves.ts';
import type { RetryOf, RunPause, RunRecord, StepRecord } from './record.ts';
import type { RunState } from './run-state.ts';
import { hasEnded } from './run-state.ts';
import {
  childPrefix,
  childrenOf,
  finallyPrefix,
  handlerOf,
  handlerPrefix,
  itemPath,
  phasePrefix,
  rollbackPrefix,
  stepPath,
  wavePrefix,
} from './step-path.ts';
import { stepError, type StepError } from './step-error.ts';
import type { StepStatus } from './verdict.ts';
import { statusOf } from './verdict.ts';
import type { Waiting } from './waiting.ts';
import { waitingStart, waitingSteps } from './waiting.ts';

/** One objective beside what was promised; `elapsedMs` also runs while the clock runs. */
interface ObjectiveSummary {
  readonly targetMs: number;
  readonly elapsedMs?: number;
  readonly measuredMs?: number;
  readonly verdict: 'met' | 'breached' | 'not_measured';
}

/** A run on the other side of a call, to be looked at there. */
export interface LinkedRun {
  readonly id: string;
  readonly number: number;
  readonly runbook: string;
}

/** One item of a fan-out as shown. Times are RFC 3339. */
export interface ItemSummary {
  readonly key: string;
  readonly status: StepStatus;
  readonly percent?: number;
  readonly reason?: string;
  readonly error?: StepError;
  readonly startedAt?: string;
  readonly endedAt?: string;
  readonly stepKey?: string;
  /** Number of the run whose result this is. */
  readonly keptFrom?: number;
  /** What undid the step: an `undo` step, or a scope that was rolled back (`run` for the whole run). */
  readonly undoneBy?: string;
}

/** One row of the step tree, in the order of the runbook; rows that have not started yet are `pending`. */
export interface StepSummary extends Omit<ItemSummary, 'key'> {
  readonly path: string;
  readonly id: string;
  readonly name: string;
  readonly section: 'readiness' | 'steps' | 'finally';
  readonly depth: number;
  readonly attempt: number;
  /** The run that a `call` has started. */
  readonly calls?: LinkedRun;
  readonly items: readonly ItemSummary[];
}

/** One line of a list of runs. */
export interface RunRow {
  readonly apiVersion: 'runward/v1';
  readonly kind: 'Run';
  readonly id: string;
  readonly number: number;
  readonly runbook: string;
  readonly title: string;
  readonly purpose: string;
  readonly environment: string;
  readonly status: RunState;
  readonly phase: string;
  readonly outcome?: string;
  readonly reason?: string;
  readonly rollback?: 'complete' | 'failed';
  readonly planHash: string;
  readonly requester: { readonly name: string };
  readonly createdAt: string;
  readonly startedAt?: string;
  readonly endedAt?: string;
  readonly seq: number;
  readonly simulatedScale?: number;
  readonly selfApproved?: boolean;
  /** When the outage began, by the word of whoever started the failover. */
  readonly outageAt?: string;
  /** The run that called this one, and the path of its step. */
  readonly calledBy?: LinkedRun & { readonly step: string };
  readonly pause?: { readonly cause: RunPause['cause']; readonly by: string; readonly reason?: string; readonly at: string };
  readonly cleanup?: 'incomplete';
  readonly retryOf?: { readonly id: string; readonly number: number; readonly mode: RetryOf['mode']; readonly step?: string };
  readonly url: string;
}

/** A run as the API, the command line and the console show it. */
export interface RunSummary extends RunRow {
  readonly objectives: { readonly rto?: ObjectiveSummary; readonly rpo?: ObjectiveSummary };
  readonly waitingFor: readonly Waiting[];
  readonly steps: readonly StepSummary[];
  readonly pendingCommands: number;
  /** Outputs of the runbook, once the run has ended. */
  readonly outputs?: JsonObject;
  /** How far Azure's clock is from ours, where that is too much. */
  readonly clockSkew?: string;
  /** Of its plan: how much care a command about it needs. */
  readonly severity?: Plan['severity'];
  /** Targets that the run holds, where it stands still or has left its cleanup undone. */
  readonly locks?: readonly { readonly target: string; readonly since: string }[];
}

/** What a summary is made from: the stored run, its plan, the store's time (milliseconds) and the address that links begin with. */
export interface SummarySource {
  readonly run: RunRecord;
  readonly steps: readonly StepRecord[];
  readonly plan: Plan;
  readonly pendingCommands: number;
  readonly nowMs: number;
  readonly baseUrl: string;
  /** The locks that the run holds. */
  readonly locks?: readonly { readonly lockId: string; readonly sinceMs: number }[];
}

/** Everything that is shown of a run; pure, so that every reader shows the same. */
export function summarize(source: SummarySource): RunSummary {
  const records = new Map(source.steps.map((record) => [record.path, record]));
  const file = source.plan.runbookPath;
  return {
    ...runRow(source.run, source.baseUrl),
    objectives: objectivesOf(source.run, source.plan.definition, source.nowMs),
    waitingFor: hasEnded(source.run.state) ? [] : [...waitingStart(source.run), ...waitingSteps(source.plan, source.steps)],
    steps: [
      ...rowsOf(records, source.plan.definition.readiness?.checks ?? [], {
        prefix: phasePrefix('readiness', source.run.readinessRound),
        section: 'readiness',
        depth: 0,
        file,
      }),
      ...rowsOf(records, source.plan.definition.steps, { prefix: phasePrefix('main'), section: 'steps', depth: 0, file }),
      ...rowsOf(records, source.plan.definition.finally, { prefix: phasePrefix('finally'), section: 'finally', depth: 0, file }),
    ],
    pendingCommands: source.pendingCommands,
    severity: source.plan.severity,
    ...(source.run.outputs === undefined ? {} : { outputs: source.run.outputs }),
    ...skewOf(source.run),
    ...(source.locks === undefined
      ? {}
      : { locks: source.locks.map(({ lockId, sinceMs }) => ({ target: lockId, since: timeText(sinceMs) })) }),
  };
}

/** The fields of a run that a list shows; needs no plan. */
export function runRow(run: RunRecord, baseUrl: string): RunRow {
  return {
    apiVersion: 'runward/v1',
    kind: 'Run',
    id: run.runId,
    number: run.number,
    runbook: run.runbook,
    title: run.title,
    purpose: run.purpose,
    environment: run.environment,
    status: run.state,
    phase: run.phase,
    ...(run.outcome === undefined ? {} : { outcome: run.outcome }),
    ...(run.reason === undefined ? {} : { reason: run.reason }),
    ...(run.rollback === undefined ? {} : { rollback: run.rollback }),
    planHash: run.planHash,
    requester: { name: run.requester.name },
    createdAt: timeText(run.createdAtMs),
    ...timeField('startedAt', run.startedAtMs),
    ...timeField('endedAt', run.endedAtMs),
    seq: run.eventSeq,
    ...(run.simulatedScale === undefined ? {} : { simulatedScale: run.simulatedScale }),
    ...(run.selfApproved === undefined ? {} : { selfApproved: run.selfApproved }),
    ...timeField('outageAt', run.outageAtMs),
    ...calledBy(run),
    ...(run.pause === undefined ? {} : { pause: pauseOf(run.pause) }),
    ...(run.cleanup === undefined ? {} : { cleanup: run.cleanup }),
    ...(run.retryOf === undefined ? {} : { retryOf: retryOf(run.retryOf) }),
    url: `${baseUrl}/runs/${run.number}`,
  };
}

function pauseOf({ cause, by, reason, atMs }: RunPause): NonNullable<RunRow['pause']> {
  return { cause, by, ...(reason === undefined ? {} : { reason }), at: timeText(atMs) };
}

function skewOf({ azureAheadMs }: RunRecord): Pick<RunSummary, 'clockSkew'> {
  const clockSkew = skewText(azureAheadMs ?? 0);
  return clockSkew === undefined ? {} : { clockSkew };
}

function retryOf({ runId, number, mode, step }: RetryOf): NonNullable<RunRow['retryOf']> {
  return { id: runId, number, mode, ...(step === undefined ? {} : { step }) };
}

/** RFC 3339 in UTC, always with milliseconds. */
export function timeText(ms: number): string {
  return dateOf(ms).toISOString();
}

function objectivesOf(run: RunRecord, definition: Runbook, nowMs: number): RunSummary['objectives'] {
  const { objectives } = definition;
  if (objectives === undefined) return {};
  const rpo = judgeRpo(run.rpoMs === undefined ? [] : [run.rpoMs], objectives);
  return {
    ...(objectives.rtoMs === undefined ? {} : { rto: recoveryTime(run, objectives, nowMs) }),
    ...(objectives.rpoMs === undefined
      ? {}
      : { rpo: { targetMs: objectives.rpoMs, ...(run.rpoMs === undefined ? {} : { measuredMs: run.rpoMs }), verdict: rpo.verdict } }),
  };
}

// While the clock runs nothing is met yet, but what is late already is breached for good.
function recoveryTime(run: RunRecord, objectives: Objectives, nowMs: number): ObjectiveSummary {
  const targetMs = objectives.rtoMs ?? 0;
  const clockRuns = run.clock.startedAtMs !== undefined && run.clock.stoppedAtMs === undefined && !hasEnded(run.state);
  const waitingMs = run.clock.waitingSinceMs === undefined ? 0 : nowMs - run.clock.waitingSinceMs;
  const clock = clockRuns ? { ...run.clock, stoppedAtMs: nowMs, waitedMs: run.clock.waitedMs + waitingMs } : run.clock;
  const judged = judgeRto(clock, objectives);
  const verdict = clockRuns && judged.verdict === 'met' ? 'not_measured' : judged.verdict;
  return { targetMs, ...(judged.measuredMs === undefined ? {} : { elapsedMs: judged.measuredMs }), verdict };
}

interface Level {
  readonly prefix: string;
  readonly section: StepSummary['section'];
  readonly depth: number;
  /** Path of the runbook. */
  readonly file: string;
}

type Records = ReadonlyMap<string, StepRecord>;

function rowsOf(records: Records, steps: readonly Step[], level: Level): readonly StepSummary[] {
  return steps.flatMap((step) => {
    const path = stepPath(level.prefix, step.id);
    return [
      rowOf(records, step, path, level),
      ...childRows(records, step, path, level),
      ...waveRows(records, step, path, level),
      ...asideRows(records, step, path, level),
    ];
  });
}

// The children of a fan-out exist once per item, and only after it has opened its items; until then they are shown once.
function childRows(records: Records, step: Step, path: string, level: Level): readonly StepSummary[] {
  const children = childrenOf(step);
  if (children.length === 0) return [];
  const items = records.get(path)?.items;
  const owners = items === undefined ? [path] : items.map((item) => itemPath(path, item.key));
  return owners.flatMap((owner) => insideRows(records, step, owner, level));
}

// A block that was tried again shows the steps of its last try, and those of its `finally` where they stand now.
function insideRows(records: Records, step: Step, owner: string, level: Level): readonly StepSummary[] {
  const record = records.get(owner);
  const prefix = childPrefix(owner, record?.attempt);
  const inner = { ...level, prefix, depth: level.depth + 1 };
  const last = step.body.kind === 'steps' || step.body.kind === 'parallel' ? (step.body.finally ?? []) : [];
  const steps = childrenOf(step).filter((child) => !last.includes(child));
  const at = record === undefined ? prefix : finallyPrefix(owner, record);
  return [...rowsOf(records, steps, inner), ...rowsOf(records, last, { ...inner, prefix: at })];
}

// What handles a failure and what undoes a step is shown once it has begun: most runs end without it.
function asideRows(records: Records, step: Step, path: string, level: Level): readonly StepSummary[] {
  const handler = handlerOf(step);
  const undoing = step.rollback ?? [];
  if (handler.length === 0 && undoing.length === 0) return [];
  const owners = [path, ...(records.get(path)?.items ?? []).map((item) => itemPath(path, item.key))];
  return owners.flatMap((owner) => {
    const rounds = Array.from({ length: records.get(owner)?.round ?? 1 }, (_, index) => handlerPrefix(owner, index + 1));
    const handlers = rounds.flatMap((prefix) => begunRows(records, handler, { ...level, prefix }, `after ${step.id} failed`));
    return [...handlers, ...begunRows(records, undoing, { ...level, prefix: rollbackPrefix(owner) }, `undoes ${step.id}`)];
  });
}

function begunRows(records: Records, steps: readonly Step[], level: Level, why: string): readonly StepSummary[] {
  if (!steps.some(({ id }) => records.has(stepPath(level.prefix, id)))) return [];
  const named = steps.map((each) => ({ ...each, name: `${each.name} (${why})` }));
  return rowsOf(records, named, { ...level, depth: level.depth + 1 });
}

// The steps after a wave exist once per wave; those of waves that nobody has reached yet are shown once.
function waveRows(records: Records, step: Step, path: string, level: Level): readonly StepSummary[] {
  const steps = step.rollout?.afterWave ?? [];
  if (steps.length === 0) return [];
  const total = cutWaves(records.get(path)?.items?.length ?? 0, step.rollout?.waves ?? []).length;
  const rows: StepSummary[] = [];
  for (let number = 1; number < Math.max(total, 2); number += 1) {
    const inner = { ...level, prefix: wavePrefix(path, number), depth: level.depth + 1 };
    const named = steps.map((each) => ({ ...each, name: `${each.name} (after wave ${number})` }));
    if (total !== 1) rows.push(...rowsOf(records, named, inner));
    if (!steps.some(({ id }) => records.has(stepPath(inner.prefix, id)))) break;
  }
  return rows;
}

function rowOf(records: Records, step: Step, path: string, level: Level): StepSummary {
  const record = records.get(path);
  const at = { step, file: level.file, isReadiness: level.section === 'readiness' && level.depth === 0 };
  return {
    path,
    id: step.id,
    name: step.name,
    section: level.section,
    depth: level.depth,
    ...stateOf(record, at),
    attempt: record?.attempt ?? 0,
    ...calledRun(step, record),
    items: (record?.items ?? []).map((item) => ({ key: item.key, ...stateOf(records.get(itemPath(path, item.key)), at) })),
  };
}

function calledRun({ body }: Step, record: StepRecord | undefined): Pick<StepSummary, 'calls'> {
  const { runId, runNumber } = record?.handle ?? {};
  if (body.kind !== 'call' || runId === undefined || runNumber === undefined) return {};
  return { calls: { id: runId, number: runNumber, runbook: body.runbook } };
}

function calledBy({ parent }: RunRecord): Pick<RunRow, 'calledBy'> {
  if (parent === undefined) return {};
  const { runId: id, number, runbook, step } = parent;
  return { calledBy: { id, number, runbook, step } };
}

function stateOf(record: StepRecord | undefined, at: Parameters<typeof stepError>[1]): Omit<ItemSummary, 'key'> {
  if (record === undefined) return { status: statusOf(record) };
  const error = stepError(record, at);
  const begun = record.state !== 'pending' && record.state !== 'skipped';
  return {
    status: statusOf(record),
    ...(record.percent === undefined ? {} : { percent: record.percent }),
    ...(record.reason === undefined ? {} : { reason: record.reason }),
    ...(error === undefined ? {} : { error }),
    ...(begun ? timeField('startedAt', record.firstAttemptAtMs ?? record.createdAtMs) : {}),
    ...timeField('endedAt', record.endedAtMs),
    stepKey: record.key,
    ...(record.keptFrom === undefined ? {} : { keptFrom: record.keptFrom }),
    ...(record.undoneBy === undefined ? {} : { undoneBy: record.undoneBy }),
  };
}

function timeField<Name extends string>(name: Name, ms: number | undefined): { readonly [key in Name]?: string } {
  return (ms === undefined ? {} : { [name]: timeText(ms) }) as { readonly [key in Name]?: string };
}
