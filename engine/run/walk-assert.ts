import { shown } from '../language/diagnostics.ts';
import { evaluate } from '../language/expression.ts';
import type { Step } from '../language/runbook.ts';
import { moveStep } from './change.ts';
import { expressionFailure } from './expression-failure.ts';
import { scopeAt } from './scope.ts';
import type { StepStatus } from './verdict.ts';
import type { Node, Walk } from './walk.ts';
import { writtenOutputs } from './written-outputs.ts';

/** Evaluates all checks of an `assert` step and shows every one that does not hold. */
export function walkAssert(walk: Walk, step: Step, { record, level }: Node): StepStatus {
  if (step.body.kind !== 'assert' || level.mode === 'hold') return 'running';
  const scope = scopeAt({ ...walk, ...level });
  const failures: string[] = [];
  const broken: string[] = [];
  for (const check of step.body.checks) {
    const outcome = evaluate(check.that, scope, walk.nowMs);
    if (!outcome.ok) broken.push(`${outcome.message} in ${shown(check.that)}`);
    else if (outcome.value !== true) failures.push(check.message);
  }
  if (broken.length > 0) {
    const error = expressionFailure('that', [...broken, ...failures].join('; '));
    walk.found.changes.push(moveStep(record, 'read_failed', { error }));
    return 'running';
  }
  if (failures.length > 0) {
    walk.found.changes.push(moveStep(record, 'read_failed', { error: { kind: 'assertion', message: failures.join('; ') } }));
    return 'running';
  }
  const written = writtenOutputs(walk, step, level);
  walk.found.changes.push(
    written.ok
      ? moveStep(record, 'read_finished', written.kept, { drop: ['error'] })
      : moveStep(record, 'read_failed', { error: written.error }),
  );
  return 'running';
}
