import type { OnFailure, Step, StepBody } from '../../engine/language/runbook.ts';
import type { Plan } from '../../engine/plan/plan-record.ts';
import { step, testPlan } from '../support/plan.ts';
import type { Dice } from '../../adapters/memory/dice.ts';

/**
 * A random plan over the simulated targets: leaves, lists, waves, parallel branches, blocks that are tried again, handlers, rollbacks, undo,
 * waits, `finally` of blocks and of the run.
 */
export function randomPlan(dice: Dice, actions: Readonly<Record<string, Plan['actions'][string]>>): Plan {
  const making: Making = { dice, made: 0 };
  const steps = Array.from({ length: dice.between(1, 6) }, () => some(making)).flat();
  const whole = dice.chance(0.3);
  const top = steps.map((each): Step => (whole && each.onFailure === 'stop' ? { ...each, onFailure: 'rollback_run' } : each));
  const last = dice.chance(0.5) ? [plainLeaf(making)] : [];
  return testPlan({ steps: top, finally: last, ...(whole ? { onFailure: 'rollback' } : {}) }, { actions });
}

interface Making {
  readonly dice: Dice;
  made: number;
}

function nextId(making: Making): string {
  making.made += 1;
  return `s${making.made}`;
}

function some(making: Making): readonly Step[] {
  const [first] = [making.dice.pick([leaf, leaf, leaf, block, list, wait])(making)];
  const undoes = first.rollback !== undefined && making.dice.chance(0.3);
  return undoes ? [first, step(nextId(making), { kind: 'undo', step: first.id })] : [first];
}

function plainLeaf(making: Making): Step {
  const { dice } = making;
  const id = nextId(making);
  const action = dice.pick(['world.read@1', 'world.named@1', 'world.guarded@1', 'world.guarded@1']);
  const made = step(id, { kind: 'uses', action, with: { target: id } });
  return dice.chance(0.4) ? { ...made, retry: { attempts: dice.between(1, 3), delayMs: 10_000, backoff: 2, maxDelayMs: 300_000 } } : made;
}

function leaf(making: Making): Step {
  const { dice } = making;
  const made = { ...plainLeaf(making), onFailure: answerTo(making) };
  if (!dice.chance(0.4)) return made;
  const rollback = Array.from({ length: dice.between(1, 2) }, () => plainLeaf(making));
  return { ...made, rollback, ...(dice.chance(0.1) ? { rollbackOnFailure: false } : {}) };
}

function answerTo(making: Making): OnFailure {
  const { dice } = making;
  if (dice.chance(0.2)) return { steps: [plainLeaf(making)], next: dice.pick(['stop', 'continue', 'recover', 'retry', 'rollback']) };
  return dice.chance(0.03) ? 'pause' : dice.pick(['stop', 'stop', 'continue', 'rollback']);
}

function block(making: Making): Step {
  const { dice } = making;
  const steps = Array.from({ length: dice.between(1, 3) }, () => leaf(making));
  const last = dice.chance(0.3) ? [plainLeaf(making)] : [];
  const body: StepBody = dice.chance(0.5)
    ? { kind: 'parallel', steps, maxParallel: dice.between(1, 10), finally: last }
    : { kind: 'steps', steps, finally: last };
  const retry = dice.chance(0.3) ? { retry: { attempts: 1, delayMs: 10_000, backoff: 1, maxDelayMs: 10_000 } } : {};
  return { ...step(nextId(making), body), onFailure: answerTo(making), ...retry };
}

function wait(making: Making): Step {
  return step(nextId(making), { kind: 'wait', wait: { duration: making.dice.pick(['5s', '2m', '20m']) } });
}

function check(making: Making): Step {
  const that = 'wave.failed == 0 && wave.number < wave.total';
  return step(nextId(making), { kind: 'assert', checks: [{ that, message: 'the wave failed' }] });
}

function list(making: Making): Step {
  const { dice } = making;
  const made = leaf(making);
  const items = Array.from({ length: dice.between(1, 5) }, (_, index) => `"${made.id}-${index}"`).join(', ');
  const body = made.body.kind === 'uses' ? { ...made.body, with: { target: '${{ item }}' } } : made.body;
  const rollout = {
    waves: dice.chance(0.5) ? [{ count: 1 }, { percent: 50 }] : [],
    maxParallel: dice.between(1, 4),
    maxFailures: { count: dice.between(0, 1) },
    onExceeded: dice.pick(['stop', 'rollback'] as const),
    ...(dice.chance(0.5) ? { afterWave: [dice.pick([leaf, wait, check])(making)] } : {}),
  };
  return { ...made, body, forEach: `\${{ [${items}] }}`, rollout };
}
