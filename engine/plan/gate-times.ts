import type { Severity } from '../actions/action.ts';
import type { Runbook, Step } from '../language/runbook.ts';
import { APPROVAL_SEVERE_MS } from '../limits.ts';

/** The runbook with the time that people get where its author wrote none: less before a severe step. */
export function withGateTimes(runbook: Runbook, severity: Severity): Runbook {
  return severity === 'severe' ? { ...runbook, steps: runbook.steps.map(shortened) } : runbook;
}

function shortened(step: Step): Step {
  const { body, rollout, onFailure } = step;
  const after = {
    ...(rollout?.afterWave === undefined ? {} : { rollout: { ...rollout, afterWave: rollout.afterWave.map(shortened) } }),
    ...(typeof onFailure === 'string' ? {} : { onFailure: { ...onFailure, steps: onFailure.steps.map(shortened) } }),
  };
  switch (body.kind) {
    case 'approval':
      return body.timeoutIsDefault === true ? { ...step, body: { ...body, timeoutMs: APPROVAL_SEVERE_MS } } : step;
    case 'steps':
    case 'parallel':
      return { ...step, ...after, body: { ...body, steps: body.steps.map(shortened) } };
    case 'uses':
    case 'run':
    case 'manual':
    case 'wait':
    case 'assert':
    case 'call':
    case 'undo':
      return { ...step, ...after };
  }
}
