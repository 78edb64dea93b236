import type { Plan, PlanRowKind } from '../plan/plan-record.ts';
import type { RetryAnswer, RetryRow } from './carry-over.ts';
import type { RunView, StepRecord } from './record.ts';
import { allSteps } from './step-path.ts';
import { stepsById } from './waiting.ts';
import { mustUndo } from './walk-rollback.ts';

/**
 * The records with which a run begins that undoes an ended one: everything that was done, so that each rollback finds what it undoes.
 * Rollbacks that have succeeded are spent; those that failed begin anew. Refused when nothing is left to undo. Pure.
 */
export function openRollbacks(plan: Plan, old: RunView): RetryAnswer {
  const steps = stepsById(plan.definition);
  const open = [...old.steps.values()].filter((record) => {
    const step = steps.get(record.stepId);
    return (step?.rollback ?? []).length > 0 && step !== undefined && record.undoneBy === undefined && mustUndo(old, step, record);
  });
  if (open.length === 0) return { kind: 'refused', why: 'nothing that it has done has a rollback which is still open' };
  const kept = [...old.steps.values()].filter(({ path, state }) => {
    if (/^(readiness(#\d+)?|finally)\//.test(path)) return false;
    return !path.includes('/roll-back/') || state === 'succeeded';
  });
  const carried = kept.map((record): StepRecord => ({ ...record, rev: 1, keptFrom: record.keptFrom ?? old.run.number }));
  return { kind: 'planned', steps: carried, rows: open.map((record) => rowOf(plan, record)) };
}

function rowOf(plan: Plan, { path, stepId }: StepRecord): RetryRow {
  const step = stepsById(plan.definition).get(stepId);
  const undoing = [...allSteps(step?.rollback ?? [])].map(({ id }) => id);
  const kinds = plan.rows.filter((row) => undoing.some((id) => row.path.endsWith(id))).map(({ kind }) => kind);
  const kind: PlanRowKind = kinds.includes('UNKNOWN') ? 'UNKNOWN' : kinds.includes('MUTATES') || kinds.length === 0 ? 'MUTATES' : 'READ';
  return { path, name: `undone by ${undoing.join(', ')}`, becomes: 'undo', kind, again: [], kept: 0 };
}
