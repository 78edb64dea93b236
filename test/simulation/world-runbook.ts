import type { Step, StepBody } from '../../engine/language/runbook.ts';
import type { Plan } from '../../engine/plan/plan-record.ts';
import { step, testPlan } from '../support/plan.ts';
import type { Dice } from '../../adapters/memory/dice.ts';

/** A random plan of 1 to 12 steps over the simulated targets: leaves, lists, waves, parallel branches, blocks, retries, waits, finally. */
export function randomPlan(dice: Dice, actions: Readonly<Record<string, Plan['actions'][string]>>): Plan {
  let next = 0;
  const id = (): string => {
    next += 1;
    return `s${next}`;
  };
  const leaf = (): Step => leafStep(id(), dice);
  const block = (): Step => {
    const steps = Array.from({ length: dice.between(1, 3) }, leaf);
    const body: StepBody = dice.chance(0.5)
      ? { kind: 'parallel', steps, maxParallel: dice.between(1, 10) }
      : { kind: 'steps', steps, finally: [] };
    return { ...step(id(), body), onFailure: dice.chance(0.2) ? 'continue' : 'stop' };
  };
  const wait = (): Step => step(id(), { kind: 'wait', wait: { duration: dice.pick(['5s', '2m', '20m']) } });
  const check = (): Step =>
    step(id(), { kind: 'assert', checks: [{ that: 'wave.failed == 0 && wave.number < wave.total', message: 'the wave failed' }] });
  const list = (): Step => {
    const made = leaf();
    const items = Array.from({ length: dice.between(1, 5) }, (_, index) => `"${made.id}-${index}"`).join(', ');
    const body = made.body.kind === 'uses' ? { ...made.body, with: { target: '${{ item }}' } } : made.body;
    const rollout = {
      waves: dice.chance(0.5) ? [{ count: 1 }, { percent: 50 }] : [],
      maxParallel: dice.between(1, 4),
      maxFailures: { count: dice.between(0, 1) },
      ...(dice.chance(0.5) ? { afterWave: [dice.pick([leaf, wait, check])()] } : {}),
    };
    return { ...made, body, forEach: `\${{ [${items}] }}`, rollout };
  };
  const one = (): Step => dice.pick([leaf, leaf, leaf, block, list, wait])();
  const steps = Array.from({ length: dice.between(1, 6) }, one);
  return testPlan({ steps, finally: dice.chance(0.5) ? [leaf()] : [] }, { actions });
}

function leafStep(id: string, dice: Dice): Step {
  const action = dice.pick(['world.read@1', 'world.named@1', 'world.guarded@1', 'world.guarded@1']);
  const made = step(id, { kind: 'uses', action, with: { target: id } });
  const retry = dice.chance(0.4) ? { retry: { attempts: dice.between(1, 3), delayMs: 10_000, backoff: 2, maxDelayMs: 300_000 } } : {};
  return { ...made, ...retry, onFailure: dice.chance(0.3) ? 'continue' : 'stop' };
}
