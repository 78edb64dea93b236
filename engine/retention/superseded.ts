import { wasAnswered } from '../recovery/answered.ts';
import type { RunId } from '../ids.ts';
import type { RunRecord, StepRecord } from '../run/record.ts';
import { phasePrefix } from '../run/step-path.ts';

/** A run of readiness checks with what its steps said. */
export interface ChecksRun {
  readonly run: Pick<RunRecord, 'runId' | 'number' | 'readinessRound'>;
  readonly steps: readonly StepRecord[];
}

/**
 * The newer runs that together tell of each check and machine what a run told, `newer` beginning with the newest; undefined when something
 * only this run can tell: the last answer of a machine stays, also when nobody can reach that machine any more.
 */
export function supersededBy(old: ChecksRun, newer: readonly ChecksRun[]): readonly RunId[] | undefined {
  const untold = new Map(answersOf(old));
  const telling: RunId[] = [];
  for (const one of newer.filter(({ run }) => run.number > old.run.number)) {
    const told = [...answersOf(one)].filter(([what, answered]) => untold.has(what) && (answered || untold.get(what) === false));
    for (const [what] of told) untold.delete(what);
    if (told.length > 0 || untold.size === 0) telling.push(one.run.runId);
    if (untold.size === 0) return telling;
  }
  return undefined;
}

/** What a run looked at, by check and machine, and whether it got an answer. */
function answersOf({ run, steps }: ChecksRun): readonly (readonly [what: string, answered: boolean])[] {
  const prefix = phasePrefix('readiness', run.readinessRound);
  return steps.flatMap(({ path, node, target, state, error }) => {
    if (!path.startsWith(prefix) || (node !== 'leaf' && node !== 'assert')) return [];
    // A name of a machine may come to mean another one, and a block that is tried again is the same check.
    const what = `${path.slice(prefix.length).replaceAll(/#\d+\//g, '/')} ${target?.lockId.toLowerCase() ?? ''}`;
    return [[what, state === 'succeeded' || (state === 'failed' && wasAnswered(error))] as const];
  });
}
