import { expect, test } from 'vitest';
import type { Step } from '../../../engine/language/runbook.ts';
import { advance } from '../../../engine/run/advance.ts';
import type { Store } from '../../../engine/store.ts';
import { type Answers, leaf, makeRunWorld, step } from '../../support/run-world.ts';

const undoable = (id: string): Step => leaf(id, 'named', { rollback: [leaf(`${id}_back`, 'named')] });

/** A block that fails: a handler runs, the block is undone and tried again, fails again, is undone and stops; then the run cleans up. */
function steps(): readonly Step[] {
  const check = leaf('check', 'read', { onFailure: { steps: [leaf('mend', 'named')], next: 'stop' } });
  const retry = { attempts: 1, delayMs: 1_000, backoff: 1, maxDelayMs: 1_000 };
  return [step('cut', { kind: 'steps', steps: [undoable('one'), undoable('two'), check], finally: [] }, { onFailure: 'rollback', retry })];
}

/** Targets that count their effects by name and find them again. */
function targets() {
  const effects = new Map<string, string>();
  const answers: Answers = {
    read: async () => ({ kind: 'failed', failure: { kind: 'target', message: 'it is broken' } }),
    submit: async (_, { stepKey, attempt, stepPath }) => {
      const name = `${stepKey}.${attempt}`;
      expect(effects.has(name), `${stepPath} was sent twice`).toBe(false);
      effects.set(name, stepPath);
      return { kind: 'accepted', handle: { name } };
    },
    find: async (_, { stepKey, attempt }) =>
      effects.has(`${stepKey}.${attempt}`) ? { kind: 'found', handle: { name: `${stepKey}.${attempt}` } } : { kind: 'absent' },
  };
  return { effects, answers };
}

/** Plays the run with a worker that dies after so many stored changes; another worker goes on. */
async function played(deathAfter: number) {
  const { effects, answers } = targets();
  const world = await makeRunWorld({ steps: steps(), finally: [leaf('tidy', 'named')] }, answers);
  let stored = 0;
  const never = () => new Promise<never>(() => undefined);
  const { store } = world.ports;
  const transition: Store['transition'] = async (request) => {
    stored += 1;
    return stored > deathAfter ? never() : store.transition(request);
  };
  const renew: Store['renew'] = async (...given) => (stored >= deathAfter ? never() : store.renew(...given));
  const dying = { ...world.engine, worker: 'w0', ports: { ...world.ports, store: { ...store, transition, renew } } };
  void advance(dying, world.runId, new AbortController().signal);
  await world.time.run(world.time.clock.monotonicMs() + 60_000, () => stored > deathAfter);
  world.time.at(300_000, () => undefined);
  await world.time.run(world.time.clock.monotonicMs() + 300_000, () => false);
  const run = await world.go();
  return { state: run.state, sent: [...effects.values()], died: stored >= deathAfter, cut: await world.step('cut') };
}

const WHOLE = [
  ...(['cut/one', 'cut/two', 'cut/check/on-failure-1/mend', 'cut/two/roll-back/two_back', 'cut/one/roll-back/one_back'] as const),
  ...(['cut#2/one', 'cut#2/two', 'cut#2/check/on-failure-1/mend', 'cut#2/two/roll-back/two_back', 'cut#2/one/roll-back/one_back'] as const),
  'finally/tidy',
];

test('a worker that dies anywhere in a handler, a rollback or a further try loses nothing and repeats nothing', async () => {
  let deaths = 0;
  for (let after = 1; ; after += 1) {
    const one = await played(after);
    if (!one.died) break;
    deaths += 1;
    expect(one, `death after ${after} changes`).toMatchObject({ state: 'failed', sent: WHOLE, cut: { verdict: 'rolled_back' } });
  }
  expect(deaths).toBeGreaterThan(40);
}, 60_000);
