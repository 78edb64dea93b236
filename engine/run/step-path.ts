import type { Step } from '../language/runbook.ts';
import type { RunPhase } from './record.ts';

/** Path prefix of the steps of a phase: `readiness/` (`readiness#2/` when the checks are made again), nothing, `finally/`. */
export function phasePrefix(phase: RunPhase, readinessRound = 1): string {
  if (phase === 'main') return '';
  return phase === 'readiness' && readinessRound > 1 ? `readiness#${readinessRound}/` : `${phase}/`;
}

/** Path of a step below a prefix, for example `update[web-01]/drain`. */
export function stepPath(prefix: string, id: string): string {
  return `${prefix}${id}`;
}

/** Path of one item of a fan-out, for example `update[web-01]`. */
export function itemPath(path: string, key: string): string {
  return `${path}[${key}]`;
}

/** Prefix of the steps inside a block or one of its items. */
export function childPrefix(path: string): string {
  return `${path}/`;
}

/** Prefix of the steps after a wave of a fan-out, for example `update/wave-1/`; ids of steps hold no hyphen. */
export function wavePrefix(path: string, number: number): string {
  return `${path}/wave-${number}/`;
}

/**
 * The prefixes that a step may read steps from, nearest first: its own level, each enclosing level, and the main steps
 * (which readiness checks and finally steps see as well).
 */
export function visiblePrefixes(prefix: string): readonly string[] {
  const prefixes: string[] = [];
  let rest = prefix;
  while (rest !== '') {
    prefixes.push(rest);
    const cut = rest.slice(0, -1).lastIndexOf('/');
    rest = cut < 0 ? '' : rest.slice(0, cut + 1);
  }
  prefixes.push('');
  return prefixes;
}

/** Every step below a list, blocks before their children, in written order. */
export function* allSteps(steps: readonly Step[]): Generator<Step> {
  for (const step of steps) {
    yield step;
    if (step.body.kind === 'steps') yield* allSteps([...step.body.steps, ...step.body.finally]);
    if (step.body.kind === 'parallel') yield* allSteps(step.body.steps);
    yield* allSteps(step.rollout?.afterWave ?? []);
  }
}
