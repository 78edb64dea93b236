import type { Step } from '../language/runbook.ts';
import type { RunPhase } from './record.ts';

/**
 * Path prefix of the steps of a phase: `readiness/` (`readiness#2/` when the checks are made again), nothing, `finally/`. What is rolled back
 * stands below the step that it undoes.
 */
export function phasePrefix(phase: RunPhase, readinessRound = 1): string {
  if (phase === 'main' || phase === 'rollback') return '';
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

/** Prefix of the steps inside a block or one of its items: `update[web-01]/`, and `update[web-01]#2/` when the block is tried again. */
export function childPrefix(path: string, attempt = 1): string {
  return attempt > 1 ? `${path}#${attempt}/` : `${path}/`;
}

/** Prefix of the `finally` of a block: beside its steps, or of its own when the block was opened again after its `finally` had run. */
export function finallyPrefix(path: string, node: { readonly attempt: number; readonly round?: number | undefined }): string {
  const inside = childPrefix(path, node.attempt);
  return node.round === undefined ? inside : `${inside}finally-${node.round}/`;
}

/** Prefix of the steps that handle a failure of a node, for example `rejoin/on-failure-1/`; ids of steps hold no hyphen. */
export function handlerPrefix(path: string, round = 1): string {
  return `${path}/on-failure-${round}/`;
}

/** Prefix of the steps that undo a node, for example `update[web-01]/drain/roll-back/`. */
export function rollbackPrefix(path: string): string {
  return `${path}/roll-back/`;
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

/** The steps inside a block, its `finally` last; none for other steps. */
export function childrenOf(step: Step): readonly Step[] {
  return step.body.kind === 'steps' || step.body.kind === 'parallel' ? [...step.body.steps, ...(step.body.finally ?? [])] : [];
}

/** The steps that handle a failure of the step; none where a word says what follows. */
export function handlerOf(step: Step): readonly Step[] {
  return typeof step.onFailure === 'string' ? [] : step.onFailure.steps;
}

/** Every step below a list, blocks before their children, in written order; then what follows a wave, handles a failure and undoes. */
export function* allSteps(steps: readonly Step[]): Generator<Step> {
  for (const step of steps) {
    yield step;
    yield* allSteps(childrenOf(step));
    yield* allSteps(step.rollout?.afterWave ?? []);
    yield* allSteps(handlerOf(step));
    yield* allSteps(step.rollback ?? []);
  }
}
