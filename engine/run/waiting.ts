import { dateOf } from '../language/instant.ts';
import type { Hold, HoldWord } from '../gates/hold.ts';
import type { Runbook, Step } from '../language/runbook.ts';
import type { Plan } from '../plan/plan-record.ts';
import { type Answer, unknownAnswers } from './answers.ts';
import { isPaused, pausedAnswers } from './paused-step.ts';
import type { RunRecord, StepRecord } from './record.ts';
import { allSteps } from './step-path.ts';

/** Something that a run waits for: a decision, a hand at work, a point in time, an answer about an unknown or failed step, or the end of a hold. */
export interface Waiting {
  readonly step: string;
  readonly kind: 'approval' | 'manual' | 'timer' | 'resolve' | HoldWord;
  /** Who may answer, as written in the runbook; empty for timers. */
  readonly by: readonly string[];
  readonly message: string;
  /** When the wait ends by itself (RFC 3339). */
  readonly deadline?: string;
  readonly stepKey: string;
  /** What a person may answer here, each with its consequence. */
  readonly answers?: readonly Answer[];
  /** How much care the answer needs: severe ones need the name of the runbook. */
  readonly level?: 'moderate' | 'severe';
}

/** The steps that a run waits at, in the order of their records; retries and polls are no waits. */
export function waitingSteps(plan: Pick<Plan, 'definition' | 'severity'>, records: readonly StepRecord[]): readonly Waiting[] {
  const steps = stepsById(plan.definition);
  const level = plan.severity === 'severe' ? 'severe' : 'moderate';
  const waits = records.flatMap((record): readonly Waiting[] => {
    const step = steps.get(record.stepId);
    if (step === undefined) return [];
    const found = waitOf(step, record);
    if (found === undefined) return [];
    return [found.kind === 'resolve' ? { ...found, level } : found];
  });
  // What holds a hundred machines is said once, at the first of them.
  return waits.filter(
    (wait, index) => !isHold(wait.kind) || waits.findIndex((other) => other.kind === wait.kind && other.message === wait.message) === index,
  );
}

/** What keeps an accepted run from its start. */
export function waitingStart(run: Pick<RunRecord, 'runId' | 'hold' | 'state'>): readonly Waiting[] {
  const { hold } = run;
  if (run.state !== 'queued' || hold === undefined) return [];
  return [{ step: '', stepKey: run.runId, kind: hold.word, by: [], message: hold.message, ...until(hold.untilMs) }];
}

function isHold(kind: Waiting['kind']): kind is HoldWord {
  const others: readonly Waiting['kind'][] = ['approval', 'manual', 'timer', 'resolve'];
  return !others.includes(kind);
}

const STEPS_BY_ID = new WeakMap<Runbook, ReadonlyMap<string, Step>>();

/** Every step of a runbook by its id, which is unique in the file. A definition never changes, and each move of a run asks for its steps. */
export function stepsById(definition: Runbook): ReadonlyMap<string, Step> {
  const known = STEPS_BY_ID.get(definition) ?? indexOf(definition);
  STEPS_BY_ID.set(definition, known);
  return known;
}

function indexOf(definition: Runbook): ReadonlyMap<string, Step> {
  const all = [...allSteps(definition.readiness?.checks ?? []), ...allSteps(definition.steps), ...allSteps(definition.finally)];
  return new Map(all.map((step) => [step.id, step]));
}

function waitOf(step: Step, record: StepRecord): Waiting | undefined {
  const head = { step: record.path, stepKey: record.key };
  if (record.state === 'unknown' && record.node === 'leaf') {
    return {
      ...head,
      kind: 'resolve',
      by: [],
      message: record.reason ?? 'nobody knows whether the last request had its effect',
      answers: unknownAnswers(record),
    };
  }
  if (isPaused(record))
    return { ...head, kind: 'resolve', by: [], message: record.error?.message ?? 'it did not run', answers: pausedAnswers(record) };
  if (record.state !== 'ready') return undefined;
  const held = holdOf(record);
  if (held !== undefined) return { ...head, kind: held.word, by: [], message: held.message };
  if (record.node === 'timer') return { ...head, kind: 'timer', by: [], message: step.name, ...until(record.untilAtMs) };
  if (record.node !== 'person') return undefined;
  if (step.body.kind === 'approval') {
    return { ...head, kind: 'approval', by: step.body.by, message: record.message ?? step.body.message, ...until(record.deadlineAtMs) };
  }
  if (step.body.kind !== 'manual') return undefined;
  return { ...head, kind: 'manual', by: step.body.by, message: record.message ?? step.body.instructions, ...until(record.deadlineAtMs) };
}

function holdOf({ held, reason, lockWaitSinceMs }: StepRecord): Hold | undefined {
  // An approval that is asked for once more has a record of its own.
  if (reason === undefined || held === 'approval' || held === 'readiness') return undefined;
  if (held !== undefined) return { word: held, message: reason };
  return lockWaitSinceMs === undefined ? undefined : { word: 'lock', message: reason };
}

function until(ms: number | undefined): { readonly deadline?: string } {
  return ms === undefined ? {} : { deadline: dateOf(ms).toISOString() };
}
