import { formatDuration, parseDurationMs } from '../duration.ts';
import type { Runbook, Step } from '../runbook.ts';
import { child, pointerOf } from '../tree.ts';
import type { LintRule } from './rule.ts';

/** RW538: written timeouts between the start and the stop of the clock that add up to more than the objective; the breach is planned. */
export const plannedBreach: LintRule = {
  code: 'RW538',
  check({ root, runbook, report }) {
    const node = child(child(root, 'objectives'), 'rto');
    const { rtoMs } = runbook.objectives ?? {};
    const sumMs = node === undefined || rtoMs === undefined ? undefined : pathMs(runbook);
    if (node === undefined || rtoMs === undefined || sumMs === undefined || sumMs <= rtoMs) return;
    const marks = { sum: formatDuration(sumMs), objective: formatDuration(rtoMs) };
    report('RW538', { span: node.span, pointer: pointerOf(['objectives', 'rto']) }, marks);
  },
};

// Only what stands at the top level between the two steps is certain to be on the path.
function pathMs({ objectives, steps, timeoutMs }: Runbook): number | undefined {
  const { start, stop } = objectives?.clock ?? {};
  const first = start === 'run' ? 0 : steps.findIndex((step) => holds(step, start));
  const last = steps.findIndex((step) => holds(step, stop));
  if (first < 0 || last < first) return undefined;
  const sum = steps.slice(first, last + 1).reduce((total, step) => total + longestMs(step), 0);
  return Math.min(sum, timeoutMs);
}

function holds(step: Step, id: string | undefined): boolean {
  return step.id === id || childrenOf(step).some((inner) => holds(inner, id));
}

function longestMs(step: Step): number {
  const { body, until, timeoutMs } = step;
  if (until !== undefined) return until.timeoutMs;
  if (timeoutMs !== undefined) return timeoutMs;
  if (body.kind === 'wait' && 'duration' in body.wait) return parseDurationMs(body.wait.duration) ?? 0;
  const inner = childrenOf(step).map(longestMs);
  return body.kind === 'parallel' ? Math.max(0, ...inner) : inner.reduce((total, ms) => total + ms, 0);
}

function childrenOf({ body }: Step): readonly Step[] {
  return body.kind === 'steps' || body.kind === 'parallel' ? body.steps : [];
}
